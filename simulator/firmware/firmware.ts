import type { Generation } from '../../protocol/advertisement.ts';
import { decodeAvdtp } from '../../protocol/avdtp.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { LoginKeys } from '../../protocol/keys.ts';
import { PROCEDURE_TIMEOUT_MS } from '../../protocol/parcel.ts';
import type { RegisterMessage } from '../../protocol/message.ts';
import { XOR_KEY_BYTES } from '../../protocol/xor-keystream.ts';
import { type UpnpOpcode, decodeUpnp, encodeUpnp } from '../../protocol/upnp.ts';
import type { Channel } from './channel.ts';
import { Handshake } from './handshake.ts';
import { login } from './login.ts';
import { type PairingTiming, PowerButton } from './power-button.ts';
import type { Procedure } from './procedure.ts';
import type { Quirk } from './quirks.ts';
import type { RegisterBank } from './register-bank.ts';
import { keystreamOf } from './keystream.ts';
import { PlainFrames, type RegisterFrames, EncryptedFrames, XorFrames } from './register-frames.ts';
import { RegisterService } from './register-service.ts';
import { type RandomBytes, sendDeviceInfo, registration } from './registration.ts';

/** Firmware events without their time. */
type FirmwareEventBody =
  | { readonly type: 'connected' | 'disconnected' | 'loginFailed' }
  /** With the session keys. */
  | { readonly type: 'loggedIn'; readonly keys: LoginKeys }
  | { readonly type: 'beep' | 'registrationOpened' | 'registrationFailed' }
  /** Invalidates every earlier token. */
  | { readonly type: 'registered'; readonly token: Buffer }
  /** A reply to a register request is sent: its plaintext. */
  | ({ readonly type: 'replied' } & RegisterMessage)
  /** A read is not answered, because of a quirk. */
  | ({ readonly type: 'withheld' } & RegisterMessage)
  /** A register write was executed. */
  | ({ readonly type: 'written' } & RegisterMessage);

/** Event in the firmware of a scooter, with its time. */
export type FirmwareEvent = FirmwareEventBody & { readonly nowMs: number };

/** Output of the firmware. Its methods must not call the firmware synchronously. */
export interface FirmwareOutput {
  /** @param bytes 0 to 20 bytes */
  notify(channel: Channel, bytes: Buffer): void;
  event(event: FirmwareEvent): void;
}

export interface FirmwareTiming extends PairingTiming {
  /** Time limit of a whole registration or login (MiAuth SDK). */
  readonly procedureMs: number;
}

/** Defaults from the MiAuth SDK and working clients; `registrationOpenMs` and `beepAfterMs` are assumptions. */
export const FIRMWARE_TIMING: FirmwareTiming = {
  beepAfterMs: 5_000,
  buttonWindowMs: 5_000,
  registrationOpenMs: 30_000,
  procedureMs: PROCEDURE_TIMEOUT_MS,
};

export interface FirmwareOptions {
  /** Default: `miauth`. */
  readonly generation?: Generation;
  /** Device id of 20 bytes. A scooter that was never bound has none, and stores the one that the app sends. */
  readonly did?: Buffer;
  /** Token of 12 bytes; none if the scooter is not bound. */
  readonly token?: Buffer;
  /** Keystream of the generation `xor`, long enough for every frame. */
  readonly keystream?: Buffer;
  readonly registers: RegisterBank;
  readonly random: RandomBytes;
  readonly timing?: Partial<FirmwareTiming>;
  /** Active quirks, which may change at any time. */
  readonly quirks?: ReadonlySet<Quirk>;
}

/** Frame formats of generations that need no login. */
const FRAMES_WITHOUT_LOGIN: Partial<
  Record<Generation, (keystream: Buffer, random: RandomBytes) => RegisterFrames>
> = {
  plain: () => new PlainFrames(),
  xor: (keystream, random) => new XorFrames(keystream, random),
};

/**
 * Firmware of a scooter as a state machine: its inputs are bytes and times, its outputs notifications and events. It
 * has no clock and no timers: all times are milliseconds of one monotonic clock, and the caller must call `onDeadline`
 * at `nextDeadlineMs`. No input of the app makes it throw.
 */
export class Firmware {
  readonly #generation: Generation;
  readonly #keystream: Buffer;
  readonly #registers: RegisterBank;
  readonly #random: RandomBytes;
  readonly #output: FirmwareOutput;
  readonly #timing: FirmwareTiming;
  readonly #quirks: ReadonlySet<Quirk>;
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

