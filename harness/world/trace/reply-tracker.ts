import { ATT_PAYLOAD_BYTES } from '../../../protocol/gatt.ts';
import type { Channel } from '../../../simulator/firmware/channel.ts';

/** Layout of an L2CAP packet with an ATT notification. */
const ATT_CHANNEL = 0x0004;
const CHANNEL_OFFSET = 2;
const OPCODE_OFFSET = 4;
const NOTIFICATION = 0x1b;
const VALUE_OFFSET = 7;

/** A notification that has not crossed the air yet. */
interface PendingNotification {
  readonly value: Buffer;
  /** The number of the reply that it completes. */
  completes: number | undefined;
}

/** Tracks which of the scooter's replies have crossed the air completely and undamaged. */
export class ReplyTracker {
  readonly #onCarried: (id: number) => void;
  #inFlight: PendingNotification[] = [];
  #lastId = 0;
  /** Whether a notification of the last reply was replaced. */
  #isDamaged = false;

  /** @param onCarried is called with the number of each reply whose last notification has crossed. */
  constructor(onCarried: (id: number) => void) {
    this.#onCarried = onCarried;
  }

  /** Numbers a reply, before its notifications are sent. @returns from 1 */
  replied(): number {
    this.#isDamaged = false;
    return ++this.#lastId;
  }

  /**
   * Registers a notification; the last one of a reply is shorter than the others. If it is empty, the reply is complete
   * without it. A damaged reply is never complete.
   */
  notified(channel: Channel, value: Buffer, isGenuine: boolean): void {
    if (channel === 'uart' && !isGenuine) this.#isDamaged = true;
    const isLast = channel === 'uart' && value.length < ATT_PAYLOAD_BYTES;
    const completes = isLast && !this.#isDamaged ? this.#lastId : undefined;
    const before = value.length === 0 ? this.#inFlight.at(-1) : undefined;
    if (before) before.completes = completes;
    this.#inFlight.push({ value, completes: before ? undefined : completes });
  }

  /** Matches a packet that has crossed; notifications sent before it that have not crossed are lost. */
  carried(packet: Buffer): void {
    if (packet.length < VALUE_OFFSET || packet.readUInt16LE(CHANNEL_OFFSET) !== ATT_CHANNEL) return;
    if (packet[OPCODE_OFFSET] !== NOTIFICATION) return;
    const value = packet.subarray(VALUE_OFFSET);
    const index = this.#inFlight.findIndex((sent) => sent.value.equals(value));
    if (index < 0) return;
    const completed = this.#inFlight[index]?.completes;
    this.#inFlight = this.#inFlight.slice(index + 1);
    if (completed !== undefined) this.#onCarried(completed);
  }

  /** Discards what had not crossed yet. */
  linkEnded(): void {
    this.#inFlight = [];
  }
}
