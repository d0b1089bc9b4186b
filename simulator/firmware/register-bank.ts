import { ProtocolError } from '../../protocol/errors.ts';
import { type Device, MAX_READ_BYTES } from '../../protocol/message.ts';
import { DEFAULT_UNITS, type ModelUnits } from '../../protocol/models.ts';
import {
  byteAddress,
  decodeRegister,
  encodeAt,
  encodeRegister,
  limitsOf,
} from '../../protocol/registers/codec.ts';
import { SCOOTER_STATUS } from '../../protocol/registers/codes.ts';
import type { Row, ValueOf } from '../../protocol/registers/row.ts';
import { REGISTERS } from '../../protocol/registers/table.ts';

type Rows<D extends Device> = (typeof REGISTERS)[D];

/** Values by device and row of the register table. */
export type RegisterValues = {
  readonly [D in Device]?: { readonly [Key in keyof Rows<D>]?: ValueOf<Rows<D>[Key] & Row> };
};

export interface RegisterBankOptions {
  /** What the registers hold from the beginning; the rest is zero. */
  readonly initial: RegisterValues;
  /** What is measured: asked at every read, and stronger than what was held before. */
  readonly live: (nowMs: number) => RegisterValues;
  readonly units?: ModelUnits;
}

/** Where a row's value stands: at its register, and again at each of its mirrors. */
interface MemoryLocation {
  readonly key: string;
  readonly row: Row;
  /** In bytes from the beginning of the device's memory. */
  readonly start: number;
}

const locationsOf = (rows: Readonly<Record<string, Row>>): readonly MemoryLocation[] =>
  Object.entries(rows).flatMap(([key, row]) =>
    [row.register, ...row.mirrors].map((register) => ({
      key,
      row,
      start: byteAddress({ ...row, register }),
    })),
  );

const DEVICES = ['ble', 'esc', 'bms'] as const satisfies readonly Device[];

const LOCATIONS: Readonly<Record<Device, readonly MemoryLocation[]>> = {
  ble: locationsOf(REGISTERS.ble),
  esc: locationsOf(REGISTERS.esc),
  bms: locationsOf(REGISTERS.bms),
};

const BYTES_PER_REGISTER = 2;
const REGISTER_COUNT = 0x100;
/** Reads from the last registers run on into zeros. */
const MEMORY_BYTES = BYTES_PER_REGISTER * REGISTER_COUNT + MAX_READ_BYTES;

const { esc } = REGISTERS;

type SideEffect = (written: number, status: number) => RegisterValues['esc'];

/** What a write changes elsewhere: the lock can be read only in the status, the mode in force in the live block. */
const SIDE_EFFECTS: ReadonlyMap<Row, SideEffect> = new Map<Row, SideEffect>([
  [esc.lock, (_, status) => ({ status: status | SCOOTER_STATUS.locked })],
  [esc.unlock, (_, status) => ({ status: status & ~SCOOTER_STATUS.locked })],
  [esc.modeSetting, (mode) => ({ mode })],
]);

/** The word memories of the scooter's devices. */
export class RegisterBank {
  readonly #live: (nowMs: number) => RegisterValues;
  readonly #units: ModelUnits;
  readonly #memory: Readonly<Record<Device, Buffer>> = {
    ble: Buffer.alloc(MEMORY_BYTES),
    esc: Buffer.alloc(MEMORY_BYTES),
    bms: Buffer.alloc(MEMORY_BYTES),
  };

  /** @throws ProtocolError `range` for an initial text that its row cannot hold; numbers saturate. */
  constructor({ initial, live, units = DEFAULT_UNITS }: RegisterBankOptions) {
    this.#live = live;
    this.#units = units;
    for (const device of DEVICES) this.#store(device, initial);
  }

  /** `byteCount` bytes (1 to 56) from `register` on, as they are at `nowMs`; what nobody knows reads as zero. */
  read(device: Device, register: number, byteCount: number, nowMs: number): Buffer {
    const start = BYTES_PER_REGISTER * register;
    const end = start + byteCount;
    this.#store(device, this.#live(nowMs), start, end);
    return Buffer.from(this.#memory[device].subarray(start, end));
  }

  /** Writes all of one setting, or gives one command; false where the scooter refuses. */
  write(device: Device, register: number, data: Buffer): boolean {
    const start = BYTES_PER_REGISTER * register;
    const row = LOCATIONS[device].find(
      (location) => location.start === start && location.row.access !== 'read',
    )?.row;
    const value = row && this.#decode(row, data);
    if (row === undefined || value === undefined) return false;
    if (row.access === 'setting') this.#memory[device].set(data, start);
    const sideEffect = SIDE_EFFECTS.get(row)?.(Number(value), this.#status());
    if (sideEffect) this.#store('esc', { esc: sideEffect });
    return true;
  }

  /** What `data` mean, if `row` can be written so. */
  #decode(row: Row, data: Buffer): number | string | undefined {
    try {
      const value = decodeRegister(row, data, this.#units);
      encodeRegister(row, value, this.#units);
      return value;
    } catch (error) {
      if (error instanceof ProtocolError) return undefined;
      throw error;
    }
  }

  #status(): number {
    const start = byteAddress(esc.status);
    return decodeRegister(esc.status, this.#memory.esc.subarray(start, start + esc.status.bytes));
  }

  /** Puts `values` into the memory of `device`, as far as they touch the bytes from `start` to `end`. */
  #store(device: Device, values: RegisterValues, start = 0, end = MEMORY_BYTES): void {
    const known: Readonly<Record<string, number | string | undefined>> = values[device] ?? {};
    for (const { key, row, start: at } of LOCATIONS[device]) {
      if (at >= end || at + row.bytes <= start) continue;
      const value = known[key];
      if (value === undefined) continue;
      encodeAt(row, this.#clamp(row, value), this.#memory[device], at, this.#units);
    }
  }

  #clamp(row: Row, value: number | string): number | string {
    if (row.kind !== 'number' || typeof value !== 'number') return value;
    const { min, max } = limitsOf(row, this.#units);
    return Math.min(Math.max(value, min), max);
  }
}
