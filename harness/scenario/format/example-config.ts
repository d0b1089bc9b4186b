import { stringify } from 'smol-toml';
import { isRequired, type Key, type Section } from '../../../client/config/key.ts';
import { SECTIONS, type Overrides } from '../../../client/config/schema.ts';

const COMMENT_WIDTH = 100;

const HEAD = [
  'Configuration of Martinete. A line such as "#keep_alive = 20" shows a default: to change it, remove',
  'the "#" and edit the value. Durations are in seconds. Relative paths start at the folder of this file.',
  'Check the file with `martinete config check`.',
].join(' ');

/** The values of the example configuration: the required keys only. */
export const EXAMPLE: Overrides = Object.fromEntries(
  Object.entries<Section>(SECTIONS).map(([name, { keys }]) => [
    name,
    Object.fromEntries(
      Object.entries(keys).flatMap(([name, key]) => (isRequired(key) ? [[name, key.example]] : [])),
    ),
  ]),
);

/**
 * The text of a configuration file with every key and its meaning: those in `values` with their value, all others
 * commented out with their default.
 */
export function formatConfig(values: Overrides = EXAMPLE): string {
  const given = new Map(Object.entries(values));
  const sections = Object.entries<Section>(SECTIONS).map(([name, section]) =>
    formatSection(name, section, given),
  );
  return [comment(HEAD), ...sections].join('\n\n') + '\n';
}

type Given = ReadonlyMap<string, Readonly<Record<string, unknown>> | undefined>;

function formatSection(name: string, section: Section, given: Given): string {
  const values = given.get(name) ?? {};
  const isDisabled = section.ifMissing === 'disabled' && Object.keys(values).length === 0;
  const keys = Object.entries(section.keys).map(([keyName, key]) => {
    const value = values[keyName];
    const shown = value ?? defaultOf(key, name, given) ?? key.example;
    const line = stringify({ [keyName]: shown }).trimEnd();
    return `${describe(key)}\n${value === undefined ? '#' : ''}${line}`;
  });
  return [`${comment(section.about)}\n${isDisabled ? '#' : ''}[${name}]`, ...keys].join('\n\n');
}

function defaultOf({ default: value, derived }: Key, section: string, given: Given): unknown {
  return derived ? derived.from(String(given.get(derived.section ?? section)?.[derived.key])) : value;
}

/** The meaning of a key, and below it its range or choices and its default. */
function describe(key: Key): string {
  const fallback = key.derived?.rule ?? (key.optional ? 'none' : JSON.stringify(key.default));
  const limits = [...limitsOf(key.kind), isRequired(key) ? 'Required.' : `Default: ${fallback}.`];
  return `${comment(key.about)}\n${comment(limits.join(' '))}`;
}

function limitsOf({ choices, range, unit }: Key['kind']): string[] {
  const words = choices?.map((choice) => JSON.stringify(choice)).join(', ');
  if (!range) return words === undefined ? [] : [`One of ${words}.`];
  return [`${range[0]} to ${range[1]} ${unit ?? ''}${words === undefined ? '' : `, or ${words}`}.`];
}

/** `text` as comment lines, wrapped between words. */
function comment(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > COMMENT_WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.map((line) => `# ${line}`).join('\n');
}
