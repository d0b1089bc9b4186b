import { ProtocolError, requireLength } from '../errors.ts';
import { type RegisterMessage, readRequest } from '../message.ts';
import { DEFAULT_UNITS, type ModelUnits } from '../models.ts';
import type { NumberRow, Row, TextRow, ValueOf } from './row.ts';
import type { Block } from './table.ts';

/** Decodes the bytes of one row. Throws `length`. */
export function decodeRegister<R extends Row>(row: R, bytes: Buffer, units?: ModelUnits): ValueOf<R>;
export function decodeRegister(row: Row, bytes: Buffer, units = DEFAULT_UNITS): number | string {
  requireLength(bytes, row.bytes, row.title);
  return decodeAt(row, bytes, 0, units);
}

/**
 * Encodes a value, rounded to the nearest step. Throws `range` if it is outside the row's limits or has the wrong
 * text format.
 */
export function encodeRegister<R extends Row>(row: R, value: ValueOf<R>, units?: ModelUnits): Buffer;
export function encodeRegister(row: Row, value: number | string, units = DEFAULT_UNITS): Buffer {
  const bytes = Buffer.alloc(row.bytes);
  encodeAt(row, value, bytes, 0, units);
  return bytes;
}

/** Encodes a value into `target` at `offset`. Throws as `encodeRegister` does. */
export function encodeAt(
  row: Row,
  value: number | string,
  target: Buffer,
  offset: number,
  units: ModelUnits,
): void {
  const fits =
    row.kind === 'number'
      ? typeof value === 'number' && encodeNumber(row, value, target, offset, units)
      : typeof value === 'string' &&
        TEXT[row.kind].encode(value, target.subarray(offset, offset + row.bytes).fill(0));
  if (!fits) throw new ProtocolError('range', `${row.title} cannot be ${value}`);
}

/** Minimum, maximum and step of a row's values. */
export function limitsOf(row: NumberRow, units = DEFAULT_UNITS): { min: number; max: number; step: number } {
  const factor = factorOf(row, units);
  return {
    min: (row.minRaw * factor) / row.divisor + row.offset,
    max: (row.maxRaw * factor) / row.divisor + row.offset,
    step: factor / row.divisor,
  };
}

/** Decodes the reply to a block read into the values of its rows. Throws `length` unless `bytes` is the whole block. */
export function decodeBlock<Rows extends Record<string, Row>>(
  block: Block<Rows>,
  bytes: Buffer,
  units?: ModelUnits,
): { [Key in keyof Rows]: ValueOf<Rows[Key]> };
export function decodeBlock(
  block: Block,
  bytes: Buffer,
  units = DEFAULT_UNITS,
): Record<string, number | string> {
  requireLength(bytes, block.bytes, `block ${block.device} 0x${block.register.toString(16)}`);
  const values: Record<string, number | string> = {};
  for (const key in block.rows) {
    const row = block.rows[key];
    if (row) values[key] = decodeAt(row, bytes, byteAddress(row) - 2 * block.register, units);
  }
  return values;
}

/** Creates the request that reads a block. */
export function blockReadRequest(block: Block): RegisterMessage {
  return readRequest(block.device, block.register, block.bytes);
}

/** Byte offset of a row in the memory of its device, at two bytes per register. */
export function byteAddress(row: Row): number {
  return 2 * row.register + row.byteOffset;
}

function factorOf(row: NumberRow, units: ModelUnits): number {
  return typeof row.factor === 'number' ? row.factor : units[row.factor];
}

function decodeAt(row: Row, bytes: Buffer, offset: number, units: ModelUnits): number | string {
  return row.kind === 'number'
    ? decodeNumber(row, bytes, offset, units)
    : TEXT[row.kind].decode(bytes.subarray(offset, offset + row.bytes));
}

/** Number of values that 0, 1, 2, 3 and 4 bytes can represent. */
const RAW_VALUE_COUNTS = [1, 2 ** 8, 2 ** 16, 2 ** 24, 2 ** 32];

function rawValueCount({ bytes }: NumberRow): number {
  return RAW_VALUE_COUNTS[bytes] ?? NaN;
}

function decodeNumber(row: NumberRow, bytes: Buffer, offset: number, units: ModelUnits): number {
  const unsigned = bytes.readUIntLE(offset, row.bytes);
  const valueCount = rawValueCount(row);
  const raw = unsigned >= row.minRaw + valueCount ? unsigned - valueCount : unsigned;
  return (raw * factorOf(row, units)) / row.divisor + row.offset;
}

function encodeNumber(
  row: NumberRow,
  value: number,
  target: Buffer,
  offset: number,
  units: ModelUnits,
): boolean {
  const raw = Math.round(((value - row.offset) * row.divisor) / factorOf(row, units));
  if (!(raw >= row.minRaw && raw <= row.maxRaw)) return false;
  target.writeUIntLE(raw < 0 ? raw + rawValueCount(row) : raw, offset, row.bytes);
  return true;
}

interface TextCodec {
  decode: (bytes: Buffer) => string;
  /** Fills `bytes`, which are zero; returns false if they cannot represent `text`. */
  encode: (text: string, bytes: Buffer) => boolean;
}

const FIRST_YEAR = 2000;

const TEXT: Record<TextRow['kind'], TextCodec> = {
  ascii: {
    decode: (bytes) => bytes.toString('latin1').replace(/\0.*$/s, ''),
    encode: (text, bytes) => /^[\x20-\x7e]*$/.test(text) && bytes.write(text, 'latin1') === text.length,
  },
  hex: {
    decode: (bytes) => bytes.toString('hex'),
    encode: (text, bytes) => text.length === 2 * bytes.length && bytes.write(text, 'hex') === bytes.length,
  },
  /** One byte and two nibbles: 0x0134 is 1.3.4. */
  version: {
    decode(bytes) {
      const word = bytes.readUInt16LE();
      return `${word >> 8}.${(word >> 4) & 0xf}.${word & 0xf}`;
    },
    encode(text, bytes) {
      const [major = NaN, minor = NaN, patch = NaN] = /^\d+\.\d+\.\d+$/.test(text)
        ? text.split('.').map(Number)
        : [];
      if (!(major <= 0xff && minor <= 0xf && patch <= 0xf)) return false;
      bytes.writeUInt16LE((major << 8) | (minor << 4) | patch);
      return true;
    },
  },
  /** Bits 15–9 years since 2000, 8–5 month, 4–0 day: 0x22a2 is 2017-05-02. */
  date: {
    decode(bytes) {
      const word = bytes.readUInt16LE();
      const fields = [FIRST_YEAR + (word >> 9), (word >> 5) & 0xf, word & 0x1f];
      return fields.map((field) => String(field).padStart(2, '0')).join('-');
    },
    encode(text, bytes) {
      const [year = NaN, month = NaN, day = NaN] = /^\d{4}-\d\d-\d\d$/.test(text)
        ? text.split('-').map(Number)
        : [];
      const years = year - FIRST_YEAR;
      if (!(years >= 0 && years <= 0x7f && month >= 1 && month <= 12 && day >= 1 && day <= 31)) return false;
      bytes.writeUInt16LE((years << 9) | (month << 5) | day);
      return true;
    },
  },
};
