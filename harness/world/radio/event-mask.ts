import { EVENT } from './events.ts';

/** Events without a bit in the mask: a host always gets them. */
const UNMASKABLE: readonly number[] = [EVENT.commandComplete, EVENT.commandStatus, EVENT.completedPackets];
/** The mask after power-on and Reset: all events of Bluetooth 1.2, hence no LE events. */
const DEFAULT_EVENTS = Buffer.from('ffffffffff1f0000', 'hex');
const DEFAULT_LE_EVENTS = Buffer.from('1f00000000000000', 'hex');
/** Offset of the subevent code in an LE event. */
const SUBEVENT_OFFSET = 3;

/** Whether a mask has the bit of an event, which is its code minus one. */
function has(mask: Buffer, code: number): boolean {
  const bit = code - 1;
  return (((mask[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 1;
}

/** The events that a host has enabled (Bluetooth Core Vol 4 Part E, 7.3.1 and 7.8.1). */
export class EventMask {
  #events = DEFAULT_EVENTS;
  #leEvents = DEFAULT_LE_EVENTS;

  /** @param mask eight bytes, as Set Event Mask gives them. */
  set(mask: Buffer): void {
    this.#events = Buffer.from(mask);
  }

  /** @param mask eight bytes, as LE Set Event Mask gives them. */
  setLe(mask: Buffer): void {
    this.#leEvents = Buffer.from(mask);
  }

  /** @param event with H4 packet type. */
  passes(event: Buffer): boolean {
    const code = event.readUInt8(1);
    if (UNMASKABLE.includes(code)) return true;
    if (!has(this.#events, code)) return false;
    return code !== EVENT.leMeta || this.passesLe(event.readUInt8(SUBEVENT_OFFSET));
  }

  passesLe(subevent: number): boolean {
    return has(this.#events, EVENT.leMeta) && has(this.#leEvents, subevent);
  }
}
