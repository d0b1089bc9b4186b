import { decodeAvdtp, type AvdtpFrame, type ParcelType } from '../../protocol/avdtp.ts';
import { XIAOMI } from '../../protocol/gatt.ts';
import { ParcelReceiver, ParcelSender, PROCEDURE_MS, type ParcelProgress } from '../../protocol/parcel.ts';
import { decodeUpnp, encodeUpnp, type UpnpOpcode } from '../../protocol/upnp.ts';
import type { Link } from '../ble/central.ts';
import { ClientError } from '../errors.ts';
import { within } from '../wait.ts';

/** A result that the scooter gave where a parcel was expected: its answer to the whole procedure. */
export class ScooterResult extends Error {
  override readonly name = 'ScooterResult';
  readonly opcode: UpnpOpcode;

  constructor(opcode: UpnpOpcode) {
    super(`The scooter answered: ${opcode}`);
    this.opcode = opcode;
  }
}

/** The scooter does not want a parcel yet: it withholds READY. */
export class ReadyWithheld extends Error {
  override readonly name = 'ReadyWithheld';
}

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
  readonly #inbox: Incoming[] = [];
  readonly #subscriptions: (() => void)[] = [];
  readonly #endMs = performance.now() + PROCEDURE_MS;
  #onIncoming: (() => void) | undefined;

  private constructor(link: Link, options: AuthOptions) {
    this.#link = link;
    this.#options = options;
  }

  /** Subscribes to both characteristics. */
  static async open(link: Link, options: AuthOptions): Promise<AuthChannel> {
    if (!link.has(XIAOMI.avdtp)) {
      throw new ClientError(
        'unsupported_scooter',
        'This scooter does not speak MiAuth (it has no characteristic 0019), so it cannot be paired',
      );
    }
    const channel = new AuthChannel(link, options);
    await channel.#subscribe(XIAOMI.upnp, (bytes) => {
      const opcode = decodeUpnp(bytes);
      if (opcode) channel.#receive({ opcode });
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
   * @throws ReadyWithheld after that.
   */
  async send(type: ParcelType, payload: Buffer, readyTimeoutMs?: number): Promise<void> {
    const sender = new ParcelSender(type, payload);
    const what = `Sending the ${type}`;
    this.#write([sender.start()]);
    this.#write(sender.onFrame(await this.#ready(what, readyTimeoutMs)));
    while (!sender.done) this.#write(sender.onFrame(await this.#frame(what)));
  }

  /** Receives a parcel; asks again for chunks that stay away. */
  async receive(type: ParcelType): Promise<Buffer> {
    const receiver = new ParcelReceiver(type);
    for (;;) {
      const { replies, payload, failure } = await this.#receiverStep(receiver, `Receiving the ${type}`);
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

  async #receiverStep(receiver: ParcelReceiver, what: string): Promise<ParcelProgress> {
    try {
      return receiver.onFrame(await this.#frame(what));
    } catch (error) {
      const gap = receiver.receiving && error instanceof ClientError && error.code === 'timeout';
      if (!gap) throw error;
      return receiver.onGap();
    }
  }

  /** The first answer to an announced parcel. */
  async #ready(what: string, timeoutMs?: number): Promise<AvdtpFrame> {
    try {
      return await this.#frame(what, timeoutMs);
    } catch (error) {
      const withheld = timeoutMs !== undefined && error instanceof ClientError && error.code === 'timeout';
      throw withheld ? new ReadyWithheld(error.message, { cause: error }) : error;
    }
  }

  async #frame(what: string, timeoutMs?: number): Promise<AvdtpFrame> {
    const incoming = await this.#next(what, timeoutMs);
    if ('opcode' in incoming) throw new ScooterResult(incoming.opcode);
    return incoming.frame;
  }

  /** The next of the scooter's answers; the procedure as a whole has its end too. */
  #next(what: string, stepTimeoutMs = this.#options.stepTimeoutMs): Promise<Incoming> {
    const timeoutMs = Math.min(stepTimeoutMs, this.#endMs - performance.now());
    const signals = [this.#options.signal, this.#link.ended];
    return within<Incoming>({ timeoutMs, what, signals }, (succeed) => {
      this.#onIncoming = () => {
        const incoming = this.#inbox.shift();
        if (incoming) succeed(incoming);
      };
      this.#onIncoming();
      return () => (this.#onIncoming = undefined);
    });
  }

  #receive(incoming: Incoming): void {
    this.#inbox.push(incoming);
    this.#onIncoming?.();
  }

  #write(frames: readonly Buffer[]): void {
    for (const frame of frames) this.#link.write(XIAOMI.avdtp, frame);
  }
}
