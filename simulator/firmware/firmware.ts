import type { RequestedParameters } from '../../hci/connection-parameters.ts';
import type { Generation } from '../../protocol/advertisement.ts';
import { PROCEDURE_TIMEOUT_MS } from '../../protocol/parcel.ts';
import { XOR_KEY_BYTES } from '../../protocol/xor-keystream.ts';
import { Authentication } from './authentication.ts';
import type { Channel } from './channel.ts';
import { Chatter } from './chatter.ts';
import type { FirmwareEvent, FirmwareEventBody } from './events.ts';
import { type PairingTiming, PowerButton } from './power-button.ts';
import { ActiveQuirks, type Quirk } from './quirks.ts';
import type { RegisterBank } from './register-bank.ts';
import { keystreamOf } from './keystream.ts';
import {
  PlainFrames,
  type RegisterFrames,
  EncryptedFrames,
  WithPlainAnswers,
  XorFrames,
} from './register-frames.ts';
import { RegisterService } from './register-service.ts';
import type { RandomBytes } from './registration.ts';

export type { FirmwareEvent } from './events.ts';

/** Output of the firmware. Its methods must not call the firmware synchronously. */
export interface FirmwareOutput {
  /** @param bytes 0 to 20 bytes */
  notify(channel: Channel, bytes: Buffer): void;
  event(event: FirmwareEvent): void;
  /** Notifies the app on the UART of bytes that belong to no reply to a request of it; by default as of others. */
  notifyStray?(bytes: Buffer): void;
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
  Record<Generation, (keystream: Buffer, random: RandomBytes, quirks: ActiveQuirks) => RegisterFrames>
> = {
  plain: () => new PlainFrames(),
  xor: (keystream, random, quirks) =>
    new WithPlainAnswers(new XorFrames(keystream, random), (request) =>
      quirks.some(({ answersPlain }) => answersPlain?.(request)),
    ),
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
  readonly #quirks: ActiveQuirks;
  readonly #powerButton: PowerButton;
  readonly #chatter = new Chatter((bytes) => this.#output.notify('uart', bytes));
  readonly #authentication: Authentication;
  #nowMs = 0;
  #service: RegisterService | undefined;

  readonly #receivers: Readonly<Record<Channel, (bytes: Buffer, nowMs: number) => void>> = {
    upnp: (bytes, nowMs) => this.#authentication.onOpcode(bytes, nowMs),
    avdtp: (bytes, nowMs) => this.#authentication.onFrame(bytes, nowMs),
    uart: (bytes, nowMs) => this.#service?.onBytes(bytes, nowMs),
  };

  constructor(options: FirmwareOptions, output: FirmwareOutput) {
    const { generation = 'miauth', did, token, registers, random, timing, quirks = new Set() } = options;
    this.#generation = generation;
    this.#keystream = options.keystream ?? keystreamOf(0);
    this.#registers = registers;
    this.#random = random;
    this.#output = output;
    this.#quirks = new ActiveQuirks(quirks);
    this.#timing = { ...FIRMWARE_TIMING, ...timing };
    this.#powerButton = new PowerButton(this.#timing, () => this.#emit({ type: 'beep' }));
    this.#authentication = new Authentication(
      { did, token, random, timeoutMs: this.#timing.procedureMs, quirks: this.#quirks },
      {
        notify: (channel, bytes) => this.#output.notify(channel, bytes),
        emit: (event) => this.#emit(event),
        isLoggedIn: () => this.#service !== undefined,
        requestButtonPress: (nowMs) => this.#powerButton.requestRegistration(nowMs),
        onRegistered: () => {
          this.#service = undefined;
          this.#powerButton.close();
        },
        onRegistrationCancelled: () => this.#powerButton.close(),
        onLoggedIn: (keys) => this.#startRegisterService(new EncryptedFrames(keys, this.#random)),
      },
    );
  }

  /** The only valid token. */
  get token(): Buffer | undefined {
    return this.#authentication.token;
  }

  /** Connection parameters that it requests of a central that has chosen others; undefined if it accepts any. */
  get connectionParameters(): RequestedParameters | undefined {
    return this.#quirks.all(({ connectionParameters }) => connectionParameters)[0];
  }

