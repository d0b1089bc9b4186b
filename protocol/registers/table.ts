import type { Device } from '../message.ts';
import { type NumberRow, type Row, rowBuilders } from './row.ts';

const ble = rowBuilders('ble');
const esc = rowBuilders('esc');
const bms = rowBuilders('bms');

/** A signed 16-bit word. */
const SIGNED = { minRaw: -0x8000 } as const;
const SWITCH = { access: 'setting', maxRaw: 1 } as const;
const COMMAND = { access: 'command', minRaw: 1, maxRaw: 1 } as const;
const CENTI = { divisor: 100 } as const;
const CENTI_SIGNED = { ...SIGNED, ...CENTI } as const;
const TENTHS_CELSIUS = { ...SIGNED, divisor: 10 } as const;
const PERCENT = { maxRaw: 100 } as const;
const THREE_LEVELS = { access: 'setting', maxRaw: 2 } as const;
const UINT32 = { bytes: 4 } as const;
const BATTERY_CELSIUS = { bytes: 1, offset: -20 } as const;

/** Speeds in m/h. Raw values below -10 km/h are forward speeds above 32.767 km/h that have wrapped around. */
const SPEED = { minRaw: -10_000, divisor: 1000 } as const;

const NAME = {
  name: ble.text('ascii', 0x00, 'Advertised name', 13, { access: 'setting' }),
};

/** Identity of the motor controller. */
const ESC_IDENTITY = {
  serialNumber: esc.text('ascii', 0x10, 'Serial number', 14),
  /** Stored for apps; not enforced by scooters. */
  pin: esc.text('ascii', 0x17, 'PIN', 6, { access: 'setting' }),
  firmwareVersion: esc.text('version', 0x1a, 'ESC firmware', 2),
};

const RANGE = {
  remainingRangeKm: esc.number(0x25, 'Remaining range', 'km', CENTI),
};

const VERSIONS = {
  externalBmsVersion: esc.text('version', 0x66, 'External BMS firmware', 2),
  bmsVersion: esc.text('version', 0x67, 'BMS firmware', 2),
  bleVersion: esc.text('version', 0x68, 'BLE firmware', 2),
};

const SETTINGS = {
  /** `KERS`: weak, medium, strong. */
  kers: esc.number(0x7b, 'Energy recovery', '', THREE_LEVELS),
  cruise: esc.number(0x7c, 'Cruise control', '', SWITCH),
  /** `TAIL_LIGHT`: off, on brake (some models), always on. */
  tailLight: esc.number(0x7d, 'Tail light', '', THREE_LEVELS),
};

/** Live values while riding. The whole block was captured from a Pro 2; 0xbc to 0xbf are zero. */
const LIVE = {
  /** A code of `ERRORS`. */
  error: esc.number(0xb0, 'Error', '', { mirrors: [0x1b] }),
  /** A code of `WARNINGS`. */
  warning: esc.number(0xb1, 'Warning', '', { mirrors: [0x1c] }),
  /** Bits of `SCOOTER_STATUS`. */
  status: esc.number(0xb2, 'Status', '', { mirrors: [0x1d] }),
  /** `MODES`. */
  mode: esc.number(0xb3, 'Mode', '', { maxRaw: 2, mirrors: [0x1f] }),
  batteryPercent: esc.number(0xb4, 'Battery', '%', { ...PERCENT, mirrors: [0x22] }),
  speedKmh: esc.number(0xb5, 'Speed', 'km/h', { ...SPEED, mirrors: [0x26] }),
  averageSpeedKmh: esc.number(0xb6, 'Average speed', 'km/h', { divisor: 1000 }),
  odometerM: esc.number(0xb7, 'Odometer', 'm', { ...UINT32, mirrors: [0x29] }),
  /** Since power-on. */
  tripM: esc.number(0xb9, 'Trip', 'm', { factor: 'tripUnitM', mirrors: [0x2f] }),
  /** Since power-on; two captures a second apart show that 0x3a counts seconds, not metres. */
  uptimeS: esc.number(0xba, 'Uptime', 's', { mirrors: [0x3a] }),
  frameTemperatureC: esc.number(0xbb, 'Frame temperature', '°C', { ...TENTHS_CELSIUS, mirrors: [0x3e] }),
};

const ESC_MISCELLANEOUS = {
  /** About 0.8 of the remaining range. */
  conservativeRangeKm: esc.number(0x24, 'Conservative range', 'km', CENTI),
  totalRunTimeS: esc.number(0x32, 'Total run time', 's', UINT32),
  totalRideTimeS: esc.number(0x34, 'Total ride time', 's', UINT32),
  /** Since power-on. */
  rideTimeS: esc.number(0x3b, 'Ride time', 's'),
  /** These six are documented by one source only, which does not say where they are measured. */
  temperature2C: esc.number(0x3f, 'Temperature 2', '°C', TENTHS_CELSIUS),
  temperature3C: esc.number(0x40, 'Temperature 3', '°C', TENTHS_CELSIUS),
  temperature4C: esc.number(0x41, 'Temperature 4', '°C', TENTHS_CELSIUS),
  voltage1V: esc.number(0x47, 'Voltage 1', 'V', CENTI),
  voltage2V: esc.number(0x48, 'Voltage 2', 'V', CENTI),
  currentA: esc.number(0x49, 'Current', 'A', CENTI_SIGNED),
  phaseCurrentA: esc.number(0x53, 'Phase current', 'A', CENTI_SIGNED),
  /** Documented by one source, with the unit of the Ninebot ES. */
  averageSpeedTenthsKmh: esc.number(0x65, 'Average speed, in tenths', 'km/h', { divisor: 10 }),
  /** Mi Home polls it; what it means is not known. */
  polledByMiHome: esc.number(0x76, 'Polled by Mi Home'),
  speedLimit: esc.number(0x72, 'Speed limit', '', SWITCH),
  speedLimitNormalKmh: esc.number(0x73, 'Speed limit, normal', 'km/h', { access: 'setting', divisor: 1000 }),
  speedLimitEcoKmh: esc.number(0x74, 'Speed limit, eco', 'km/h', { access: 'setting', divisor: 1000 }),
  /** `MODES`. */
  modeSetting: esc.number(0x75, 'Mode', '', THREE_LEVELS),
  mcuId: esc.text('hex', 0xda, 'MCU id', 12),
};

