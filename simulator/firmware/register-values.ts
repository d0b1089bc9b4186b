import type { Device } from '../../protocol/message.ts';
import type { Row, ValueOf } from '../../protocol/registers/row.ts';
import type { REGISTERS } from '../../protocol/registers/table.ts';

type Rows<D extends Device> = (typeof REGISTERS)[D];

/** Values by device and row of the register table. */
export type RegisterValues = {
  readonly [D in Device]?: { readonly [Key in keyof Rows<D>]?: ValueOf<Rows<D>[Key] & Row> };
};

/** Value that an app has written, by device and row of the register table. */
export interface WrittenValue {
  readonly device: Device;
  readonly key: string;
  readonly value: number | string;
}
