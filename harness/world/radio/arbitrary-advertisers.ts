import type { Random } from '../../../client/random.ts';
import { Choices } from '../choices.ts';
import type { Air } from './air.ts';
import { Controller } from './controller.ts';

/** The most that an advertisement or a scan response holds (Bluetooth Core Vol 6 Part B, 2.3.1). */
const MAX_BYTES = 31;
/** In units of 0.625 ms: 0.1 s. */
const INTERVAL = 160;
/** How often the length of a structure is right. */
const RIGHT = 0.8;
const MAX_TYPE = 0xff;
/** Types that hosts evaluate (Assigned Numbers, 2.3): UUIDs, names, transmit power, service data, manufacturer data. */
const TYPES: readonly [number, ...number[]] = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x14, 0x15, 0x16, 0x1f, 0x20, 0x21, 0xff,
];
/** Beginnings of structures of scooters: the company identifier, the service UUIDs, and a name. */
const BEGINNINGS: readonly [Buffer, ...Buffer[]] = [
  Buffer.from('NB'),
  Buffer.of(0x95, 0xfe),
  Buffer.from('9ecadc240ee5a9e093f3a3b50100406e', 'hex'),
  Buffer.from('MIScooter'),
];

/** Devices that advertise structures of any type, length and number, which change with each `next`. */
export class ArbitraryAdvertisers {
  readonly #air: Air;
  readonly #choices: Choices;
  readonly #controllers: readonly Controller[];

  constructor(air: Air, random: Random, count: number) {
    this.#air = air;
    this.#choices = new Choices(random);
    this.#controllers = Array.from({ length: count }, (_, index) => this.#appear(index));
  }

  /** Changes what one of them advertises. */
  next(): void {
    const { advertiser } = this.#choices.pick(this.#controllers) ?? {};
    if (!advertiser) return;
    advertiser.advertisingData = this.#structures();
    advertiser.scanResponseData = this.#structures();
  }

  leave(): void {
    for (const controller of this.#controllers) this.#air.remove(controller);
  }

  #appear(index: number): Controller {
    const address = `c4:00:00:00:00:${index.toString(16).padStart(2, '0')}`;
    const controller = new Controller(this.#air, { identity: { address, type: 'random' } });
    const { advertiser } = controller;
    advertiser.parameters = { ...advertiser.parameters, interval: INTERVAL, addressType: 'public' };
    advertiser.advertisingData = this.#structures();
    advertiser.scanResponseData = this.#structures();
    advertiser.enable(true);
    return controller;
  }

  #structures(): Buffer {
    const parts: Buffer[] = [];
    let bytes = 0;
    while (bytes < MAX_BYTES && this.#choices.chance(RIGHT)) {
      const part = this.#structure();
      parts.push(part);
      bytes += part.length;
    }
    return Buffer.concat(parts).subarray(0, MAX_BYTES);
  }

  #structure(): Buffer {
    const rest = this.#choices.bytes(this.#choices.upTo(MAX_BYTES));
    const body = this.#choices.chance(RIGHT) ? rest : Buffer.concat([this.#choices.pick(BEGINNINGS), rest]);
    const type = this.#choices.chance(RIGHT) ? this.#choices.pick(TYPES) : this.#choices.upTo(MAX_TYPE);
    const length = this.#choices.chance(RIGHT) ? body.length + 1 : this.#choices.upTo(MAX_TYPE);
    return Buffer.concat([Buffer.of(length & MAX_TYPE, type), body]);
  }
}