  /** Opcodes that start a procedure, and abort one that is running. */
  readonly #startHandlers: Partial<Record<UpnpOpcode, () => void>> = {
    deviceInfo: () => this.#startHandshake(sendDeviceInfo(this.#did)),
    registerStart: () => this.#startHandshake(this.#register()),
    registerAbort: () => (this.#handshake = undefined),
    loginStart: () => {
      if ([...this.#quirks].some(({ ignoresLogin }) => ignoresLogin?.(this.#nowMs))) return;
      if (this.#service) this.#sendOpcode('repeatedLogin');
      else if (!this.#token) this.#sendOpcode('notRegistered');
      else this.#startHandshake(this.#logIn(this.#token));
    },
  };

  constructor(options: FirmwareOptions, output: FirmwareOutput) {
    const { generation = 'miauth', did, token, registers, random, timing, quirks = new Set() } = options;
    this.#generation = generation;
    this.#keystream = options.keystream ?? keystreamOf(0);
    this.#did = did;
    this.#token = token;
    this.#registers = registers;
    this.#random = random;
    this.#output = output;
    this.#quirks = quirks;
    this.#timing = { ...FIRMWARE_TIMING, ...timing };
    this.#powerButton = new PowerButton(this.#timing, () => this.#emit({ type: 'beep' }));
  }

  /** The only valid token. */
  get token(): Buffer | undefined {
    return this.#token;
  }

  /** Value of the characteristic `XIAOMI.xorKey`. */
  get xorKey(): Buffer {
    return this.#keystream.subarray(0, XOR_KEY_BYTES);
  }

  /** Time of the next `onDeadline`, which may change with every call; undefined if none is due. */
  get nextDeadlineMs(): number | undefined {
    const nextMs = Math.min(
      this.#handshake?.deadlineMs ?? Infinity,
      this.#powerButton.deadlineMs ?? Infinity,
    );
    return nextMs === Infinity ? undefined : nextMs;
  }

  /** Replaces the token, as a registration by another phone does, or deletes it, as a factory reset does. */
  bind(token: Buffer | undefined): void {
    this.#token = token;
  }

  connected(nowMs: number): void {
    this.#nowMs = nowMs;
    const frames = FRAMES_WITHOUT_LOGIN[this.#generation]?.(this.#keystream, this.#random);
    if (frames) this.#startRegisterService(frames);
    this.#emit({ type: 'connected' });
  }

  /** Ends the connection, and with it session keys and procedures. */
  disconnected(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#handshake = undefined;
    this.#service = undefined;
    this.#emit({ type: 'disconnected' });
    this.#powerButton.disconnected(nowMs);
  }

  /** Handles a write of the app; ignores anything invalid or unexpected. */
  onWrite(channel: Channel, bytes: Buffer, nowMs: number): void {
    this.#nowMs = nowMs;
    this.#receivers[channel](bytes);
  }

  /** Presses the power button. */
  pressButton(nowMs: number): void {
    this.#nowMs = nowMs;
    if (!this.#powerButton.press(nowMs)) return;
    this.#emit({ type: 'registrationOpened' });
    this.#handshake?.onButtonPressed(nowMs);
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
      requestButtonPress: (nowMs: number) => this.#powerButton.requestRegistration(nowMs),
    };
    this.#handshake = new Handshake(procedure, port, this.#nowMs + this.#timing.procedureMs);
    this.#handshake.start();
  }

  *#register(): Procedure<void> {
    const binding = yield* this.#notifyOnFailure('registrationFailed', registration(this.#random));
    if (!binding) return;
    this.#token = binding.token;
    this.#did = binding.did;
    this.#service = undefined;
    this.#powerButton.close();
    this.#sendOpcode('registered');
    this.#emit({ type: 'registered', token: binding.token });
  }

  *#logIn(token: Buffer): Procedure<void> {
    const keys = yield* this.#notifyOnFailure('loginFailed', login(token, this.#random));
    if (!keys) return;
    this.#startRegisterService(new EncryptedFrames(keys, this.#random));
    this.#sendOpcode('loggedIn');
    this.#emit({ type: 'loggedIn', keys });
  }

  /** Enables access to the registers, in frames of this format. */
  #startRegisterService(frames: RegisterFrames): void {
    this.#service = new RegisterService(frames, this.#registers, {
      withholdsReply: (request) =>
        [...this.#quirks].some(({ withholdsReply }) => withholdsReply?.(request, this.#nowMs)),
      onWithheld: (request) => this.#emit({ type: 'withheld', ...request }),
      notify: (bytes) => this.#output.notify('uart', bytes),
      onReply: (reply) => this.#emit({ type: 'replied', ...reply }),
      onWritten: (request) => this.#emit({ type: 'written', ...request }),
    });
  }

  /** Runs a procedure. If the app violates the protocol, sends `failure` to the app and returns undefined. */
  *#notifyOnFailure<Result>(
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
