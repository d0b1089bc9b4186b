import { decodeAvdtp, PARCEL, type AvdtpFrame, type ParcelType } from '../../protocol/avdtp.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { XIAOMI } from '../../protocol/gatt.ts';
import {
  ParcelReceiver,
  ParcelSender,
  PROCEDURE_TIMEOUT_MS,
  type ParcelProgress,
} from '../../protocol/parcel.ts';
import { decodeUpnp, encodeUpnp, type UpnpOpcode } from '../../protocol/upnp.ts';
import type { Link } from '../ble/central.ts';
import { ClientError } from '../errors.ts';
import { pause, within } from '../wait.ts';

/** Meaning of each result code, to complete "the scooter answered that …". */
const RESULT_TEXTS: Partial<Record<UpnpOpcode, string>> = {
  registered: 'it is paired',
  registrationFailed: 'the pairing failed',
  loggedIn: 'the login succeeded, which is too early',
  wrongToken: 'the token is wrong',
  loginFailed: 'the login failed',
  notRegistered: 'it is not paired',
  alreadyRegistered: 'it is already paired',
  repeatedLogin: 'it is already logged in',
  invalidOutOfBand: 'it requires an out-of-band code',
};

/** A result code of the scooter that ends the procedure, received in place of the expected parcel or result. */
export class UnexpectedResult extends Error {
  override readonly name = 'UnexpectedResult';
  readonly opcode: UpnpOpcode;

  constructor(opcode: UpnpOpcode) {
    super(`The scooter answered that ${RESULT_TEXTS[opcode] ?? opcode}`);
    this.opcode = opcode;
  }
}

/** The scooter has not answered READY to an announced parcel in time. */
export class ReadyTimeout extends Error {
  override readonly name = 'ReadyTimeout';
}

/** Delay before the retry after the scooter answered that it is busy. */
const BUSY_DELAY_MS = 1_000;

type Incoming = { readonly opcode: UpnpOpcode } | { readonly frame: AvdtpFrame };

export interface AuthOptions {
  /** The longest wait for one frame of the scooter. */
  readonly stepTimeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Channel for the registration or login procedure on one link: opcodes on the UPNP characteristic, parcels on AVDTP.
 * Anything that decodes as neither is ignored.
 */
export class AuthChannel {
  readonly #link: Link;
  readonly #options: AuthOptions;
  readonly #queue: Incoming[] = [];
  readonly #subscriptions: (() => void)[] = [];
  readonly #deadlineMs = performance.now() + PROCEDURE_TIMEOUT_MS;
  #notify: (() => void) | undefined;

  private constructor(link: Link, options: AuthOptions) {
    this.#link = link;
    this.#options = options;
  }

