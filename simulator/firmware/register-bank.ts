import { ProtocolError } from '../../protocol/errors.ts';
import { type Device, MAX_READ_BYTES } from '../../protocol/message.ts';
import { DEFAULT_UNITS } from '../../protocol/models.ts';
import {
  byteAddress,
  decodeRegister,
  encodeAt,
  encodeRegister,
  limitsOf,
} from '../../protocol/registers/codec.ts';
import type { Row } from '../../protocol/registers/row.ts';
import { REGISTERS } from '../../protocol/registers/table.ts';
import type { ScooterModel } from '../models/model.ts';
import { type Modes, modeCodes } from '../models/modes.ts';
import { DERIVED_REGISTERS } from './derived-registers.ts';
import type { RegisterValues, WrittenValue } from './register-values.ts';

export type { RegisterValues, WrittenValue } from './register-values.ts';

/** What differs between the registers of models. */
export type RegisterTraits = Pick<ScooterModel, 'tripUnitM'> & Partial<Modes>;

const DEFAULT_TRAITS: RegisterTraits = DEFAULT_UNITS;

export interface RegisterBankOptions {
  /** Initial values; all other registers are zero. */
  readonly initial: RegisterValues;
  /** Measured values, evaluated at every read; they replace stored ones. */
  readonly live: (nowMs: number) => RegisterValues;
  readonly traits?: RegisterTraits;
}

/** Location of a row's value: its register, or one of its mirrors. */
interface MemoryLocation {
  readonly key: string;
  readonly row: Row;
  /** Byte offset in the device's memory. */
  readonly start: number;
}

type Locations = Readonly<Record<Device, readonly MemoryLocation[]>>;

const locationsOf = (rows: Readonly<Record<string, Row>>): readonly MemoryLocation[] =>
  Object.entries(rows).flatMap(([key, row]) =>
    [row.register, ...row.mirrors].map((register) => ({
      key,
      row,
      start: byteAddress({ ...row, register }),
    })),
  );

const DEVICES = ['ble', 'esc', 'bms'] as const satisfies readonly Device[];

const { esc } = REGISTERS;

const LOCATIONS: Locations = {
  ble: locationsOf(REGISTERS.ble),
  esc: locationsOf(esc),
  bms: locationsOf(REGISTERS.bms),
};

const BYTES_PER_REGISTER = 2;
const REGISTER_COUNT = 0x100;
/** Reads beyond the last register return zeros. */
const MEMORY_BYTES = BYTES_PER_REGISTER * REGISTER_COUNT + MAX_READ_BYTES;

/** Register memories of the scooter's devices. */
export class RegisterBank {
  readonly #live: (nowMs: number) => RegisterValues;
  readonly #traits: RegisterTraits;
  readonly #locationsByArea = new Map<string, readonly MemoryLocation[]>();
  readonly #memory: Readonly<Record<Device, Buffer>> = {
    ble: Buffer.alloc(MEMORY_BYTES),
    esc: Buffer.alloc(MEMORY_BYTES),
    bms: Buffer.alloc(MEMORY_BYTES),
  };

  /** @throws ProtocolError `range` if an initial text does not fit its row; numbers are clamped. */
  constructor({ initial, live, traits = DEFAULT_TRAITS }: RegisterBankOptions) {
    this.#live = live;
    this.#traits = traits;
    for (const device of DEVICES) this.#store(device, initial);
  }

  /** Reads `byteCount` bytes (1 to 56) from `register` on; unknown registers are zero. */
  read(device: Device, register: number, byteCount: number, nowMs: number): Buffer {
    const start = BYTES_PER_REGISTER * register;
    const end = start + byteCount;
    this.#store(device, this.#live(nowMs), start, end);
    return Buffer.from(this.#memory[device].subarray(start, end));
  }

  /**
   * Writes exactly one setting, or accepts one command: returns its value, or undefined if the scooter refuses. What else
   * follows from it, as a lock shows in the status, is the caller's.
   */
  write(device: Device, register: number, data: Buffer): WrittenValue | undefined {
    const start = BYTES_PER_REGISTER * register;
    const location = LOCATIONS[device].find((each) => each.start === start && each.row.access !== 'read');
    const value = location && this.#decode(location.row, data);
    if (location === undefined || value === undefined) return undefined;
    const { key, row } = location;
    if (row.access === 'setting') this.#memory[device].set(data, start);
    return { device, key, value };
  }

  /** Decodes `data`; undefined if it must not be written to `row`. */
  #decode(row: Row, data: Buffer): number | string | undefined {
    try {
      const value = decodeRegister(row, data, this.#traits);
      encodeRegister(row, value, this.#traits);
      return this.#isModeMissing(row, value) ? undefined : value;
    } catch (error) {
      if (error instanceof ProtocolError) return undefined;
      throw error;
    }
  }

  /** Whether `value` is a mode that the model does not have. */
  #isModeMissing(row: Row, value: number | string): boolean {
    const { modes } = this.#traits;
    return row === esc.modeSetting && modes !== undefined && !modeCodes({ modes }).includes(Number(value));
  }

  /** Stores the values that overlap the bytes from `start` to `end` of a device's memory. */
  #store(device: Device, values: RegisterValues, start = 0, end = MEMORY_BYTES): void {
    const known: Readonly<Record<string, number | string | undefined>> = values[device] ?? {};
    const derived: Readonly<
      Record<string, ((values: RegisterValues) => number | string | undefined) | undefined>
    > = DERIVED_REGISTERS[device] ?? {};
    for (const { key, row, start: at } of this.#locationsIn(device, start, end)) {
      const value = known[key] ?? derived[key]?.(values);
      if (value === undefined) continue;
      encodeAt(row, this.#clamp(row, value), this.#memory[device], at, this.#traits);
    }
  }

  /** The locations that overlap the bytes from `start` to `end`; apps read the same few blocks again and again. */
  #locationsIn(device: Device, start: number, end: number): readonly MemoryLocation[] {
    const area = `${device} ${start} ${end}`;
    const known = this.#locationsByArea.get(area);
    if (known) return known;
    const found = LOCATIONS[device].filter(({ row, start: at }) => at < end && at + row.bytes > start);
    this.#locationsByArea.set(area, found);
    return found;
  }

  #clamp(row: Row, value: number | string): number | string {
    if (row.kind !== 'number' || typeof value !== 'number') return value;
    const { min, max } = limitsOf(row, this.#traits);
    return Math.min(Math.max(value, min), max);
  }
}
