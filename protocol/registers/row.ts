import type { Device } from '../message.ts';
import type { ModelUnits } from '../models.ts';

/** `read` is measured; `setting` can be read and written; `command` acts when 1 is written to it. */
export type Access = 'read' | 'setting' | 'command';

interface RowBase {
  readonly device: Device;
  /** Index of the first 16-bit word. */
  readonly register: number;
  /** Where in that word the value begins: 1 for a value that has only the high byte. */
  readonly byteOffset: 0 | 1;
  readonly bytes: number;
  /** What it is, for people. */
  readonly title: string;
  readonly access: Access;
  /** Registers that hold the same value in the same coding. */
  readonly mirrors: readonly number[];
}

/** Units of values; `''` for codes, counts and bit sets. */
export type Unit = '' | 'm' | 'km' | 'km/h' | 's' | '%' | '°C' | 'V' | 'A' | 'mAh';

/** A number: value = raw × factor ÷ divisor + offset, where raw is little-endian. */
export interface NumberRow extends RowBase {
  readonly kind: 'number';
  readonly unit: Unit;
  /**
   * The lowest raw value; raws below it come round again at the top. 0 reads the bytes as unsigned, half their
   * range below 0 as signed.
   */
  readonly minRaw: number;
  /** The highest raw value that may be written. A scooter that reports more is believed. */
  readonly maxRaw: number;
  /** A factor, or the name of the unit in which models differ. */
  readonly factor: number | keyof ModelUnits;
  readonly divisor: number;
  readonly offset: number;
}

/** Something spelled in characters: ASCII padded with NUL, a version as `1.3.4`, a date as `2017-05-02`, hex. */
export interface TextRow extends RowBase {
  readonly kind: 'ascii' | 'version' | 'date' | 'hex';
}

export type Row = NumberRow | TextRow;

/** What a row's bytes stand for. */
export type ValueOf<R extends Row> = R extends NumberRow ? number : string;

type Common = Partial<Pick<RowBase, 'access' | 'mirrors' | 'byteOffset'>>;
type NumberFormat = Common &
  Partial<Pick<NumberRow, 'bytes' | 'minRaw' | 'maxRaw' | 'factor' | 'divisor' | 'offset'>>;

/** How the table writes its rows for one device: what is not said is an unsigned word that is only read. */
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
