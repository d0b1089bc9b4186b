import { ATT_PAYLOAD_BYTES, chunk } from '../../protocol/gatt.ts';
import {
  COMMANDS,
  type Device,
  MAX_READ_BYTES,
  type RegisterMessage,
  replyTo,
  requestedDevice,
} from '../../protocol/message.ts';
import type { Misreading } from './quirks.ts';
import type { RegisterBank } from './register-bank.ts';
import type { WrittenValue } from './register-values.ts';
import type { RegisterFrames } from './register-frames.ts';

/** Time after which a partial frame is discarded. */
const FRAME_TIMEOUT_MS = 1000;
/** Result bytes of a write. */
const ACCEPTED = 1;
const REFUSED = 0;

const NO_BYTES = Buffer.alloc(0);

/** The scooter's functions that the service uses. */
export interface RegisterServiceCallbacks {
  /** Time that a request waits before it is executed. */
  delayMs(request: RegisterMessage): number;
  /** Whether a valid read stays unanswered. */
  withholdsReply(request: RegisterMessage): boolean;
  /** What is read in place of what was requested; undefined for nothing else. */
  misreads(request: RegisterMessage): Misreading | undefined;
  /** Notifies the app on the UART of a reply to something else than was requested. */
  notifyOther(bytes: Buffer): void;
  /** Called in place of the reply. @param askedMs when the request has arrived */
  onWithheld(request: RegisterMessage, askedMs: number): void;
  /** Notifies the app on the UART. */
  notify(bytes: Buffer): void;
  /** Called before a reply is sent. @param askedMs when its request has arrived */
  onReply(reply: RegisterMessage, askedMs: number): void;
  /** Called after a register was written. */
  onWritten(request: RegisterMessage): void;
  /** Called after the reply to a write, if there is one: a scooter that switches itself off still replies. */
  onCommand(written: WrittenValue): void;
}

/** Request that waits until `atMs`. */
interface Waiting {
  readonly askedMs: number;
  readonly atMs: number;
  readonly device: Device;
  readonly request: RegisterMessage;
}

/** Answers the register requests of one login, or of one connection if no login is needed. */
export class RegisterService {
  readonly #frames: RegisterFrames;
  readonly #bank: RegisterBank;
  readonly #callbacks: RegisterServiceCallbacks;
  readonly #handlers: ReadonlyMap<number, (waiting: Waiting, nowMs: number) => void>;
  readonly #waiting: Waiting[] = [];
  #lastBytesAtMs = 0;

  constructor(frames: RegisterFrames, bank: RegisterBank, callbacks: RegisterServiceCallbacks) {
    this.#frames = frames;
    this.#bank = bank;
    this.#callbacks = callbacks;
    this.#handlers = new Map([
      [COMMANDS.read, (waiting, nowMs) => this.#read(waiting, nowMs)],
      [COMMANDS.write, (waiting) => this.#writeAndReply(waiting)],
      [COMMANDS.writeNoReply, (waiting) => this.#carryOut(this.#write(waiting))],
    ]);
  }

  /** Handles bytes that the app writes to the UART; ignores invalid frames and requests. */
  onBytes(bytes: Buffer, nowMs: number): void {
    if (nowMs - this.#lastBytesAtMs > FRAME_TIMEOUT_MS) this.#frames.reset();
    this.#lastBytesAtMs = nowMs;
    for (const request of this.#frames.decode(bytes)) {
      const device = requestedDevice(request);
      if (!device) continue;
      const atMs = nowMs + this.#callbacks.delayMs(request);
      this.#schedule({ askedMs: nowMs, atMs, device, request }, nowMs);
    }
  }

  /** Time of the next `onDeadline`; undefined if no request waits. */
  get deadlineMs(): number | undefined {
    return this.#waiting[0]?.atMs;
  }

  /** Executes the requests that have waited long enough. */
  onDeadline(nowMs: number): void {
    for (let next = this.#waiting[0]; next && next.atMs <= nowMs; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#execute(next, nowMs);
    }
  }

  /** Requests are executed in their order, whatever their delays. */
  #schedule(waiting: Waiting, nowMs: number): void {
    if (this.#waiting.length === 0 && waiting.atMs <= nowMs) this.#execute(waiting, nowMs);
    else this.#waiting.push(waiting);
  }

  #execute(waiting: Waiting, nowMs: number): void {
    this.#handlers.get(waiting.request.command)?.(waiting, nowMs);
  }

  #read(waiting: Waiting, nowMs: number): void {
    const { askedMs, device, request } = waiting;
    const [byteCount = 0] = request.data;
    if (request.data.length !== 1 || byteCount === 0 || byteCount > MAX_READ_BYTES) return;
    const other = this.#callbacks.misreads(request);
    if (other) this.#replyOther(waiting, other, nowMs);
    const data =
      other || this.#callbacks.withholdsReply(request)
        ? undefined
        : this.#bank.read(device, request.register, byteCount, nowMs);
    if (data) this.#reply(waiting, data);
    else this.#callbacks.onWithheld(request, askedMs);
  }

  #replyOther({ device, request }: Waiting, { register, byteCount }: Misreading, nowMs: number): void {
    const data = this.#bank.read(device, register, byteCount, nowMs);
    const frame = this.#frames.encode(replyTo(device, { ...request, register }, data), request);
    for (const part of frame ? chunk(frame) : []) this.#callbacks.notifyOther(part);
  }

  #writeAndReply(waiting: Waiting): void {
    const written = this.#write(waiting);
    this.#reply(waiting, Buffer.of(written ? ACCEPTED : REFUSED));
    this.#carryOut(written);
  }

  #write({ device, request }: Waiting): WrittenValue | undefined {
    const written = this.#bank.write(device, request.register, request.data);
    if (written) this.#callbacks.onWritten(request);
    return written;
  }

  #carryOut(written: WrittenValue | undefined): void {
    if (written) this.#callbacks.onCommand(written);
  }

  /**
   * Sends a reply in notifications of 20 bytes. If the last notification is full, an empty one follows, as on real
   * scooters; clients rely on it.
   */
  #reply({ askedMs, device, request }: Waiting, data: Buffer): void {
    const reply = replyTo(device, request, data);
    const frame = this.#frames.encode(reply, request);
    if (!frame) return;
    this.#callbacks.onReply(reply, askedMs);
    for (const part of chunk(frame)) this.#callbacks.notify(part);
    if (frame.length % ATT_PAYLOAD_BYTES === 0) this.#callbacks.notify(NO_BYTES);
  }
}
