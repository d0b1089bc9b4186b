import type { Generation } from '../protocol/advertisement.ts';
import { NORDIC_UART, XIAOMI } from '../protocol/gatt.ts';
import type { Channel } from './firmware/channel.ts';

/** Constant values of characteristics. */
export type ConstantName = 'firmwareVersion' | 'xorKey';

/** A GATT service and its characteristics; one without a channel and a constant has no function. */
interface ServiceRow {
  readonly uuid: string;
  readonly characteristics: readonly {
    readonly uuid: string;
    readonly properties: readonly string[];
    readonly channel?: Channel;
    readonly constant?: ConstantName;
  }[];
}

const UART: ServiceRow = {
  uuid: NORDIC_UART.service,
  characteristics: [
    { uuid: NORDIC_UART.write, properties: ['write', 'writeWithoutResponse'], channel: 'uart' },
    { uuid: NORDIC_UART.notify, properties: ['notify'], channel: 'uart' },
  ],
};
const FIRMWARE_VERSION = {
  uuid: XIAOMI.firmwareVersion,
  properties: ['read'],
  constant: 'firmwareVersion',
} as const;

/** The service of scooters that XOR their frames. Without those of a captured M365 whose use is unknown: 0001, 0002 and 0013. */
export const KEY_SERVICE: ServiceRow = {
  uuid: XIAOMI.service,
  characteristics: [
    FIRMWARE_VERSION,
    { uuid: XIAOMI.upnp, properties: ['write'] },
    { uuid: XIAOMI.xorKey, properties: ['read'], constant: 'xorKey' },
  ],
};

/** GATT services of each generation. */
export const GATT_SERVICES: Readonly<Record<Generation, readonly ServiceRow[]>> = {
  plain: [UART],
  xor: [UART, KEY_SERVICE],
  miauth: [
    UART,
    {
      uuid: XIAOMI.service,
      characteristics: [
        FIRMWARE_VERSION,
        { uuid: XIAOMI.upnp, properties: ['writeWithoutResponse', 'notify'], channel: 'upnp' },
        { uuid: XIAOMI.avdtp, properties: ['writeWithoutResponse', 'notify'], channel: 'avdtp' },
      ],
    },
  ],
};
