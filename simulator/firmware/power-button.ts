/** Durations of the stages in which the rider confirms a pairing with the power button. */
export interface PairingTiming {
  /** Time that an app waits on one connection before the scooter beeps. */
  readonly beepAfterMs: number;
  /** Time after the beep in which a press of the power button counts. */
  readonly buttonWindowMs: number;
  /** Time after the press in which a registration is accepted. */
  readonly registrationOpenMs: number;
}

type State =
  | { readonly kind: 'closed' }
  /** An app is waiting to register. */
  | { readonly kind: 'appWaiting'; readonly beepAtMs: number }
  /** The scooter has beeped. */
  | { readonly kind: 'beeped'; readonly untilMs: number }
  /** The rider has pressed the button. */
  | { readonly kind: 'open'; readonly untilMs: number };

const CLOSED: State = { kind: 'closed' };

/**
 * Confirmation of a registration by the power button. The first attempt of an app gets no reply; when it disconnects, the
 * scooter beeps, and a press of the power button within a few seconds allows the next attempt, as in every working
 * client. A press while the app is still waiting also counts.
 */
export class PowerButton {
  readonly #timing: PairingTiming;
  readonly #beep: () => void;
  #state: State = CLOSED;

  constructor(timing: PairingTiming, beep: () => void) {
    this.#timing = timing;
    this.#beep = beep;
  }

  /** Time of the next `onDeadline`. */
  get deadlineMs(): number | undefined {
    return this.#state.kind === 'appWaiting' ? this.#state.beepAtMs : undefined;
  }

  /** Requests a registration: returns whether it is allowed now. If not, the scooter will beep. */
  requestRegistration(nowMs: number): boolean {
    const state = this.#state;
    if (state.kind === 'open' && nowMs < state.untilMs) return true;
    if (state.kind !== 'appWaiting') {
      this.#state = { kind: 'appWaiting', beepAtMs: nowMs + this.#timing.beepAfterMs };
    }
    return false;
  }

  /** Presses the button: returns whether that confirms a registration. */
  press(nowMs: number): boolean {
    const state = this.#state;
    const isAccepted = state.kind === 'appWaiting' || (state.kind === 'beeped' && nowMs < state.untilMs);
    if (isAccepted) this.#state = { kind: 'open', untilMs: nowMs + this.#timing.registrationOpenMs };
    return isAccepted;
  }

  /** Requires another press after a registration that succeeded or was aborted by the app. */
  close(): void {
    this.#state = CLOSED;
  }

  disconnected(nowMs: number): void {
    if (this.#state.kind === 'appWaiting') this.#beepNow(nowMs);
  }

  onDeadline(nowMs: number): void {
    if (this.#state.kind === 'appWaiting' && nowMs >= this.#state.beepAtMs) this.#beepNow(nowMs);
  }

  #beepNow(nowMs: number): void {
    this.#state = { kind: 'beeped', untilMs: nowMs + this.#timing.buttonWindowMs };
    this.#beep();
  }
}
