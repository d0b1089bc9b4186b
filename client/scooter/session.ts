import { chunk, NORDIC_UART } from '../../protocol/gatt.ts';
import { isReplyTo, type RegisterMessage } from '../../protocol/message.ts';
import type { Link } from '../ble/central.ts';
import { ClientError } from '../errors.ts';
import { reasonOf, throwIfAborted, within } from '../wait.ts';
import type { FrameCodec } from './frame-codec.ts';

export interface SessionOptions {
  /** How long an answer may take before the question is put again. */
  readonly requestTimeoutMs: number;
  /** How long a request may take in all: the radio may be silent for the supervision timeout. */
  readonly totalTimeoutMs: number;
  readonly signal: AbortSignal;
}

interface PendingRequest {
  readonly request: RegisterMessage;
  readonly succeed: (data: Buffer) => void;
  readonly fail: (error: Error) => void;
}

/** Requests and replies on one link, framed as the scooter wants them; one request is open at a time. */
export class Session {
  readonly #link: Link;
  readonly #codec: FrameCodec;
  readonly #options: SessionOptions;
  /** Heard once for the whole session, not for each request: whichever aborts first ends the open one. */
  readonly #endSignals: readonly AbortSignal[];
  #pending: PendingRequest | undefined;
  #unsubscribe: (() => void) | undefined;

  private constructor(link: Link, codec: FrameCodec, options: SessionOptions) {
    this.#link = link;
    this.#codec = codec;
    this.#options = options;
    this.#endSignals = [options.signal, link.ended];
  }

  static async open(link: Link, codec: FrameCodec, options: SessionOptions): Promise<Session> {
    const session = new Session(link, codec, options);
    session.#unsubscribe = await link.subscribe(NORDIC_UART.notify, (bytes) => session.#receive(bytes));
    for (const end of session.#endSignals) end.addEventListener('abort', session.#onEnd);
    return session;
  }

  /** Listens no longer, and asks no more. */
  close(): void {
    this.#unsubscribe?.();
    for (const end of this.#endSignals) end.removeEventListener('abort', this.#onEnd);
    this.#pending?.fail(new ClientError('link_lost', 'The session with the scooter was closed'));
  }

  /** Whether the frames of this link are nearly used up, and a new login is due. */
  get exhausted(): boolean {
    return this.#codec.exhausted;
  }

  /**
   * Asks, and asks again while no answer comes. A reply counts only if it fits the request. A link keeps its order, so
   * late and repeated answers to one request have come before that to another; only the same request put twice in a row
   * could be answered by one of its earlier answers, where the frames do not tell them apart.
   * @throws ClientError `timeout`, `link_lost`, or the reason of the signal.
   */
  async request(request: RegisterMessage): Promise<Buffer> {
    const { requestTimeoutMs, totalTimeoutMs } = this.#options;
    if (this.#pending) throw new ClientError('peer', 'Another request is still open');
    for (const end of this.#endSignals) throwIfAborted(end);
    const what = `The answer to the request of register 0x${request.register.toString(16)}`;
    return await within<Buffer>({ timeoutMs: totalTimeoutMs, what }, (succeed, fail) => {
      this.#pending = { request, succeed, fail };
      const attempt = (): void => {
        if (this.exhausted)
          fail(new ClientError('link_lost', 'The frame counter is used up: time to log in again'));
        else this.#send(request);
      };
      const retryTimer = setInterval(() => {
        // Stray bytes may pass for the beginning of a long frame, and would swallow every answer.
        this.#codec.reset();
        attempt();
      }, requestTimeoutMs);
      attempt();
      return () => {
        clearInterval(retryTimer);
        this.#pending = undefined;
      };
    });
  }

  readonly #onEnd = (): void => {
    const ended = this.#endSignals.find(({ aborted }) => aborted);
    if (ended) this.#pending?.fail(reasonOf(ended));
  };

  #send(request: RegisterMessage): void {
    for (const piece of chunk(this.#codec.encode(request))) this.#link.write(NORDIC_UART.write, piece);
  }

  #receive(bytes: Buffer): void {
    for (const reply of this.#codec.decode(bytes)) {
      if (this.#pending && isReplyTo(this.#pending.request, reply)) this.#pending.succeed(reply.data);
    }
  }
}
