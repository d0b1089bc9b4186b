import type { Field, PlainRead } from './plain-reads.ts';
import {
  u16,
  i16,
  u32,
  hex,
  is,
  scaled,
  floored,
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
} from './plain-values.ts';

/** All other registers, and the second places of some values. Meanings of the six at 0x3f to 0x53 are assumed. */
export const OTHER_REGISTERS: readonly PlainRead[] = [
  {
    title: 'error to mode again',
    ...{ device: 'esc', register: 0x1b, bytes: 10 },
    fields: [
      ['error', u16(0), is(0)],
      ['warning', u16(2), is(0)],
      ['status', u16(4), status],
      ['mode', u16(8), mode],
    ],
  },
  {
    title: 'percent to speed again',
    ...{ device: 'esc', register: 0x22, bytes: 10 },
    fields: [
      ['percent', u16(0), percent],
      ['conservative range', u16(4), scaled(80, (state) => state.remainingRangeKm)],
      ['range', u16(6), scaled(100, (state) => state.remainingRangeKm)],
      ['speed', i16(8), speed],
    ],
  },
  {
    title: 'odometer again',
    ...{ device: 'esc', register: 0x29, bytes: 4 },
    fields: [['odometer', u32(0), odometer]],
  },
  { title: 'trip again', ...{ device: 'esc', register: 0x2f, bytes: 2 }, fields: [['trip', u16(0), trip]] },
  {
    title: 'total times',
    ...{ device: 'esc', register: 0x32, bytes: 8 },
    fields: [
      ['run time', u32(0), floored((state) => state.startOdometerM / 4.5 + state.totalS)],
      ['ride time', u32(4), floored((state) => state.startOdometerM / 4.5 + state.totalRidingS)],
    ],
  },
  {
    title: 'times since power-on',
    ...{ device: 'esc', register: 0x3a, bytes: 4 },
    fields: [
      ['uptime', u16(0), uptime],
      ['ride time', u16(2), floored((state) => state.ridingS)],
    ],
  },
  {
    title: 'temperatures',
    ...{ device: 'esc', register: 0x3e, bytes: 8 },
    fields: [0, 2, 4, 6].map((at): Field => [`temperature at ${at}`, i16(at), frameTemperature]),
  },
  {
    title: 'voltages and current',
    ...{ device: 'esc', register: 0x47, bytes: 6 },
    fields: [
      ['voltage 1', u16(0), volts],
      ['voltage 2', u16(2), volts],
      ['current', i16(4), amperes],
    ],
  },
  {
    title: 'phase current',
    ...{ device: 'esc', register: 0x53, bytes: 2 },
    fields: [['phase current', i16(0), is(0)]],
  },
  {
    title: 'average speed in tenths',
    ...{ device: 'esc', register: 0x65, bytes: 2 },
    fields: [['average speed', u16(0), scaled(10, (state) => state.averageSpeedKmh)]],
  },
  {
    title: 'commands, limits and mode',
    ...{ device: 'esc', register: 0x70, bytes: 14 },
    fields: [
      ['lock', u16(0), is(0)],
      ['unlock', u16(2), is(0)],
      ['speed limit', u16(4), is(0)],
      ['speed limit, normal', u16(6), ({ model }) => model.speedLimits.normalKmh * 1000],
      ['speed limit, eco', u16(8), ({ model }) => model.speedLimits.ecoKmh * 1000],
      ['mode', u16(10), mode],
      ['polled by Mi Home', u16(12), is(0)],
    ],
  },
  {
    title: 'reboot and power off',
    ...{ device: 'esc', register: 0x78, bytes: 4 },
    fields: [
      ['reboot', u16(0), is(0)],
      ['power off', u16(2), is(0)],
    ],
  },
  {
    title: 'MCU id',
    ...{ device: 'esc', register: 0xda, bytes: 12 },
    fields: [['MCU id', hex(0, 12), is('334c41420000000100000001')]],
  },
  {
    title: 'battery errors',
    ...{ device: 'bms', register: 0x21, bytes: 6 },
    fields: [0, 2, 4].map((at): Field => [`error at ${at}`, u16(at), is(0)]),
  },
  {
    title: 'battery status',
    ...{ device: 'bms', register: 0x30, bytes: 2 },
    fields: [['status', u16(0), ({ model }) => model.batteryStatus.idle]],
  },
  {
    title: 'balancing',
    ...{ device: 'bms', register: 0x36, bytes: 2 },
    fields: [['balanced cells', u16(0), is(0)]],
  },
  {
    title: 'health',
    ...{ device: 'bms', register: 0x3b, bytes: 2 },
    fields: [['health', u16(0), ({ model }) => Math.floor(model.healthPercent)]],
  },
];
