import { ATT_PAYLOAD_BYTES } from '../../../protocol/gatt.ts';
import type { Channel } from '../../../simulator/firmware/firmware.ts';

/** An L2CAP packet with an ATT notification: its channel, the opcode and how much stands before the value. */
const ATT_CHANNEL = 0x0004;
const CHANNEL_OFFSET = 2;
const OPCODE_OFFSET = 4;
const NOTIFICATION = 0x1b;
const VALUE_OFFSET = 7;

/** A notification on its way. */
interface Sent {
  readonly value: Buffer;
  /** The reply of which it is the last piece. */
  readonly completes: number | undefined;
}

/** Follows the scooter's replies through the air, from the outside: which of them have arrived in full. */
export class ReplyTracker {
  readonly #onCarried: (id: number) => void;
  #onTheWay: Sent[] = [];
  #lastId = 0;

  /** @param onCarried is called with the number of each reply whose last piece has crossed. */
  constructor(onCarried: (id: number) => void) {
    this.#onCarried = onCarried;
  }

  /** A reply is about to be notified. @returns its number, from 1. */
  replied(): number {
    return ++this.#lastId;
  }

  /** The scooter notifies; the last piece of a reply is never a full one. */
  notified(channel: Channel, value: Buffer): void {
    const isLast = channel === 'uart' && value.length < ATT_PAYLOAD_BYTES;
    this.#onTheWay.push({ value, completes: isLast ? this.#lastId : undefined });
  }

  /** A packet has crossed; what was sent before it and never crossed is lost. */
  carried(packet: Buffer): void {
    if (packet.length < VALUE_OFFSET || packet.readUInt16LE(CHANNEL_OFFSET) !== ATT_CHANNEL) return;
    if (packet[OPCODE_OFFSET] !== NOTIFICATION) return;
    const value = packet.subarray(VALUE_OFFSET);
    const at = this.#onTheWay.findIndex((sent) => sent.value.equals(value));
    if (at < 0) return;
    const completed = this.#onTheWay[at]?.completes;
    this.#onTheWay = this.#onTheWay.slice(at + 1);
    if (completed !== undefined) this.#onCarried(completed);
  }

  /** What was on its way will never arrive. */
  linkEnded(): void {
    this.#onTheWay = [];
  }
}
