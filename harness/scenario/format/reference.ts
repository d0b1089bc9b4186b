import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRequired } from '../../../client/config/key.ts';
import type { Key } from '../../../client/config/key.ts';
import { FAULTS } from '../faults/table.ts';
import { GUARANTEES } from '../../guarantees/table.ts';
import { EXPECT, SCOOTER, STEP, TOP, parameterKeys } from './schema.ts';

/** The document that the reference is a part of. */
export const DOCUMENT = join(import.meta.dirname, '../../../docs/scenarios.md');
/** Writes that part anew after a change of keys, faults or guarantees. */
export const RENEW = 'npx tsx harness/scenario/format/reference.ts --write';

const END = '<!-- The end of what is written by it -->';

/** A row of a table. */
export type Cells = readonly string[];
type Keys = Readonly<Record<string, Key>>;

const KEY_HEAD: Cells = ['key', 'takes', 'default', 'what it means'];

/** Every key, fault and guarantee, in Markdown. */
export function reference(): string {
  return [
    ...chapter('Keys above the first section', table(KEY_HEAD, keyRows(TOP.keys))),
    ...chapter('Keys of `[scooter]`', SCOOTER.about, table(KEY_HEAD, keyRows(SCOOTER.keys))),
    ...chapter(
      'Keys of `[client.mqtt]`, `[client.scooter]` and so on',
      'What the client is told: every key of [martinete.toml](../martinete.toml), in its units, durations in seconds. ' +
        'Broker, topic, addresses, adapter and serial port are those of the world unless you say otherwise; with ' +
        '`protocol = "sim7600"` in `[client.serial]` its GPS receiver is part of a modem.',
    ),
    ...chapter(
      'Keys of `[[step]]`',
      'A fault at a moment; what else it takes stands below. Faults may overlap, even with themselves.',
      table(KEY_HEAD, keyRows(STEP)),
    ),
    ...chapter('Keys of `[expect]`', EXPECT.about, table(KEY_HEAD, keyRows(EXPECT.keys))),
    ...chapter('Faults', table(['`fault`', '`for`', 'what happens'], faultRows())),
    ...chapter('What faults take besides', table(['`fault`', ...KEY_HEAD], parameterRows())),
    ...chapter('Guarantees', table(['id', 'guarantee'], guaranteeRows())),
  ].join('\n\n');
}

/**
 * The document with the reference as it has to be.
 * @throws Error where the marks are missing between which it stands.
 */
export function renewed(document: string): string {
  return withWritten(document, RENEW, reference());
}

/**
 * A document with the part as it has to be that a command writes.
 * @throws Error where the marks are missing between which it stands.
 */
export function withWritten(document: string, command: string, text: string): string {
  const begin = `<!-- Written by \`${command}\` -->`;
  const [head, rest, ...more] = document.split(begin);
  const [, tail, ...evenMore] = rest?.split(END) ?? [];
  if (head === undefined || tail === undefined || more.length + evenMore.length > 0) {
    throw new Error(`What is written has to stand between one ${begin} and one ${END}`);
  }
  return `${head}${begin}\n\n${text}\n\n${END}${tail}`;
}

function chapter(heading: string, ...paragraphs: string[]): string[] {
  return [`### ${heading}`, ...paragraphs];
}

function keyRows(keys: Keys): Cells[] {
  return Object.entries(keys).map(([name, key]) => [code(name), key.kind.expects, defaultOf(key), key.about]);
}

function faultRows(): Cells[] {
  return Object.entries(FAULTS).map(([name, { lasts, about }]) => [code(name), lasts ? 'yes' : 'no', about]);
}

function parameterRows(): Cells[] {
  return Object.entries(FAULTS).flatMap(([name, fault]) =>
    keyRows(parameterKeys(fault)).map((cells) => [code(name), ...cells]),
  );
}

function guaranteeRows(): Cells[] {
  return Object.entries(GUARANTEES).map(([id, { title }]) => [id, title]);
}

function defaultOf(key: Key): string {
  if (key.default !== undefined) return code(JSON.stringify(key.default));
  return isRequired(key) ? 'has to be given' : 'none';
}

const code = (text: string): string => `\`${text}\``;

/** The narrowest column that the formatter makes. */
const MIN_WIDTH = 3;

/** A table in the layout of the formatter. */
export function table(head: Cells, rows: readonly Cells[]): string {
  const lines = [head, ...rows].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) =>
    Math.max(MIN_WIDTH, ...lines.map((cells) => (cells[column] ?? '').length)),
  );
  const line = (cells: Cells): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [first = '', ...others] = lines.map(line);
  return [first, line(widths.map((width) => '-'.repeat(width))), ...others].join('\n');
}

if (process.argv[1] === import.meta.filename) {
  const document = renewed(readFileSync(DOCUMENT, 'utf8'));
  if (process.argv.includes('--write')) writeFileSync(DOCUMENT, document);
  else process.stdout.write(`${reference()}\n`);
}
