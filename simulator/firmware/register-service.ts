import {
  EncryptedFrameDecoder,
  MAX_COUNTER,
  PADDING_BYTES,
  sealFrame,
} from '../../protocol/encrypted-frame.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { ATT_PAYLOAD, chunk } from '../../protocol/gatt.ts';
import type { LoginKeys } from '../../protocol/keys.ts';
import {
  COMMANDS,
  type Device,
  MAX_READ_BYTES,
  type RegisterMessage,
  replyTo,
  requestedDevice,
} from '../../protocol/message.ts';
import type { RegisterBank } from './register-bank.ts';
import type { RandomBytes } from './registration.ts';

/** A frame whose rest stays away for longer than this is forgotten. */
const FRAME_GAP_MS = 1000;
/** The scooter's first reply carries 1, in captures of several scooters. */
const FIRST_COUNTER = 1;
/** Results of an answered write. */
const WRITTEN = 1;
const REFUSED = 0;

const NO_BYTES = Buffer.alloc(0);

/** What the service needs of the scooter around it. */
export interface RegisterServicePort {
  readonly random: RandomBytes;
  /** Notifies the app on the UART. */
  notify(bytes: Buffer): void;
  /** A reply is about to go out. */
  onReply(reply: RegisterMessage): void;
  /** The app has written a register. */
  onWritten(request: RegisterMessage): void;
}

/** Answers the encrypted register requests of one login. */
export class RegisterService {
  readonly #keys: LoginKeys;
  readonly #bank: RegisterBank;
  readonly #port: RegisterServicePort;
  readonly #decoder: EncryptedFrameDecoder;
  readonly #handlers: ReadonlyMap<number, (device: Device, request: RegisterMessage, nowMs: number) => void>;
  #counter = FIRST_COUNTER;
  #lastBytesAtMs = 0;

  constructor(keys: LoginKeys, bank: RegisterBank, port: RegisterServicePort) {
    this.#keys = keys;
    this.#bank = bank;
    this.#port = port;
    this.#decoder = new EncryptedFrameDecoder(keys.app);
    this.#handlers = new Map([
      [COMMANDS.read, (device, request, nowMs) => this.#read(device, request, nowMs)],
      [COMMANDS.write, (device, request) => this.#writeAndAnswer(device, request)],
      [COMMANDS.writeNoReply, (device, request) => void this.#write(device, request)],
    ]);
  }

  /**
   * Takes what the app writes on the UART. As on real scooters any counter will do that opens the frame, a constant one
   * too; what cannot be opened, and what no device can answer, is ignored.
   */
  onBytes(bytes: Buffer, nowMs: number): void {
    if (nowMs - this.#lastBytesAtMs > FRAME_GAP_MS) this.#decoder.reset();
    this.#lastBytesAtMs = nowMs;
    for (const opened of this.#decoder.push(bytes)) {
      if (opened instanceof ProtocolError) continue;
      const device = requestedDevice(opened.message);
      if (device) this.#handlers.get(opened.message.command)?.(device, opened.message, nowMs);
    }
  }

  #read(device: Device, request: RegisterMessage, nowMs: number): void {
    const [byteCount = 0] = request.data;
    if (request.data.length !== 1 || byteCount === 0 || byteCount > MAX_READ_BYTES) return;
    this.#answer(device, request, this.#bank.read(device, request.register, byteCount, nowMs));
  }

  #writeAndAnswer(device: Device, request: RegisterMessage): void {
    this.#answer(device, request, Buffer.of(this.#write(device, request) ? WRITTEN : REFUSED));
  }

  #write(device: Device, request: RegisterMessage): boolean {
    const written = this.#bank.write(device, request.register, request.data);
    if (written) this.#port.onWritten(request);
    return written;
  }

  /**
   * Sends a reply in pieces of 20 bytes, and an empty notification after one that fills its last piece: clients were
   * written to expect it. Once the counter is used up the scooter falls silent, for no nonce may come twice.
   */
  #answer(device: Device, request: RegisterMessage, data: Buffer): void {
    if (this.#counter > MAX_COUNTER) return;
    const reply = replyTo(device, request, data);
    const frame = sealFrame(this.#keys.device, this.#counter, reply, this.#port.random(PADDING_BYTES));
    this.#counter += 1;
    this.#port.onReply(reply);
    for (const piece of chunk(frame)) this.#port.notify(piece);
    if (frame.length % ATT_PAYLOAD === 0) this.#port.notify(NO_BYTES);
  }
}
