import type { Device } from '../message.ts';
import type { ModelUnits } from '../models.ts';

/** Access to a register: `read` is read-only, `setting` read-write, `command` is triggered by writing 1. */
export type Access = 'read' | 'setting' | 'command';

interface RowBase {
  readonly device: Device;
  /** Index of the first 16-bit word. */
  readonly register: number;
  /** Offset of the value in that word: 1 for a value that occupies only the high byte. */
  readonly byteOffset: 0 | 1;
  readonly bytes: number;
  /** Human-readable name. */
  readonly title: string;
  readonly access: Access;
  /** Registers that contain the same value in the same encoding. */
  readonly mirrors: readonly number[];
}

/** Units of values; `''` for codes, counts and bit fields. */
export type Unit = '' | 'm' | 'km' | 'km/h' | 's' | '%' | '°C' | 'V' | 'A' | 'mAh';

/** Row that holds a number: value = raw × factor ÷ divisor + offset, where raw is little-endian. */
export interface NumberRow extends RowBase {
  readonly kind: 'number';
  readonly unit: Unit;
  /**
   * Minimum raw value; lower ones wrap around to the top. 0 means unsigned, minus half the range two's complement.
   */
  readonly minRaw: number;
  /** Maximum raw value that may be written. Larger values read from a scooter are accepted. */
  readonly maxRaw: number;
  /** A factor, or the name of a unit that differs between models. */
  readonly factor: number | keyof ModelUnits;
  readonly divisor: number;
  readonly offset: number;
}

/** Row that holds text: ASCII padded with NUL, a version as `1.3.4`, a date as `2017-05-02`, or hex digits. */
export interface TextRow extends RowBase {
  readonly kind: 'ascii' | 'version' | 'date' | 'hex';
}

export type Row = NumberRow | TextRow;

/** Type of a row's value. */
export type ValueOf<R extends Row> = R extends NumberRow ? number : string;

type Common = Partial<Pick<RowBase, 'access' | 'mirrors' | 'byteOffset'>>;
type NumberFormat = Common &
  Partial<Pick<NumberRow, 'bytes' | 'minRaw' | 'maxRaw' | 'factor' | 'divisor' | 'offset'>>;

/** Row constructors for one device. Defaults: an unsigned, read-only 16-bit word. */
export function rowBuilders(device: Device): {
  number: (register: number, title: string, unit?: Unit, format?: NumberFormat) => NumberRow;
  text: (kind: TextRow['kind'], register: number, title: string, bytes: number, format?: Common) => TextRow;
} {
  const common = { device, byteOffset: 0, access: 'read', mirrors: [] } as const;
  return {
    number(register, title, unit = '', format = {}) {
      const { bytes = 2, minRaw = 0 } = format;
      const maxRaw = minRaw + 2 ** (8 * bytes) - 1;
      const plain = {
        ...common,
        kind: 'number',
        bytes,
        minRaw,
        maxRaw,
        factor: 1,
        divisor: 1,
        offset: 0,
      } as const;
      return { ...plain, register, title, unit, ...format };
    },
    text: (kind, register, title, bytes, format = {}) => ({
      ...common,
      kind,
      register,
      title,
      bytes,
      ...format,
    }),
  };
}
