import { isRequired } from '../../../client/config/key.ts';
import type { Key, Section } from '../../../client/config/key.ts';
import { FAULTS } from '../faults/table.ts';
import { GUARANTEES } from '../../guarantees/table.ts';
import { table, type Cells } from '../../report/markdown.ts';
import { EXPECT, STEP, TOP_LEVEL, WORLD, parameterKeys } from './schema.ts';

type Keys = Readonly<Record<string, Key>>;

const KEY_HEAD: Cells = ['key', 'value', 'default', 'meaning'];

/** The reference of all keys, faults and guarantees in Markdown. */
export function reference(): string {
  return [
    ...section('Keys above the first section', table(KEY_HEAD, keyRows(TOP_LEVEL.keys))),
    ...Object.entries<Section>(WORLD).flatMap(([name, { about, keys }]) =>
      section(`Keys of \`[${name}]\``, about, table(KEY_HEAD, keyRows(keys))),
    ),
    ...section(
      'Keys of `[client.mqtt]`, `[client.scooter]` and so on',
      'Configuration of the client: every key of [martinete.toml](../martinete.toml), with durations in seconds. ' +
        'Broker, topic, addresses, adapter and serial port are preset for the simulated world, and `authentication` is ' +
        '`"optional"` if the generation of the scooter has no login; with ' +
        '`protocol = "sim7600"` in `[client.serial]` the GPS receiver is part of a modem.',
    ),
    ...section(
      'Keys of `[[step]]`',
      'A fault and its start; further keys depend on the fault (see below). Faults may overlap, also with themselves.',
      table(KEY_HEAD, keyRows(STEP)),
    ),
    ...section('Keys of `[expect]`', EXPECT.about, table(KEY_HEAD, keyRows(EXPECT.keys))),
    ...section('Faults', table(['`fault`', '`for`', 'what happens'], faultRows())),
    ...section('Sources of faults', table(['`fault`', 'source'], sourceRows())),
    ...section('Parameters of faults', table(['`fault`', ...KEY_HEAD], parameterRows())),
    ...section(
      'Guarantees',
      'Their bounds, what excuses them and what they cannot see are in [guarantees.md](guarantees.md).',
      table(['id', 'guarantee'], guaranteeRows()),
    ),
  ].join('\n\n');
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

function sourceRows(): Cells[] {
  return Object.entries(FAULTS).flatMap(([name, { source }]) =>
    source === undefined ? [] : [[code(name), source]],
  );
}

function parameterRows(): Cells[] {
  return Object.entries(FAULTS).flatMap(([name, fault]) =>
    keyRows(parameterKeys(fault)).map((cells) => [code(name), ...cells]),
  );
}

function guaranteeRows(): Cells[] {
  return Object.entries(GUARANTEES).map(([id, { title }]) => [
    `[${id}](guarantees.md#${id.toLowerCase()})`,
    title,
  ]);
}

function defaultOf(key: Key): string {
  if (key.default !== undefined) return code(JSON.stringify(key.default));
  return isRequired(key) ? 'required' : 'none';
}

const code = (text: string): string => `\`${text}\``;
