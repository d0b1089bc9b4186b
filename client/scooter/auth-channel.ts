import { decodeAvdtp, type AvdtpFrame, type ParcelType } from '../../protocol/avdtp.ts';
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

/** A result that the scooter gave where a parcel was expected: its answer to the whole procedure. */
export class UnexpectedResult extends Error {
  override readonly name = 'ScooterResult';
  readonly opcode: UpnpOpcode;

  constructor(opcode: UpnpOpcode) {
    super(`The scooter answered: ${opcode}`);
    this.opcode = opcode;
  }
}

/** The scooter does not want a parcel yet: it withholds READY. */
export class ReadyTimeout extends Error {
  override readonly name = 'ReadyWithheld';
}

/** How long a scooter that says that it is busy is left alone. */
const BUSY_DELAY_MS = 1_000;

type Incoming = { readonly opcode: UpnpOpcode } | { readonly frame: AvdtpFrame };

export interface AuthOptions {
  /** How long the scooter may take for each single step. */
  readonly stepTimeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * The conversation of a registration or a login on one link: opcodes on UPNP, parcels on AVDTP. Frames are told apart
 * by the characteristic that they come from; what is no frame of these is ignored.
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
   * Subscribes to both characteristics.
   * @param expectedResults the results that concern this procedure; any other is late or astray, and passed over.
   */
  static async open(
    link: Link,
    expectedResults: readonly UpnpOpcode[],
    options: AuthOptions,
  ): Promise<AuthChannel> {
    if (!link.has(XIAOMI.avdtp)) {
      throw new ClientError(
        'unsupported_scooter',
        'This scooter says that it speaks MiAuth, but does not (it has no characteristic 0019): it cannot be paired',
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

  /** Listens no longer. */
  close(): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
  }

  command(opcode: UpnpOpcode): void {
    this.#link.write(XIAOMI.upnp, encodeUpnp(opcode));
  }

  /**
   * Sends a parcel and returns when the scooter has all of it.
   * @param readyTimeoutMs how long it may withhold READY, where it has a reason to.
   * @throws ReadyWithheld after that; ProtocolError `parcel` where it is busy, or gives the parcel up.
   */
  async send(type: ParcelType, payload: Buffer, readyTimeoutMs?: number): Promise<void> {
    const sender = new ParcelSender(type, payload);
    const what = `Sending the ${type}`;
    this.#write([sender.start()]);
    this.#write(await this.#requestedChunks(sender, what, readyTimeoutMs));
    while (!sender.done) this.#write(sender.onFrame(await this.#parcelReply(what)));
  }

  /** Receives a parcel; asks again for chunks that stay away. */
  async receive(type: ParcelType): Promise<Buffer> {
    const receiver = new ParcelReceiver(type);
    for (;;) {
      const { replies, payload, failure } = await this.#nextProgress(receiver, `Receiving the ${type}`);
      this.#write(replies);
      if (failure) throw failure;
      if (payload) return payload;
    }
  }

  /** Waits for the scooter's verdict on the procedure. */
  async result(): Promise<UpnpOpcode> {
    for (;;) {
      const incoming = await this.#next('The verdict of the scooter');
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

  /** The chunks that the scooter asks for once a parcel is announced; acks of earlier parcels may still come before. */
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

  /** The scooter's next word on a parcel of ours. Where it is busy, whoever begins anew does not do so at once. */
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

  /** The next of the scooter's answers; the procedure as a whole has its end too. */
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
