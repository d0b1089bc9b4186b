import type { Generation } from '../../protocol/advertisement.ts';
import { decodeAvdtp } from '../../protocol/avdtp.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { LoginKeys } from '../../protocol/keys.ts';
import { PROCEDURE_TIMEOUT_MS } from '../../protocol/parcel.ts';
import type { RegisterMessage } from '../../protocol/message.ts';
import { type UpnpOpcode, decodeUpnp, encodeUpnp } from '../../protocol/upnp.ts';
import { Handshake } from './handshake.ts';
import { login } from './login.ts';
import { type ConsentTiming, PowerButton } from './power-button.ts';
import type { Procedure } from './procedure.ts';
import type { RegisterBank } from './register-bank.ts';
import { PlainFrames, type RegisterFrames, EncryptedFrames } from './register-frames.ts';
import { RegisterService } from './register-service.ts';
import { type RandomBytes, sendDeviceInfo, registration } from './registration.ts';

/** The characteristics that an app writes and is notified on: opcodes, parcels, register frames. */
export type Channel = 'upnp' | 'avdtp' | 'uart';

/** What happens in a scooter, seen from inside. */
type FirmwareEventBody =
  | { readonly type: 'connected' | 'disconnected' | 'loginFailed' }
  /** What both sides have derived. */
  | { readonly type: 'loggedIn'; readonly keys: LoginKeys }
  | { readonly type: 'beep' | 'registrationOpened' | 'registrationFailed' }
  /** Every earlier token is worthless from now on. */
  | { readonly type: 'registered'; readonly token: Buffer }
  /** A reply to a register request goes out: what it says, before it is encrypted. */
  | ({ readonly type: 'replied' } & RegisterMessage)
  /** The scooter has done what a register write asked for. */
  | ({ readonly type: 'written' } & RegisterMessage);

/** What happened in a scooter, and when. */
export type FirmwareEvent = FirmwareEventBody & { readonly nowMs: number };

/** Where the firmware's output goes. Neither call may lead back into the firmware before it returns. */
export interface FirmwareOutput {
  /** @param bytes at most 20, or none at all */
  notify(channel: Channel, bytes: Buffer): void;
  event(event: FirmwareEvent): void;
}

export interface FirmwareTiming extends ConsentTiming {
  /** How long a registration or a login may take in all (MiAuth SDK). */
  readonly procedureMs: number;
}

/** As the MiAuth SDK and working clients have it; `registrationOpenMs` and `beepAfterMs` are assumed. */
export const FIRMWARE_TIMING: FirmwareTiming = {
  beepAfterMs: 5_000,
  buttonWindowMs: 5_000,
  registrationOpenMs: 30_000,
  procedureMs: PROCEDURE_TIMEOUT_MS,
};

export interface FirmwareOptions {
  /** `miauth` unless said. */
  readonly generation?: Generation;
  /** The 20-byte device id; none for a scooter that was never bound, which takes the one that the app sends. */
  readonly did?: Buffer;
  /** The 12-byte token that it is bound to; none for one that is not. */
  readonly token?: Buffer;
  readonly registers: RegisterBank;
  readonly random: RandomBytes;
  readonly timing?: Partial<FirmwareTiming>;
}

/** The frames with which a generation answers from the connection on, without a login. The XORed ones are not simulated. */
const FRAMES_WITHOUT_LOGIN: Partial<Record<Generation, () => RegisterFrames>> = {
  plain: () => new PlainFrames(),
};

/**
 * The firmware of a scooter: bytes and moments in, notifications and events out. It has neither a
 * clock nor timers: all moments are milliseconds on one clock that never goes back, and whoever drives it calls
 * `onDeadline` at `nextDeadlineMs`. No bytes of the app make it throw.
 */
export class Firmware {
  readonly #generation: Generation;
  readonly #registers: RegisterBank;
  readonly #random: RandomBytes;
  readonly #output: FirmwareOutput;
  readonly #timing: FirmwareTiming;
  readonly #powerButton: PowerButton;
  #did: Buffer | undefined;
  #token: Buffer | undefined;
  #nowMs = 0;
  #handshake: Handshake | undefined;
  #service: RegisterService | undefined;

