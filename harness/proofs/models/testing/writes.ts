import type { Device } from '../../../../protocol/message.ts';
import { text, u16 } from './plain-values.ts';

/** Commands of a write. */
export const WRITE_COMMANDS = ['acknowledged', 'silent'] as const;
export type WriteCommand = (typeof WRITE_COMMANDS)[number];

/** A write, and the read that shows its effect. */
export interface PlainWrite {
  readonly title: string;
  readonly device: Device;
  readonly register: number;
  readonly data: Readonly<Record<WriteCommand, Buffer>>;
  readonly effect: {
    readonly register: number;
    readonly bytes: number;
    readonly read: (bytes: Buffer) => number | string;
    readonly expected: Readonly<Record<WriteCommand, number | string>>;
  };
}

export const word = (value: number): Buffer => Buffer.of(value & 0xff, value >> 8);

/** A setting whose register holds what was written. */
const setting = (title: string, register: number, acknowledged: number, silent: number): PlainWrite => ({
  title,
  device: 'esc',
  register,
  data: { acknowledged: word(acknowledged), silent: word(silent) },
  effect: { register, bytes: 2, read: u16(0), expected: { acknowledged, silent } },
});

/** A write that changes a bit of the status, ESC 0xb2. */
const flag = (
  title: string,
  register: number,
  bit: number,
  written: Record<WriteCommand, number>,
  expected: Record<WriteCommand, number>,
): PlainWrite => ({
  title,
  device: 'esc',
  register,
  data: { acknowledged: word(written.acknowledged), silent: word(written.silent) },
  effect: { register: 0xb2, bytes: 2, read: (bytes) => bytes.readUInt16LE(0) & bit, expected },
});

/** A text that a device holds. */
const stored = (
  title: string,
  device: Device,
  register: number,
  acknowledged: string,
  silent: string,
): PlainWrite => ({
  title,
  device,
  register,
  data: { acknowledged: Buffer.from(acknowledged), silent: Buffer.from(silent) },
  effect: {
    register,
    bytes: acknowledged.length,
    read: text(0, acknowledged.length),
    expected: { acknowledged, silent },
  },
});

const ALWAYS_1 = { acknowledged: 1, silent: 1 };
const ON_OFF = { acknowledged: 1, silent: 0 };

/** Writes that scooters accept, in the order in which they are sent. */
export const WRITES: readonly PlainWrite[] = [
  flag('lock', 0x70, 0x02, ALWAYS_1, { acknowledged: 2, silent: 2 }),
  flag('unlock', 0x71, 0x02, ALWAYS_1, { acknowledged: 0, silent: 0 }),
  flag('limit on, off', 0x72, 0x01, ON_OFF, { acknowledged: 1, silent: 0 }),
  setting('limit, normal', 0x73, 15_000, 20_000),
  setting('limit, eco', 0x74, 7_000, 9_000),
  setting('mode', 0x75, 1, 0),
  setting('energy recovery', 0x7b, 2, 1),
  setting('cruise', 0x7c, 1, 0),
  setting('tail light', 0x7d, 2, 1),
  stored('PIN', 'esc', 0x17, '123456', '654321'),
  stored('name', 'ble', 0x00, 'Rocinante0001', 'MIScooter0001'),
];

/** Writes that scooters refuse. */
export const REFUSED_WRITES: readonly Pick<PlainWrite, 'title' | 'device' | 'register' | 'data'>[] = [
  { title: 'speed', device: 'esc', register: 0xb5, data: { acknowledged: word(1), silent: word(1) } },
  {
    title: 'remaining capacity',
    device: 'bms',
    register: 0x31,
    data: { acknowledged: word(1), silent: word(1) },
  },
  {
    title: 'a fourth level of energy recovery',
    ...{ device: 'esc', register: 0x7b },
    data: { acknowledged: word(3), silent: word(3) },
  },
];
