import {
  EncryptedFrameDecoder,
  MAX_COUNTER,
  PADDING_BYTES,
  sealFrame,
} from '../../protocol/encrypted-frame.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { chunk, NORDIC_UART } from '../../protocol/gatt.ts';
import type { LoginKeys } from '../../protocol/keys.ts';
import { isReplyTo, type RegisterMessage } from '../../protocol/message.ts';
import type { Link } from '../ble/central.ts';
import { ClientError } from '../errors.ts';
import { within } from '../wait.ts';

/** Frames kept in reserve, so that a login comes before the counter wraps. */
const COUNTER_RESERVE = 64;

export interface SessionOptions {
  /** How long an answer may take before the question is put again. */
  readonly requestTimeoutMs: number;
  /** How long a request may take in all: the radio may be silent for the supervision timeout. */
  readonly totalTimeoutMs: number;
  readonly randomBytes: (count: number) => Buffer;
  readonly signal: AbortSignal;
}

interface OpenRequest {
  readonly request: RegisterMessage;
  readonly answer: (data: Buffer) => void;
}

/** Encrypted requests and replies of one login on one link; one request is open at a time. */
export class Session {
  readonly #link: Link;
  readonly #keys: LoginKeys;
  readonly #options: SessionOptions;
  readonly #decoder: EncryptedFrameDecoder;
  #counter = 0;
  #open: OpenRequest | undefined;
  #unsubscribe: (() => void) | undefined;

  private constructor(link: Link, keys: LoginKeys, options: SessionOptions) {
    this.#link = link;
    this.#keys = keys;
    this.#options = options;
    this.#decoder = new EncryptedFrameDecoder(keys.device);
  }

  static async open(link: Link, keys: LoginKeys, options: SessionOptions): Promise<Session> {
    const session = new Session(link, keys, options);
    session.#unsubscribe = await link.subscribe(NORDIC_UART.notify, (bytes) => session.#receive(bytes));
    return session;
  }

  /** Listens no longer. */
  close(): void {
    this.#unsubscribe?.();
  }

  /** Whether the counter is nearly used up, and a new login is due. */
  get exhausted(): boolean {
    return this.#counter > MAX_COUNTER - COUNTER_RESERVE;
  }

  /**
   * Asks, and asks again while no answer comes: a reply counts only if it fits the request, so late and repeated
   * ones do no harm.
   * @throws ClientError `timeout`, `link_lost`, or the reason of the signal.
   */
  async request(request: RegisterMessage): Promise<Buffer> {
    const { requestTimeoutMs, totalTimeoutMs, signal } = this.#options;
    if (this.#open) throw new ClientError('peer', 'Another request is still open');
    const what = `The answer to the request of register 0x${request.register.toString(16)}`;
    const bounds = { timeoutMs: totalTimeoutMs, what, signals: [signal, this.#link.ended] };
    return await within<Buffer>(bounds, (answer, fail) => {
      this.#open = { request, answer };
      const ask = (): void => {
        if (this.exhausted)
          fail(new ClientError('link_lost', 'The frame counter is used up: time to log in again'));
        else this.#send(request);
      };
      const repeat = setInterval(() => {
        // Stray bytes may pass for the beginning of a long frame, and would swallow every answer.
        this.#decoder.reset();
        ask();
      }, requestTimeoutMs);
      ask();
      return () => {
        clearInterval(repeat);
        this.#open = undefined;
      };
    });
  }

  #send(request: RegisterMessage): void {
    const padding = this.#options.randomBytes(PADDING_BYTES);
    const frame = sealFrame(this.#keys.app, this.#counter++, request, padding);
    for (const piece of chunk(frame)) this.#link.write(NORDIC_UART.write, piece);
  }

  #receive(bytes: Buffer): void {
    for (const opened of this.#decoder.push(bytes)) {
      if (opened instanceof ProtocolError) continue;
      if (this.#open && isReplyTo(this.#open.request, opened.message)) this.#open.answer(opened.message.data);
    }
  }
}