  readonly #receivers: Readonly<Record<Channel, (bytes: Buffer) => void>> = {
    upnp: (bytes) => {
      const opcode = decodeUpnp(bytes);
      if (opcode) this.#onOpcode(opcode);
    },
    avdtp: (bytes) => {
      const frame = decodeAvdtp(bytes);
      if (frame) this.#handshake?.onFrame(frame, this.#nowMs);
    },
    uart: (bytes) => this.#service?.onBytes(bytes, this.#nowMs),
  };

  /** The opcodes that begin something, whatever else is going on: an app that starts anew has given up before. */
  readonly #startHandlers: Partial<Record<UpnpOpcode, () => void>> = {
    deviceInfo: () => this.#startHandshake(sendDeviceInfo(this.#did)),
    registerStart: () => this.#startHandshake(this.#register()),
    registerAbort: () => (this.#handshake = undefined),
    loginStart: () => {
      if (this.#service) this.#sendOpcode('repeatedLogin');
      else if (!this.#token) this.#sendOpcode('notRegistered');
      else this.#startHandshake(this.#logIn(this.#token));
    },
  };

  constructor(options: FirmwareOptions, output: FirmwareOutput) {
    const { generation = 'miauth', did, token, registers, random, timing } = options;
    this.#generation = generation;
    this.#did = did;
    this.#token = token;
    this.#registers = registers;
    this.#random = random;
    this.#output = output;
    this.#timing = { ...FIRMWARE_TIMING, ...timing };
    this.#powerButton = new PowerButton(this.#timing, () => this.#emit({ type: 'beep' }));
  }

  /** The one token that logs in. */
  get token(): Buffer | undefined {
    return this.#token;
  }

  /** Moment of the next `onDeadline`. It may change with every call; undefined while there is nothing to wait for. */
  get nextDeadlineMs(): number | undefined {
    const nextMs = Math.min(
      this.#handshake?.deadlineMs ?? Infinity,
      this.#powerButton.deadlineMs ?? Infinity,
    );
    return nextMs === Infinity ? undefined : nextMs;
  }

  /** Binds to another token, as a registration with another phone does, or to none, as a factory reset does. */
  bind(token: Buffer | undefined): void {
    this.#token = token;
  }

  connected(nowMs: number): void {
    this.#nowMs = nowMs;
    const frames = FRAMES_WITHOUT_LOGIN[this.#generation]?.();
    if (frames) this.#startRegisterService(frames);
    this.#emit({ type: 'connected' });
  }

  /** Session keys and procedures last exactly one connection. */
  disconnected(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#handshake = undefined;
    this.#service = undefined;
    this.#emit({ type: 'disconnected' });
    this.#powerButton.disconnected(nowMs);
  }

  /** Takes what the app wrote; anything that is not understood, or not due, is ignored. */
  onWrite(channel: Channel, bytes: Buffer, nowMs: number): void {
    this.#nowMs = nowMs;
    this.#receivers[channel](bytes);
  }

  /** The rider presses the power button. */
  pressButton(nowMs: number): void {
    this.#nowMs = nowMs;
    if (!this.#powerButton.press(nowMs)) return;
    this.#emit({ type: 'registrationOpened' });
    this.#handshake?.onConsent(nowMs);
  }

  onDeadline(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#handshake?.onDeadline(nowMs);
    this.#powerButton.onDeadline(nowMs);
  }

  #onOpcode(opcode: UpnpOpcode): void {
    const start = this.#startHandlers[opcode];
    if (start) start();
    else this.#handshake?.onOpcode(opcode);
  }

  #startHandshake(procedure: Procedure<void>): void {
    const port = {
      write: (bytes: Buffer) => this.#output.notify('avdtp', bytes),
      requestConsent: (nowMs: number) => this.#powerButton.requestRegistration(nowMs),
    };
    this.#handshake = new Handshake(procedure, port, this.#nowMs + this.#timing.procedureMs);
    this.#handshake.start();
  }

  *#register(): Procedure<void> {
    const binding = yield* this.#reportFailure('registrationFailed', registration(this.#random));
    if (!binding) return;
    this.#token = binding.token;
    this.#did = binding.did;
    this.#service = undefined;
    this.#powerButton.close();
    this.#sendOpcode('registered');
    this.#emit({ type: 'registered', token: binding.token });
  }

  *#logIn(token: Buffer): Procedure<void> {
    const keys = yield* this.#reportFailure('loginFailed', login(token, this.#random));
    if (!keys) return;
    this.#startRegisterService(new EncryptedFrames(keys, this.#random));
    this.#sendOpcode('loggedIn');
    this.#emit({ type: 'loggedIn', keys });
  }

  /** From now on the registers can be read and written, in these frames. */
  #startRegisterService(frames: RegisterFrames): void {
    this.#service = new RegisterService(frames, this.#registers, {
      notify: (bytes) => this.#output.notify('uart', bytes),
      onReply: (reply) => this.#emit({ type: 'replied', ...reply }),
      onWritten: (request) => this.#emit({ type: 'written', ...request }),
    });
  }

  /** What `procedure` returns; where the app breaks it, the app is told so, and nothing is returned. */
  *#reportFailure<Result>(
    failure: 'registrationFailed' | 'loginFailed',
    procedure: Procedure<Result>,
  ): Procedure<Result | undefined> {
    try {
      return yield* procedure;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#sendOpcode(failure);
      this.#emit({ type: failure });
      return undefined;
    }
  }

  #sendOpcode(opcode: UpnpOpcode): void {
    this.#output.notify('upnp', encodeUpnp(opcode));
  }

  #emit(event: FirmwareEventBody): void {
    this.#output.event({ nowMs: this.#nowMs, ...event });
  }
}
