/** How long each stage of the rider's consent lasts. */
export interface ConsentTiming {
  /** How long an app may wait in vain, on one connection, before the scooter beeps at it. */
  readonly beepAfterMs: number;
  /** How long after the beep a press of the power button counts. */
  readonly buttonWindowMs: number;
  /** How long after the press a registration is let in. */
  readonly registrationOpenMs: number;
}

type State =
  | { readonly kind: 'closed' }
  /** An app wants to register, and waits. */
  | { readonly kind: 'asked'; readonly beepAtMs: number }
  /** The scooter has beeped. */
  | { readonly kind: 'beeped'; readonly untilMs: number }
  /** The rider has pressed the button. */
  | { readonly kind: 'open'; readonly untilMs: number };

const CLOSED: State = { kind: 'closed' };

/**
 * The rider's consent to a registration. An app's first attempt is left without an answer; when it hangs up, the
 * scooter beeps, and the power button pressed within a few seconds lets the next attempt in, as every working client
 * has it. A press while the app still waits counts too.
 */
export class PowerButton {
  readonly #timing: ConsentTiming;
  readonly #beep: () => void;
  #state: State = CLOSED;

  constructor(timing: ConsentTiming, beep: () => void) {
    this.#timing = timing;
    this.#beep = beep;
  }

  /** When `onDeadline` has to be called next. */
  get deadlineMs(): number | undefined {
    return this.#state.kind === 'asked' ? this.#state.beepAtMs : undefined;
  }

  /** An app asks to register: whether it may now. If not, the rider is asked. */
  requestRegistration(nowMs: number): boolean {
    const state = this.#state;
    if (state.kind === 'open' && nowMs < state.untilMs) return true;
    if (state.kind !== 'asked') {
      this.#state = { kind: 'asked', beepAtMs: nowMs + this.#timing.beepAfterMs };
    }
    return false;
  }

  /** The rider presses the button: whether that was a consent. */
  press(nowMs: number): boolean {
    const state = this.#state;
    const isConsent = state.kind === 'asked' || (state.kind === 'beeped' && nowMs < state.untilMs);
    if (isConsent) this.#state = { kind: 'open', untilMs: nowMs + this.#timing.registrationOpenMs };
    return isConsent;
  }

  /** A registration has succeeded: the next one needs a consent of its own. */
  close(): void {
    this.#state = CLOSED;
  }

  disconnected(nowMs: number): void {
    if (this.#state.kind === 'asked') this.#beepNow(nowMs);
  }

  onDeadline(nowMs: number): void {
    if (this.#state.kind === 'asked' && nowMs >= this.#state.beepAtMs) this.#beepNow(nowMs);
  }

  #beepNow(nowMs: number): void {
    this.#state = { kind: 'beeped', untilMs: nowMs + this.#timing.buttonWindowMs };
    this.#beep();
  }
}
