import { loadBleno, type Bleno } from '../../../../hci/bleno.ts';
import type { Controller } from '../controller.ts';
import { VirtualAdapter } from '../virtual-adapter.ts';
import { disconnectReasons, record, type Packet } from './recording.ts';

export const SERVICE = 'fff0';
export const CHARACTERISTIC = 'fff1';
const ATT_SUCCESS = 0;

/** A complete local name, as an AD structure. */
export function localName(name: string): Buffer {
  return Buffer.concat([Buffer.from([name.length + 1, 0x09]), Buffer.from(name)]);
}

/** Wraps bleno for tests, with one characteristic that accepts writes and notifies. */
export class TestPeripheral {
  readonly controller: Controller;
  readonly packets: Packet[];
  readonly bleno: Bleno;
  readonly writes: Buffer[] = [];
  /** Called for every write. */
  onWrite: (data: Buffer) => void = () => undefined;
  #update: ((data: Buffer) => void) | undefined;

  /** Closes the host without a disconnect. */
  readonly close: () => void;

  constructor(controller: Controller, maxMtu: number) {
    this.controller = controller;
    this.packets = record(controller);
    const { bleno, close } = loadBleno(new VirtualAdapter(controller), { maxMtu });
    this.bleno = bleno;
    this.close = close;
  }

  advertise(advertisement: Buffer, scanResponse: Buffer): void {
    const { bleno } = this;
    const characteristic = new bleno.Characteristic({
      uuid: CHARACTERISTIC,
      properties: ['write', 'writeWithoutResponse', 'notify'],
      onWriteRequest: (data, _offset, _withoutResponse, respond) => {
        this.writes.push(Buffer.from(data));
        respond(ATT_SUCCESS);
        this.onWrite(data);
      },
      onSubscribe: (_maxValueSize, update) => {
        this.#update = update;
      },
      onUnsubscribe: () => {
        this.#update = undefined;
      },
    });
    bleno.setServices([new bleno.PrimaryService({ uuid: SERVICE, characteristics: [characteristic] })]);
    bleno.startAdvertisingWithEIRData(advertisement, scanResponse);
  }

  notify(data: Buffer): void {
    if (!this.#update) throw new Error('no central has subscribed');
    this.#update(data);
  }

  get disconnectReasons(): number[] {
    return disconnectReasons(this.packets);
  }
}