  /**
   * Opens the channel by subscribing to both characteristics.
   * @param expectedResults the result codes of this procedure; others are stale or unrelated, and ignored.
   */
  static async open(
    link: Link,
    expectedResults: readonly UpnpOpcode[],
    options: AuthOptions,
  ): Promise<AuthChannel> {
    if (!link.has(XIAOMI.avdtp)) {
      throw new ClientError(
        'unsupported_scooter',
        'This scooter cannot be paired: it advertises MiAuth, but has no characteristic 0019',
      );
    }
    const channel = new AuthChannel(link, options);
    await channel.#subscribe(XIAOMI.upnp, (bytes) => {
      const opcode = decodeUpnp(bytes);
      if (opcode && expectedResults.includes(opcode)) channel.#receive({ opcode });
    });
    await channel.#subscribe(XIAOMI.avdtp, (bytes) => {
      const frame = decodeAvdtp(bytes);
      if (frame) channel.#receive({ frame });
    });
    return channel;
  }

  /** Unsubscribes from both characteristics. */
  close(): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
  }

  command(opcode: UpnpOpcode): void {
    this.#link.write(XIAOMI.upnp, encodeUpnp(opcode));
  }

  /**
   * Sends a parcel; resolves when the scooter has confirmed all of it.
   * @param readyTimeoutMs the longest wait for READY, if the scooter may withhold it.
   * @throws ReadyTimeout after `readyTimeoutMs`; ProtocolError `parcel` if the scooter is busy or aborts the parcel.
   */
  async send(type: ParcelType, payload: Buffer, readyTimeoutMs?: number): Promise<void> {
    const sender = new ParcelSender(type, payload);
    const what = `Sending the ${type}`;
    this.#write([sender.start()]);
    this.#write(await this.#requestedChunks(sender, what, readyTimeoutMs));
    while (!sender.done) this.#write(sender.onFrame(await this.#parcelReply(what)));
  }

  /**
   * Receives a parcel, requesting missing chunks again.
   * @throws ProtocolError `parcel` if chunks stay missing, or the last one was cut short.
   */
  async receive(type: ParcelType): Promise<Buffer> {
    const receiver = new ParcelReceiver(type);
    for (;;) {
      const { replies, payload, failure } = await this.#nextProgress(receiver, `Receiving the ${type}`);
      this.#write(replies);
      if (failure) throw failure;
      if (payload) return checkedPayload(type, payload);
    }
  }

  /** Waits for the result of the procedure. */
  async result(): Promise<UpnpOpcode> {
    for (;;) {
      const incoming = await this.#next('Waiting for the result of the procedure');
      if ('opcode' in incoming) return incoming.opcode;
    }
  }

  async #subscribe(uuid: string, onData: (bytes: Buffer) => void): Promise<void> {
    this.#subscriptions.push(await this.#link.subscribe(uuid, onData));
  }

  async #nextProgress(receiver: ParcelReceiver, what: string): Promise<ParcelProgress> {
    try {
      return receiver.onFrame(await this.#nextFrame(what));
    } catch (error) {
      const isGap = receiver.receiving && error instanceof ClientError && error.code === 'timeout';
      if (!isGap) throw error;
      return receiver.onChunkTimeout();
    }
  }

  /** Waits for the request for an announced parcel's chunks; acknowledgements of earlier parcels may arrive before it. */
  async #requestedChunks(sender: ParcelSender, what: string, readyTimeoutMs?: number): Promise<Buffer[]> {
    const deadlineMs = performance.now() + (readyTimeoutMs ?? this.#options.stepTimeoutMs);
    try {
      for (;;) {
        const chunks = sender.onFrame(await this.#parcelReply(what, deadlineMs - performance.now()));
        if (chunks.length > 0) return chunks;
      }
    } catch (error) {
      const isReadyTimeout =
        readyTimeoutMs !== undefined && error instanceof ClientError && error.code === 'timeout';
      throw isReadyTimeout ? new ReadyTimeout(error.message, { cause: error }) : error;
    }
  }

  /** Waits for the scooter's next frame about a parcel being sent. If it is busy, delays the failure, and so the retry. */
  async #parcelReply(what: string, timeoutMs?: number): Promise<AvdtpFrame> {
    const frame = await this.#nextFrame(what, timeoutMs);
    if (frame.kind !== 'busy') return frame;
    await pause(BUSY_DELAY_MS, this.#options.signal, this.#link.ended);
    throw new ProtocolError('parcel', `${what} failed: the scooter is busy`);
  }

  async #nextFrame(what: string, timeoutMs?: number): Promise<AvdtpFrame> {
    const incoming = await this.#next(what, timeoutMs);
    if ('opcode' in incoming) throw new UnexpectedResult(incoming.opcode);
    return incoming.frame;
  }

  /** Waits for the next opcode or frame, within the deadlines of the step and of the whole procedure. */
  #next(what: string, stepTimeoutMs = this.#options.stepTimeoutMs): Promise<Incoming> {
    const timeoutMs = Math.max(0, Math.min(stepTimeoutMs, this.#deadlineMs - performance.now()));
    const signals = [this.#options.signal, this.#link.ended];
    return within<Incoming>({ timeoutMs, what, signals }, (succeed) => {
      this.#notify = () => {
        const incoming = this.#queue.shift();
        if (incoming) succeed(incoming);
      };
      this.#notify();
      return () => (this.#notify = undefined);
    });
  }

  #receive(incoming: Incoming): void {
    this.#queue.push(incoming);
    this.#notify?.();
  }

  #write(frames: readonly Buffer[]): void {
    for (const frame of frames) this.#link.write(XIAOMI.avdtp, frame);
  }
}

/** Only the last chunk may be short, so a part of it that is missing shows in the length of the parcel alone. */
function checkedPayload(type: ParcelType, payload: Buffer): Buffer {
  if (payload.length >= PARCEL[type].minBytes) return payload;
  throw new ProtocolError('parcel', `the ${type} parcel has only ${payload.length} bytes`);
}
