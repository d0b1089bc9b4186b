import type { RequestedParameters } from '../../hci/connection-parameters.ts';
import type { Generation } from '../../protocol/advertisement.ts';
import { decodeAvdtp, encodeAvdtp, type ParcelType } from '../../protocol/avdtp.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { PROCEDURE_TIMEOUT_MS } from '../../protocol/parcel.ts';
import { type UpnpOpcode, decodeUpnp, encodeUpnp } from '../../protocol/upnp.ts';
import type { Channel } from './channel.ts';
import { Chatter } from './chatter.ts';
import type { AbortReason, FirmwareEvent, FirmwareEventBody } from './events.ts';
import { greeting } from './greeting.ts';
import { Handshake } from './handshake.ts';
import { login } from './login.ts';
import { type PairingTiming, PowerButton } from './power-button.ts';
import type { Procedure, Step } from './procedure.ts';
import { ActiveQuirks, type Quirk } from './quirks.ts';
import type { RegisterBank } from './register-bank.ts';
import { PlainFrames, type RegisterFrames, EncryptedFrames } from './register-frames.ts';
import { RegisterService } from './register-service.ts';
import { type RandomBytes, sendDeviceInfo, registration } from './registration.ts';

export type { FirmwareEvent } from './events.ts';

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
  readonly registers: RegisterBank;
  readonly random: RandomBytes;
  readonly timing?: Partial<FirmwareTiming>;
  /** Active quirks, which may change at any time. */
  readonly quirks?: ReadonlySet<Quirk>;
}

type AbortEvent = 'loginAborted' | 'registrationAborted';

/** Frame formats of generations that need no login. XORed frames are not simulated. */
const FRAMES_WITHOUT_LOGIN: Partial<Record<Generation, () => RegisterFrames>> = {
  plain: () => new PlainFrames(),
};

/**
 * Firmware of a scooter as a state machine: its inputs are bytes and times, its outputs notifications and events. It
 * has no clock and no timers: all times are milliseconds of one monotonic clock, and the caller must call `onDeadline`
 * at `nextDeadlineMs`. No input of the app makes it throw.
 */
export class Firmware {
  readonly #generation: Generation;
  readonly #registers: RegisterBank;
  readonly #random: RandomBytes;
  readonly #output: FirmwareOutput;
  readonly #timing: FirmwareTiming;
  readonly #quirks: ActiveQuirks;
  readonly #powerButton: PowerButton;
  readonly #chatter = new Chatter((bytes) => this.#output.notify('uart', bytes));
  #did: Buffer | undefined;
  #token: Buffer | undefined;
  #nowMs = 0;
  #handshake: Handshake | undefined;
  /** Event if the handshake is aborted; undefined if it may be replaced by another one. */
  #abortEvent: AbortEvent | undefined;
  #service: RegisterService | undefined;
  /** Whether the app on this connection has completed the greeting. */
  #isGreeted = false;

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

