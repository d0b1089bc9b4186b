import type { SampleId } from '../../../client/outbox/stored-sample.ts';
import { storedSample } from '../trace/stored-sample.ts';

/** Rows of the outbox that a fault damages or removes. */
export const ROW_DAMAGES = ['sample-damaged', 'sample-missing', 'index-damaged', 'index-missing'] as const;
export type RowDamage = (typeof ROW_DAMAGES)[number];

/** Layouts of earlier versions of the client: fixtures/stores. */
export const OLD_LAYOUTS = ['0', '1'] as const;
export type OldLayout = (typeof OLD_LAYOUTS)[number];

/** Content of a store: keys with the prefixes of their tables. */
type Content = Map<string, string>;

const SAMPLE_PREFIX = '!journal!';
const INDEX_PREFIX = '!segments!';
const START_PREFIX = '!starts!';

/**
 * Damages or removes one row, chosen by `unit` from 0 to 1.
 * @returns the sample that is lost by that, if any
 */
export function damageRow(content: Content, damage: RowDamage, unit: number): SampleId | undefined {
  const prefix = damage.startsWith('sample') ? SAMPLE_PREFIX : INDEX_PREFIX;
  const keys = [...content.keys()].filter((key) => key.startsWith(prefix)).sort();
  const key = keys[Math.floor(unit * keys.length)];
  const value = key === undefined ? undefined : content.get(key);
  if (key === undefined || value === undefined) return undefined;
  if (damage.endsWith('missing')) content.delete(key);
  else content.set(key, withOtherDigit(value));
  return storedSample(key, value);
}

/** Changes the last digit, as a flipped bit does: the value has another checksum, and is of the same form. */
function withOtherDigit(value: string): string {
  return value.replace(/\d(?=\D*$)/, (digit) => String((Number(digit) + 1) % 10));
}

/** Converts a store to the layout of an earlier version of the client. */
export function downgrade(content: Content, layout: OldLayout): void {
  for (const [key, value] of [...content]) {
    const boot = key.startsWith(START_PREFIX) ? key.slice(START_PREFIX.length) : undefined;
    if (boot !== undefined && layout === '1') content.set(`!boots!${boot}`, JSON.stringify(idOf(value)));
    if (boot !== undefined || key.startsWith(INDEX_PREFIX)) content.delete(key);
    if (layout === '1' || !key.startsWith(SAMPLE_PREFIX)) continue;
    content.delete(key);
    content.set(key.replace(SAMPLE_PREFIX, '!samples!'), value.slice(value.indexOf('\n') + 1));
  }
  if (layout === '1') content.set('!meta!version', '1');
  else content.delete('!meta!version');
}

/** The id in the row of a process start, which follows its checksum. */
function idOf(row: string): unknown {
  const { id } = JSON.parse(row.slice(row.indexOf(' ') + 1)) as { readonly id: unknown };
  return id;
}
