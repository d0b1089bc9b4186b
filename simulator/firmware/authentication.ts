import { type AvdtpFrame, decodeAvdtp, encodeAvdtp, type ParcelType } from '../../protocol/avdtp.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { LoginKeys } from '../../protocol/keys.ts';
import { type UpnpOpcode, decodeUpnp, encodeUpnp } from '../../protocol/upnp.ts';
import type { Channel } from './channel.ts';
import type { AbortReason, FirmwareEventBody } from './events.ts';
import { greeting } from './greeting.ts';
import { Handshake } from './handshake.ts';
import { login } from './login.ts';
import type { Procedure, Step } from './procedure.ts';
import type { ActiveQuirks, ParcelRejection } from './quirks.ts';
import { type RandomBytes, registration, sendDeviceInfo } from './registration.ts';

export interface AuthenticationOptions {
  /** Device id of 20 bytes; none if the scooter was never bound. */
  readonly did: Buffer | undefined;
  /** Token of 12 bytes; none if the scooter is not bound. */
  readonly token: Buffer | undefined;
  readonly random: RandomBytes;
  /** Time limit of a whole procedure. */
  readonly timeoutMs: number;
  readonly quirks: ActiveQuirks;
}

/** The scooter's functions that authentication uses. */
export interface AuthenticationPort {
  notify(channel: Channel, bytes: Buffer): void;
  emit(event: FirmwareEventBody): void;
  /** Whether the app on this connection is logged in. */
  isLoggedIn(): boolean;
  /** Requests a press of the power button; returns whether it was pressed already. If not, `onButtonPressed` follows. */
  requestButtonPress(nowMs: number): boolean;
  /** Called before the app receives that the registration has succeeded. */
  onRegistered(): void;
  /** Called before the app receives that the registration that it aborted has failed. */
  onRegistrationCancelled(): void;
  /** Called before the app receives that the login has succeeded. */
  onLoggedIn(keys: LoginKeys): void;
}

type AbortEvent = 'loginAborted' | 'registrationAborted';

/** Result of a parcel in one packet that is refused; only 0, for a received one, is documented. */
const REFUSED_RESULT = 1;
const REJECTIONS: Readonly<Record<Exclude<ParcelRejection, 'failed'>, AvdtpFrame>> = {
  busy: { kind: 'busy' },
  timeout: { kind: 'timeout' },
  cancel: { kind: 'cancel' },
  refused: { kind: 'singleAck', result: REFUSED_RESULT },
};

/** MiAuth on one connection after another: the procedures that opcodes start, one at a time, and the token. */
export class Authentication {
  /** The only valid token. */
  token: Buffer | undefined;
  #did: Buffer | undefined;
  readonly #options: AuthenticationOptions;
  readonly #port: AuthenticationPort;
  #nowMs = 0;
  #handshake: Handshake | undefined;
  /** Event if the handshake is aborted; undefined if it may be replaced by another one. */
  #abortEvent: AbortEvent | undefined;
  /** Whether the app on this connection has completed the greeting. */
  #isGreeted = false;
  /** Whether a quirk has ended a login on this connection. */
  #isInterrupted = false;

  /** Opcodes that start a procedure. While a registration or login is running, they are answered with BUSY. */
  readonly #startHandlers: Partial<Record<UpnpOpcode, () => void>> = {
    linkParameters: () => this.#startHandshake(this.#greet()),
    deviceInfo: () => this.#startHandshake(sendDeviceInfo(this.#did)),
    registerStart: () => this.#startHandshake(this.#register(), 'registrationAborted'),
    loginStart: () => {
      if (this.#options.quirks.some(({ ignoresLogin }) => ignoresLogin?.(this.#nowMs))) {
        this.#port.emit({ type: 'loginPrevented' });
        return;
      }
      if (this.#port.isLoggedIn()) this.#sendOpcode('repeatedLogin');
      else if (!this.token) this.#sendOpcode('notRegistered');
      else this.#startHandshake(this.#logIn(this.token), 'loginAborted');
    },
  };

  constructor(options: AuthenticationOptions, port: AuthenticationPort) {
    this.token = options.token;
    this.#did = options.did;
    this.#options = options;
    this.#port = port;
  }

  /** Time of the next `onDeadline`; undefined if none is due. */
  get deadlineMs(): number | undefined {
    return this.#handshake?.deadlineMs;
  }

  connected(): void {
    this.#isGreeted = false;
    this.#isInterrupted = false;
  }

  /** Aborts a procedure that is running. */
  disconnected(): void {
    this.#handshake?.abort('disconnected');
    this.#handshake = undefined;
  }

  /** Handles a write of the app on UPNP. */
  onOpcode(bytes: Buffer, nowMs: number): void {
    this.#nowMs = nowMs;
    const opcode = decodeUpnp(bytes);
    if (!opcode) return;
    const start = this.#startHandlers[opcode];
    const exclusive = this.#handshake?.isRunning === true ? this.#abortEvent : undefined;
    if (start && exclusive) this.#onBusy();
    else if (start) this.#startOrRefuse(opcode, start);
    else if (opcode === 'registerAbort' && exclusive === 'registrationAborted') this.#abortRegistration();
    else this.#handshake?.onOpcode(opcode);
  }