  /** Opcodes that start a procedure. While a registration or login is running, they are answered with BUSY. */
  readonly #startHandlers: Partial<Record<UpnpOpcode, () => void>> = {
    linkParameters: () => this.#startHandshake(this.#greet()),
    deviceInfo: () => this.#startHandshake(sendDeviceInfo(this.#did)),
    registerStart: () => this.#startHandshake(this.#register(), 'registrationAborted'),
    loginStart: () => {
      if (this.#quirks.some(({ ignoresLogin }) => ignoresLogin?.(this.#nowMs))) return;
      if (this.#service) this.#sendOpcode('repeatedLogin');
      else if (!this.#token) this.#sendOpcode('notRegistered');
      else this.#startHandshake(this.#logIn(this.#token), 'loginAborted');
    },
  };

  constructor(options: FirmwareOptions, output: FirmwareOutput) {
    const { generation = 'miauth', did, token, registers, random, timing, quirks = new Set() } = options;
    this.#generation = generation;
    this.#did = did;
    this.#token = token;
    this.#registers = registers;
    this.#random = random;
    this.#output = output;
    this.#quirks = new ActiveQuirks(quirks);
    this.#timing = { ...FIRMWARE_TIMING, ...timing };
    this.#powerButton = new PowerButton(this.#timing, () => this.#emit({ type: 'beep' }));
  }

  /** The only valid token. */
  get token(): Buffer | undefined {
    return this.#token;
  }

  /** Connection parameters that it requests of a central that has chosen others; undefined if it accepts any. */
  get connectionParameters(): RequestedParameters | undefined {
    return this.#quirks.all(({ connectionParameters }) => connectionParameters)[0];
  }

  /** Time of the next `onDeadline`, which may change with every call; undefined if none is due. */
  get nextDeadlineMs(): number | undefined {
    const nextMs = Math.min(
      this.#handshake?.deadlineMs ?? Infinity,
      this.#service?.deadlineMs ?? Infinity,
      this.#chatter.deadlineMs ?? Infinity,
      this.#powerButton.deadlineMs ?? Infinity,
    );
    return nextMs === Infinity ? undefined : nextMs;
  }

  /** Replaces the token, as a registration by another phone does, or deletes it, as a factory reset does. */
  bind(token: Buffer | undefined): void {
    this.#token = token;
  }

  /**
   * Called when the scooter is switched on.
   * @param isResetting whether power button, throttle and brake are held, which deletes the pairing
   */
  switchedOn(nowMs: number, isResetting = false): void {
    this.#nowMs = nowMs;
    if (!isResetting) return;
    this.#token = undefined;
    this.#emit({ type: 'beep' });
    this.#emit({ type: 'factoryReset' });
  }

  connected(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#isGreeted = false;
    const frames = FRAMES_WITHOUT_LOGIN[this.#generation]?.();
    if (frames) this.#startRegisterService(frames);
    else
      this.#chatter.start(
        this.#quirks.all(({ chatter }) => chatter),
        nowMs,
      );
    this.#emit({ type: 'connected' });
  }

  /** Ends the connection, and with it session keys and procedures. */
  disconnected(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#handshake?.abort('disconnected');
    this.#handshake = undefined;
    this.#service = undefined;
    this.#chatter.stop();
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
    this.#service?.onDeadline(nowMs);
    this.#chatter.onDeadline(nowMs);
    this.#powerButton.onDeadline(nowMs);
  }

  #onOpcode(opcode: UpnpOpcode): void {
    const start = this.#startHandlers[opcode];
    const exclusive = this.#handshake?.isRunning === true ? this.#abortEvent : undefined;
    if (start && exclusive) {
      if (!this.#quirks.some(({ ignoresWhenBusy }) => ignoresWhenBusy)) {
        this.#write(encodeAvdtp({ kind: 'busy' }));
      }
    } else if (start) {
      const [refusal] = this.#quirks.all(({ refuses }) => refuses?.(opcode));
      if (refusal) this.#sendOpcode(refusal);
      else start();
    } else if (opcode === 'registerAbort' && exclusive === 'registrationAborted') {
      this.#handshake?.abort('cancelled');
      this.#sendOpcode('registrationFailed');
    } else {
      this.#handshake?.onOpcode(opcode);
    }
  }

  /** @param abortEvent event if it is aborted; without one, the app may replace it by another procedure. */
  #startHandshake(procedure: Procedure<void>, abortEvent?: AbortEvent): void {
    const port = {
      write: (bytes: Buffer) => this.#write(bytes),
      requestButtonPress: (nowMs: number) => this.#powerButton.requestRegistration(nowMs),
      sendsSinglePackets: this.#isGreeted,
      answerTo: (type: ParcelType) => this.#quirks.all(({ answersParcel }) => answersParcel?.(type))[0],
      onAborted: (reason: AbortReason, step: Step) => {
        // An app that gives up while the button is not pressed has not failed: it will connect again.
        if (abortEvent && step.kind !== 'buttonPress') this.#emit({ type: abortEvent, reason, step });
      },
    };
    this.#abortEvent = abortEvent;
    this.#handshake = new Handshake(procedure, port, this.#nowMs + this.#timing.procedureMs);
    this.#handshake.start();
  }

  *#greet(): Procedure<void> {
    yield* greeting();
    this.#isGreeted = true;
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
    this.#chatter.stop();
    this.#service = new RegisterService(frames, this.#registers, {
      delayMs: (request) => Math.max(0, ...this.#quirks.all(({ delayMs }) => delayMs?.(request))),
      withholdsReply: (request) =>
        this.#quirks.some(({ withholdsReply }) => withholdsReply?.(request, this.#nowMs)),
      onWithheld: (request) => this.#emit({ type: 'withheld', ...request }),
      notify: (bytes) => this.#output.notify('uart', bytes),
      onReply: (reply) => this.#emit({ type: 'replied', ...reply }),
      onWritten: (request) => this.#emit({ type: 'written', ...request }),
      onCommand: (written) => this.#emit({ type: 'command', ...written }),
    });
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
      const [result] = isWrongToken ? this.#quirks.all(({ wrongTokenResult }) => wrongTokenResult) : [];
      this.#sendOpcode(result ?? failure);
      this.#emit({ type: failure });
      return undefined;
    }
  }

  #write(bytes: Buffer): void {
    this.#output.notify('avdtp', bytes);
  }

  #sendOpcode(opcode: UpnpOpcode): void {
    this.#output.notify('upnp', encodeUpnp(opcode));
  }

  #emit(event: FirmwareEventBody): void {
    this.#output.event({ nowMs: this.#nowMs, ...event });
  }
}