const COMMANDS = {
  /** The locked state is a bit of `status`. */
  lock: esc.number(0x70, 'Lock', '', COMMAND),
  unlock: esc.number(0x71, 'Unlock', '', COMMAND),
  reboot: esc.number(0x78, 'Reboot', '', COMMAND),
  powerOff: esc.number(0x79, 'Power off', '', COMMAND),
};

/** Identity and age of the battery. */
const BMS_IDENTITY = {
  serialNumber: bms.text('ascii', 0x10, 'Battery serial number', 14),
  firmwareVersion: bms.text('version', 0x17, 'BMS firmware', 2),
  designCapacityMah: bms.number(0x18, 'Design capacity', 'mAh'),
  fullCapacityMah: bms.number(0x19, 'Full capacity', 'mAh'),
  nominalVoltageV: bms.number(0x1a, 'Nominal voltage', 'V', { divisor: 1000 }),
  cycles: bms.number(0x1b, 'Full cycles'),
  chargeCount: bms.number(0x1c, 'Charges'),
  highestVoltageV: bms.number(0x1d, 'Highest voltage', 'V', CENTI),
  highestDischargeCurrentA: bms.number(0x1e, 'Highest discharge current', 'A', CENTI),
  highestChargeCurrentA: bms.number(0x1f, 'Highest charge current', 'A', CENTI),
  productionDate: bms.text('date', 0x20, 'Production date', 2),
};

/** Error words of the battery, of unknown meaning; 0 is no error. */
const BMS_ERRORS = {
  error1: bms.number(0x21, 'Battery error 1'),
  error2: bms.number(0x22, 'Battery error 2'),
  error3: bms.number(0x23, 'Battery error 3'),
};

/** Live values of the battery; units confirmed by captures of 7417 mAh at 63 %, and of the cells. */
const BATTERY = {
  remainingMah: bms.number(0x31, 'Remaining capacity', 'mAh'),
  chargePercent: bms.number(0x32, 'Charge', '%', PERCENT),
  /** Negative while charging. */
  currentA: bms.number(0x33, 'Current', 'A', CENTI_SIGNED),
  voltageV: bms.number(0x34, 'Voltage', 'V', CENTI),
  temperature1C: bms.number(0x35, 'Battery temperature 1', '°C', BATTERY_CELSIUS),
  temperature2C: bms.number(0x35, 'Battery temperature 2', '°C', { ...BATTERY_CELSIUS, byteOffset: 1 }),
};

const BMS_MISCELLANEOUS = {
  /** Bits of `BATTERY_STATUS`. */
  status: bms.number(0x30, 'Battery status'),
  /** One bit per cell. */
  balancing: bms.number(0x36, 'Cells being balanced'),
  /** Below 60 the battery is worn out. */
  healthPercent: bms.number(0x3b, 'Battery health', '%', PERCENT),
};

const cell = (number: number): NumberRow =>
  bms.number(0x3f + number, `Cell ${number}`, 'V', { divisor: 1000 });

const CELLS = {
  cell1V: cell(1),
  cell2V: cell(2),
  cell3V: cell(3),
  cell4V: cell(4),
  cell5V: cell(5),
  cell6V: cell(6),
  cell7V: cell(7),
  cell8V: cell(8),
  cell9V: cell(9),
  cell10V: cell(10),
};

/** Table of all known registers. */
export const REGISTERS = {
  ble: NAME,
  esc: { ...ESC_IDENTITY, ...RANGE, ...VERSIONS, ...SETTINGS, ...LIVE, ...ESC_MISCELLANEOUS, ...COMMANDS },
  bms: { ...BMS_IDENTITY, ...BMS_ERRORS, ...BATTERY, ...BMS_MISCELLANEOUS, ...CELLS },
} as const satisfies Record<Device, Record<string, Row>>;

/** All rows in a flat list. */
export const ROWS: readonly Row[] = Object.values(REGISTERS).flatMap((rows): Row[] => Object.values(rows));

/** Range of registers read with one request, and the rows in it. */
export interface Block<Rows extends Record<string, Row> = Record<string, Row>> {
  readonly device: Device;
  readonly register: number;
  readonly bytes: number;
  readonly rows: Rows;
}

const block = <Rows extends Record<string, Row>>(
  device: Device,
  register: number,
  bytes: number,
  rows: Rows,
): Block<Rows> => ({ device, register, bytes, rows });

/** Blocks that group several rows into one read. */
export const BLOCKS = {
  name: block('ble', 0x00, 13, NAME),
  escIdentity: block('esc', 0x10, 22, ESC_IDENTITY),
  range: block('esc', 0x25, 2, RANGE),
  versions: block('esc', 0x66, 6, VERSIONS),
  settings: block('esc', 0x7b, 6, SETTINGS),
  live: block('esc', 0xb0, 32, LIVE),
  bmsIdentity: block('bms', 0x10, 34, BMS_IDENTITY),
  battery: block('bms', 0x31, 10, BATTERY),
  cells: block('bms', 0x40, 20, CELLS),
} as const;