  /** Handles a write of the app on AVDTP. */
  onFrame(bytes: Buffer, nowMs: number): void {
    this.#nowMs = nowMs;
    const frame = decodeAvdtp(bytes);
    if (frame?.kind === 'lost') this.#port.emit({ type: 'chunksRequested' });
    if (frame) this.#handshake?.onFrame(frame, nowMs);
  }

  onButtonPressed(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#handshake?.onButtonPressed(nowMs);
  }

  onDeadline(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#handshake?.onDeadline(nowMs);
  }

  #onBusy(): void {
    if (this.#options.quirks.some(({ ignoresWhenBusy }) => ignoresWhenBusy)) return;
    this.#port.notify('avdtp', encodeAvdtp({ kind: 'busy' }));
  }

  #startOrRefuse(opcode: UpnpOpcode, start: () => void): void {
    const [refusal] = this.#options.quirks.all(({ refuses }) => refuses?.(opcode));
    if (refusal) this.#sendOpcode(refusal);
    else start();
  }

  #abortRegistration(): void {
    this.#handshake?.abort('cancelled');
    this.#port.onRegistrationCancelled();
    this.#sendOpcode('registrationFailed');
  }

  /** @param abortEvent event if it is aborted; without one, the app may replace it by another procedure. */
  #startHandshake(procedure: Procedure<void>, abortEvent?: AbortEvent): void {
    const { quirks, timeoutMs } = this.#options;
    const port = {
      write: (bytes: Buffer) => this.#port.notify('avdtp', bytes),
      requestButtonPress: (nowMs: number) => this.#port.requestButtonPress(nowMs),
      sendsSinglePackets: this.#isGreeted || quirks.some((quirk) => quirk.sendsSinglePackets),
      rejects: (type: ParcelType) => this.#rejects(type, abortEvent),
      onAborted: (reason: AbortReason, step: Step) => {
        // An app that gives up while the button is not pressed has not failed: it will connect again.
        if (abortEvent && step.kind !== 'buttonPress') this.#port.emit({ type: abortEvent, reason, step });
      },
    };
    this.#abortEvent = abortEvent;
    this.#handshake = new Handshake(procedure, port, this.#nowMs + timeoutMs);
    this.#handshake.start();
  }

  /** Rejects a parcel of the app because of a quirk. @returns whether it has */
  #rejects(type: ParcelType, abortEvent: AbortEvent | undefined): boolean {
    const [rejection] = this.#options.quirks.all(({ answersParcel }) => answersParcel?.(type));
    if (!rejection) return false;
    const isLogin = abortEvent === 'loginAborted';
    if (isLogin) {
      this.#isInterrupted = true;
      this.#port.emit({ type: 'loginPrevented', rejection });
    }
    if (rejection === 'failed') this.#sendOpcode(isLogin ? 'loginFailed' : 'registrationFailed');
    else this.#port.notify('avdtp', encodeAvdtp(REJECTIONS[rejection]));
    return true;
  }

  *#greet(): Procedure<void> {
    yield* greeting();
    this.#isGreeted = true;
  }

  *#register(): Procedure<void> {
    const onToken = (token: Buffer): void => this.#port.emit({ type: 'tokenDerived', token });
    const procedure = registration(this.#options.random, onToken);
    const binding = yield* this.#notifyOnFailure('registrationFailed', procedure);
    if (!binding) return;
    this.token = binding.token;
    this.#did = binding.did;
    this.#port.onRegistered();
    this.#sendOpcode('registered');
    this.#port.emit({ type: 'registered', token: binding.token });
  }

  *#logIn(token: Buffer): Procedure<void> {
    const isRepeated = this.#isInterrupted;
    this.#isInterrupted = false;
    if (isRepeated) this.#port.emit({ type: 'loginRepeated' });
    const staleRandom = isRepeated ? this.#options.quirks.all((quirk) => quirk.staleRandom)[0] : undefined;
    if (staleRandom) this.#port.emit({ type: 'loginPrevented' });
    const keys = yield* this.#notifyOnFailure('loginFailed', login(token, this.#options.random, staleRandom));
    if (!keys) return;
    this.#port.onLoggedIn(keys);
    this.#sendOpcode('loggedIn');
    this.#port.emit({ type: 'loggedIn', keys });
  }

  /** Runs a procedure. If the app violates the protocol, sends the result of that and returns undefined. */
  *#notifyOnFailure<Result>(
    failure: 'registrationFailed' | 'loginFailed',
    procedure: Procedure<Result>,
  ): Procedure<Result | undefined> {
    try {
      return yield* procedure;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const isWrongToken = failure === 'loginFailed' && error.code === 'tag';
      const results = isWrongToken
        ? this.#options.quirks.all(({ wrongTokenResult }) => wrongTokenResult)
        : [];
      this.#sendOpcode(results[0] ?? failure);
      this.#port.emit({ type: failure });
      return undefined;
    }
  }

  #sendOpcode(opcode: UpnpOpcode): void {
    this.#port.notify('upnp', encodeUpnp(opcode));
  }
}