  /** Whether it has the characteristic `XIAOMI.xorKey` although its generation does not. */
  get offersXorKey(): boolean {
    return this.#quirks.some(({ offersXorKey }) => offersXorKey);
  }

  /** Value of the characteristic `XIAOMI.xorKey`. */
  get xorKey(): Buffer {
    return this.#keystream.subarray(0, XOR_KEY_BYTES);
  }

  /** Time of the next `onDeadline`, which may change with every call; undefined if none is due. */
  get nextDeadlineMs(): number | undefined {
    const nextMs = Math.min(
      this.#authentication.deadlineMs ?? Infinity,
      this.#service?.deadlineMs ?? Infinity,
      this.#chatter.deadlineMs ?? Infinity,
      this.#powerButton.deadlineMs ?? Infinity,
    );
    return nextMs === Infinity ? undefined : nextMs;
  }

  /** Replaces the token, as a registration by another phone does. */
  bind(token: Buffer): void {
    this.#authentication.token = token;
  }

  /**
   * Called when the scooter is switched on.
   * @param isResetting whether power button, throttle and brake are held, which deletes the pairing
   */
  switchedOn(nowMs: number, isResetting = false): void {
    this.#nowMs = nowMs;
    if (!isResetting) return;
    this.#authentication.token = undefined;
    this.#emit({ type: 'beep' });
    this.#emit({ type: 'factoryReset' });
  }

  connected(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#authentication.connected();
    const frames = FRAMES_WITHOUT_LOGIN[this.#generation]?.(this.#keystream, this.#random, this.#quirks);
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
    this.#authentication.disconnected();
    this.#service = undefined;
    this.#chatter.stop();
    this.#emit({ type: 'disconnected' });
    this.#powerButton.disconnected(nowMs);
  }

  /** Handles a write of the app; ignores anything invalid or unexpected. */
  onWrite(channel: Channel, bytes: Buffer, nowMs: number): void {
    this.#nowMs = nowMs;
    const received = this.#quirks
      .all(({ writes }) => writes)
      .reduce<readonly Buffer[]>((all, writes) => all.flatMap((each) => writes(channel, each)), [bytes]);
    for (const each of received) this.#receivers[channel](each, nowMs);
  }

  /** Presses the power button. */
  pressButton(nowMs: number): void {
    this.#nowMs = nowMs;
    if (!this.#powerButton.press(nowMs)) return;
    this.#emit({ type: 'registrationOpened' });
    this.#authentication.onButtonPressed(nowMs);
  }

  onDeadline(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#authentication.onDeadline(nowMs);
    this.#service?.onDeadline(nowMs);
    this.#chatter.onDeadline(nowMs);
    this.#powerButton.onDeadline(nowMs);
  }

  /** Enables access to the registers, in frames of this format. */
  #startRegisterService(frames: RegisterFrames): void {
    this.#chatter.stop();
    this.#service = new RegisterService(frames, this.#registers, {
      delayMs: (request) => Math.max(0, ...this.#quirks.all(({ delayMs }) => delayMs?.(request))),
      withholdsReply: (request) =>
        this.#quirks.some(({ withholdsReply }) => withholdsReply?.(request, this.#nowMs)),
      misreads: (request) => this.#quirks.all(({ misreads }) => misreads?.(request))[0],
      notifyOther: (bytes) =>
        this.#output.notifyStray ? this.#output.notifyStray(bytes) : this.#output.notify('uart', bytes),
      onWithheld: (request, askedMs) => this.#emit({ type: 'withheld', askedMs, ...request }),
      notify: (bytes) => this.#output.notify('uart', bytes),
      onReply: (reply, askedMs) => this.#emit({ type: 'replied', askedMs, ...reply }),
      onWritten: (request) => this.#emit({ type: 'written', ...request }),
      onCommand: (written) => this.#emit({ type: 'command', ...written }),
    });
  }

  #emit(event: FirmwareEventBody): void {
    this.#output.event({ nowMs: this.#nowMs, ...event });
  }
}
