import { chunk, NORDIC_UART } from '../../protocol/gatt.ts';
import { isReplyTo, type RegisterMessage } from '../../protocol/message.ts';
import type { Link } from '../ble/central.ts';
import { ClientError } from '../errors.ts';
import { reasonOf, throwIfAborted, within } from '../wait.ts';
import type { FrameCodec } from './frame-codec.ts';
import { Retransmission } from './retransmission.ts';

export interface SessionOptions {
  /** The longest wait for a reply, or for its next part, before the request is retransmitted. */
  readonly requestTimeoutMs: number;
  /** The longest that a request may take with all retransmissions; at least the supervision timeout. */
  readonly totalTimeoutMs: number;
  readonly signal: AbortSignal;
}

/** How to treat a request that is not answered. */
export interface RequestOptions {
  /** The longest wait while nothing arrives; by default only `totalTimeoutMs` ends the request. */
  readonly silenceMs?: number;
  /** Called with a reply that arrives after a `NoReplyError`, unless the same request is sent again before. */
  readonly onLate?: (data: Buffer) => void;
}

/** A request has no reply, not even a damaged one: nothing arrived for `silenceMs`, or one of another length. */
export class NoReplyError extends ClientError {
  constructor(message: string, options?: ErrorOptions) {
    super('timeout', message, options);
  }
}

interface PendingRequest {
  readonly request: RegisterMessage;
  readonly succeed: (data: Buffer) => void;
  readonly fail: (error: Error) => void;
  /** Fails with `NoReplyError`, if the request may. */
  readonly giveUp: (how: string) => void;
  readonly retransmission: Retransmission;
}

/** A request that was given up in silence, and may still be answered. */
interface LateRequest {
  readonly request: RegisterMessage;
  readonly onLate: (data: Buffer) => void;
}

/** Request/reply session on one link, with one pending request at a time. */
export class Session {
  readonly #link: Link;
  readonly #codec: FrameCodec;
  readonly #options: SessionOptions;
  /** Whichever aborts first fails the pending request. Listened to once per session, not once per request. */
  readonly #endSignals: readonly AbortSignal[];
  #pending: PendingRequest | undefined;
  #late: readonly LateRequest[] = [];
  #unsubscribe: (() => void) | undefined;
  /** The last reply to the pending request that has not the requested number of bytes. */
  #misfit: RegisterMessage | undefined;

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

  /** Unsubscribes, and fails the pending request. */
  close(): void {
    this.#unsubscribe?.();
    this.#late = [];
    for (const end of this.#endSignals) end.removeEventListener('abort', this.#onEnd);
    this.#pending?.fail(new ClientError('link_lost', 'The session with the scooter was closed'));
  }

  /** Whether the frame counter of this link is nearly exhausted, so that the client has to log in again. */
  get exhausted(): boolean {
    return this.#codec.exhausted;
  }

  /** Maximum number of bytes of one read. */
  get maxReadBytes(): number {
    return this.#codec.maxReadBytes;
  }

  /** Fails the pending request with `NoReplyError`, if it may; its reply may still arrive late. */
  abandonRequest(): void {
    this.#pending?.giveUp('was abandoned');
  }

  /**
   * Sends a request, and retransmits it until a reply matches. A link preserves order, so late or duplicate replies to
   * an earlier request arrive first and do not match. Only if the same request is sent twice in a row, and
   * the codec cannot detect duplicates, can a late reply to the first be taken for a reply to the second.
   * @throws NoReplyError if `silenceMs` is set; ClientError `timeout`, `link_lost`, or the reason of the signal.
   */
  async request(request: RegisterMessage, { silenceMs, onLate }: RequestOptions = {}): Promise<Buffer> {
    const { requestTimeoutMs, totalTimeoutMs } = this.#options;
    if (this.#pending) throw new ClientError('peer', 'Another request is still pending');
    for (const end of this.#endSignals) throwIfAborted(end);
    const what = `Reading register 0x${request.register.toString(16)}`;
    this.#misfit = undefined;
    this.#late = this.#late.filter((late) => !isSameRead(late.request, request));
    return await this.#withMisfit(
      request,
      within<Buffer>({ timeoutMs: totalTimeoutMs, what }, (succeed, fail) => {
        const send = (): void => {
          try {
            if (this.exhausted)
              fail(new ClientError('link_lost', 'The frame counter is exhausted: a new login is required'));
            else this.#send(request);
          } catch (error) {
            fail(error instanceof Error ? error : new ClientError('peer', String(error)));
          }
        };
        const giveUp = (how: string): void => {
          if (silenceMs === undefined) return;
          if (onLate) this.#late = [...this.#late, { request, onLate }];
          fail(new NoReplyError(`${what} ${how}`));
        };
        const retransmission = new Retransmission({
          intervalMs: requestTimeoutMs,
          silenceMs,
          retransmit: () => {
            // Stray bytes that look like the start of a long frame would swallow every reply; the rest of a reply may be late.
            this.#codec.reset();
            send();
          },
          onSilence: (ms) => giveUp(`took longer than ${ms / 1000} s`),
        });
        this.#pending = { request, succeed, fail, giveUp, retransmission };
        send();
        return () => {
          retransmission.stop();
          this.#pending = undefined;
        };
      }),
    );
  }

  /** Adds to a timeout what has arrived in place of the reply. */
  async #withMisfit(request: RegisterMessage, reply: Promise<Buffer>): Promise<Buffer> {
    try {
      return await reply;
    } catch (error) {
      if (!this.#misfit || !(error instanceof ClientError) || error.code !== 'timeout') throw error;
      const found = `the scooter answers ${this.#misfit.data.length} bytes instead of ${request.data[0] ?? 0}`;
      const message = `${error.message}: ${found}`;
      if (error instanceof NoReplyError) throw new NoReplyError(message, { cause: error });
      throw new ClientError('timeout', message, { cause: error });
    }
  }

  readonly #onEnd = (): void => {
    const ended = this.#endSignals.find(({ aborted }) => aborted);
    if (ended) this.#pending?.fail(reasonOf(ended));
  };

  #send(request: RegisterMessage): void {
    for (const piece of chunk(this.#codec.encode(request))) this.#link.write(NORDIC_UART.write, piece);
  }

  #receive(bytes: Buffer): void {
    const replies = this.#codec.decode(bytes);
    if (replies.length > 0) this.#pending?.retransmission.completed();
    else if (bytes.length > 0) this.#pending?.retransmission.incomplete();
    for (const reply of replies) this.#dispatch(reply);
    this.#pending?.retransmission.notified();
  }

  #dispatch(reply: RegisterMessage): void {
    if (this.#pending && isReplyTo(this.#pending.request, reply)) {
      this.#pending.succeed(reply.data);
    } else if (this.#pending && isMisfit(this.#pending.request, reply)) {
      this.#misfit = reply;
      this.#pending.giveUp('failed');
    } else {
      const late = this.#late.find(({ request }) => isReplyTo(request, reply));
      this.#late = this.#late.filter((other) => other !== late);
      late?.onLate(reply.data);
    }
  }
}

/** Whether a reply is to this read request but for its number of bytes. */
function isMisfit(request: RegisterMessage, reply: RegisterMessage): boolean {
  return isReplyTo({ ...request, data: Buffer.of(reply.data.length) }, reply);
}

function isSameRead(a: RegisterMessage, b: RegisterMessage): boolean {
  return a.address === b.address && a.register === b.register && a.data.equals(b.data);
}
