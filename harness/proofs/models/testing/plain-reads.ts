import type { Device } from '../../../../protocol/message.ts';
import {
  u8,
  u16,
  i16,
  u32,
  text,
  hex,
  version,
  date,
  is,
  scaled,
  percent,
  status,
  mode,
  speed,
  odometer,
  trip,
  uptime,
  frameTemperature,
  volts,
  amperes,
  type Read,
  type Truth,
  type Value,
} from './plain-values.ts';

/** A value in a reply: how it is read, and what it must be. */
export type Field = readonly [name: string, read: Read, expected: (truth: Truth) => Value];

/** A read of registers, with what its reply contains. */
export interface PlainRead {
  readonly title: string;
  readonly device: Device;
  readonly register: number;
  readonly bytes: number;
  readonly fields: readonly Field[];
}

const cell = (index: number): Field => [
  `cell ${index + 1}`,
  u16(2 * index),
  scaled(1000, (state) => state.cellsV[index]),
];

/** The blocks that clients read. Offsets and units are written down a second time: client and simulator share a table. */
export const PLAIN_BLOCKS: readonly PlainRead[] = [
  {
    title: 'name',
    ...{ device: 'ble', register: 0x00, bytes: 13 },
    fields: [['name', text(0, 13), ({ model }) => `${model.namePrefix}0001`]],
  },
  {
    title: 'escIdentity',
    ...{ device: 'esc', register: 0x10, bytes: 22 },
    fields: [
      ['serial number', text(0, 14), ({ model }) => `${model.serialPrefix}/00000001`],
      ['PIN', text(14, 6), ({ model }) => model.pin],
      ['ESC firmware', version(20), ({ model }) => model.firmware.esc],
    ],
  },
  {
    title: 'range',
    ...{ device: 'esc', register: 0x25, bytes: 2 },
    fields: [['range', u16(0), scaled(100, (state) => state.remainingRangeKm)]],
  },
  {
    title: 'versions',
    ...{ device: 'esc', register: 0x66, bytes: 6 },
    fields: [
      ['external battery firmware', u16(0), is(0)],
      ['battery firmware', version(2), ({ model }) => model.firmware.bms],
      ['Bluetooth firmware', version(4), ({ model }) => model.firmware.ble],
    ],
  },
  {
    title: 'settings',
    ...{ device: 'esc', register: 0x7b, bytes: 6 },
    fields: [
      ['energy recovery', u16(0), is(0)],
      ['cruise', u16(2), is(0)],
      ['tail light', u16(4), is(0)],
    ],
  },
  {
    title: 'live',
    ...{ device: 'esc', register: 0xb0, bytes: 32 },
    fields: [
      ['error', u16(0), is(0)],
      ['warning', u16(2), is(0)],
      ['status', u16(4), status],
      ['mode', u16(6), mode],
      ['percent', u16(8), percent],
      ['speed', i16(10), speed],
      ['average speed', u16(12), scaled(1000, (state) => state.averageSpeedKmh)],
      ['odometer', u32(14), odometer],
      ['trip', u16(18), trip],
      ['uptime', u16(20), uptime],
      ['frame temperature', i16(22), frameTemperature],
      ['rest', hex(24, 8), is('0000000000000000')],
    ],
  },
  {
    title: 'bmsIdentity',
    ...{ device: 'bms', register: 0x10, bytes: 34 },
    fields: [
      ['serial number', text(0, 14), ({ model }) => `${model.batterySerialPrefix}00000001`],
      ['battery firmware', version(14), ({ model }) => model.firmware.bms],
      ['design capacity', u16(16), ({ model }) => model.designCapacityMah],
      ['full capacity', u16(18), ({ model }) => model.fullCapacityMah],
      ['nominal voltage', u16(20), ({ model }) => model.nominalVoltageV * 1000],
      ['cycles', u16(22), ({ model }) => model.cycles],
      ['charges', u16(24), ({ model }) => model.charges],
      ['highest voltage', u16(26), is(4198)],
      ['highest discharge current', u16(28), is(2460)],
      ['highest charge current', u16(30), is(940)],
      ['production date', date(32), ({ model }) => model.productionDate],
    ],
  },
  {
    title: 'battery',
    ...{ device: 'bms', register: 0x31, bytes: 10 },
    fields: [
      ['remaining capacity', u16(0), scaled(1, (state) => state.remainingMah)],
      ['percent', u16(2), percent],
      ['current', i16(4), amperes],
      ['voltage', u16(6), volts],
      ['temperature 1', u8(8), scaled(1, (state) => state.batteryTemperaturesC[0] + 20)],
      ['temperature 2', u8(9), scaled(1, (state) => state.batteryTemperaturesC[1] + 20)],
    ],
  },
  {
    title: 'cells',
    ...{ device: 'bms', register: 0x40, bytes: 20 },
    fields: Array.from({ length: 10 }, (_, index) => cell(index)),
  },
];
