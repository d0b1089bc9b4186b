import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRequired } from '../../../client/config/key.ts';
import type { Key } from '../../../client/config/key.ts';
import { FAULTS } from '../faults/table.ts';
import { GUARANTEES } from '../../guarantees/table.ts';
import { EXPECT, SCOOTER, STEP, TOP, parameterKeys } from './schema.ts';

/** The document that the reference is a part of. */
export const REFERENCE_PAGE = join(import.meta.dirname, '../../../docs/scenarios.md');
/** Writes that part anew after a change of keys, faults or guarantees. */
export const UPDATE_COMMAND = 'npx tsx harness/scenario/format/reference.ts --write';

const END_MARK = '<!-- The end of what is written by it -->';

/** A row of a table. */
export type Cells = readonly string[];
type Keys = Readonly<Record<string, Key>>;

const KEY_HEAD: Cells = ['key', 'takes', 'default', 'what it means'];

/** Every key, fault and guarantee, in Markdown. */
export function reference(): string {
  return [
    ...section('Keys above the first section', table(KEY_HEAD, keyRows(TOP.keys))),
    ...section('Keys of `[scooter]`', SCOOTER.about, table(KEY_HEAD, keyRows(SCOOTER.keys))),
    ...section(
      'Keys of `[client.mqtt]`, `[client.scooter]` and so on',
      'What the client is told: every key of [martinete.toml](../martinete.toml), in its units, durations in seconds. ' +
        'Broker, topic, addresses, adapter and serial port are those of the world unless you say otherwise; with ' +
        '`protocol = "sim7600"` in `[client.serial]` its GPS receiver is part of a modem.',
    ),
    ...section(
      'Keys of `[[step]]`',
      'A fault at a moment; what else it takes stands below. Faults may overlap, even with themselves.',
      table(KEY_HEAD, keyRows(STEP)),
    ),
    ...section('Keys of `[expect]`', EXPECT.about, table(KEY_HEAD, keyRows(EXPECT.keys))),
    ...section('Faults', table(['`fault`', '`for`', 'what happens'], faultRows())),
    ...section('What faults take besides', table(['`fault`', ...KEY_HEAD], parameterRows())),
    ...section('Guarantees', table(['id', 'guarantee'], guaranteeRows())),
  ].join('\n\n');
}

/**
 * The document with the reference as it has to be.
 * @throws Error where the marks are missing between which it stands.
 */
export function withReference(document: string): string {
  return replaceGenerated(document, UPDATE_COMMAND, reference());
}

/**
 * A document with the part as it has to be that a command writes.
 * @throws Error where the marks are missing between which it stands.
 */
export function replaceGenerated(document: string, command: string, text: string): string {
  const begin = `<!-- Written by \`${command}\` -->`;
  const [head, rest, ...more] = document.split(begin);
  const [, tail, ...evenMore] = rest?.split(END_MARK) ?? [];
  if (head === undefined || tail === undefined || more.length + evenMore.length > 0) {
    throw new Error(`What is written has to stand between one ${begin} and one ${END_MARK}`);
  }
  return `${head}${begin}\n\n${text}\n\n${END_MARK}${tail}`;
}

function section(heading: string, ...paragraphs: string[]): string[] {
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

/** The narrowest column that prettier makes. */
const MIN_WIDTH = 3;

/** A table as prettier would have it. */
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
  const document = withReference(readFileSync(REFERENCE_PAGE, 'utf8'));
  if (process.argv.includes('--write')) writeFileSync(REFERENCE_PAGE, document);
  else process.stdout.write(`${reference()}\n`);
}
