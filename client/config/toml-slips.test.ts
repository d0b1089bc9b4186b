import fc from 'fast-check';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import type { Key, Section } from './key.ts';
import { parseConfig } from './load.ts';
import { ConfigError, type Problem } from './report.ts';
import { SECTIONS } from './schema.ts';
import { slipsOf, type Slip } from './testing/slip-arbitrary.ts';

/** The words of parsers and of the format, which no owner of a scooter knows. */
const JARGON =
  /TOML|pars|declaration|redefine|literal|escape|illegal|invalid|structure|end-of-line|control char/i;

const KEYS = Object.entries<Section>(SECTIONS).flatMap(([section, { keys }]) =>
  Object.entries(keys).map(([name, key]): readonly [section: string, name: string, key: Key] => [
    section,
    name,
    key,
  ]),
);

/** The lines of a valid file, but for one key. */
function linesWithout(section: string, key: string): readonly string[] {
  const required = {
    mqtt: ['broker = "tcp://127.0.0.1:1883"', 'topic = "vehicle/1/realtime"'],
    scooter: ['mac = "c8f09e000001"'],
    serial: ['serial_port = "/dev/ttyUSB2"'],
    outbox: [],
    log: [],
  };
  const others = Object.entries(required).filter(([name]) => name !== section);
  const own = required[section as keyof typeof required].filter((line) => !line.startsWith(`${key} `));
  return [...others.flatMap(([name, lines]) => [`[${name}]`, ...lines]), `[${section}]`, ...own];
}

function problemsOf(text: string): readonly Problem[] {
  try {
    parseConfig(text, '/etc/martinete.toml');
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const slips = fc
  .constantFrom(...KEYS)
  .chain(([section, name, key]) =>
    slipsOf(name, key).map((slip): readonly [section: string, key: Key, slip: Slip] => [section, key, slip]),
  );

describe('a slip in the configuration', () => {
  it('is reported with its line, its key and a line to type that is valid, without jargon', () => {
    fc.assert(
      fc.property(slips, ([section, { secret, kind }, { name: slip, key, text, value: meant }]) => {
        const before = linesWithout(section, key);
        const problems = problemsOf([...before, text, ''].join('\n'));
        // Not the rules for two keys, which concern the value as it was meant.
        const [problem] = problems.filter(
          (other) => other.key === `${section}.${key}` && !/^at most|as well$/.test(other.expected),
        );
        if (!problem) throw new Error(`no problem of ${key}: ${JSON.stringify(problems)}`);
        const line = typeof problem.at === 'string' ? 0 : problem.at.line;
        expect([before.length + 1, before.length + text.split('\n').length]).toContain(line);
        expect(problem.expected).not.toMatch(JARGON);
        if (problem.expected.startsWith('given twice')) {
          expect(problem.expected).toContain(`line ${before.length + 1}: remove`);
          return;
        }
        const [, typed] = /as in (.*)$/.exec(problem.expected) ?? [];
        if (secret) {
          expect(typed).toBe(`${key} = "…"`);
          return;
        }
        if (typed === undefined) {
          expect(problem.expected).toBe(kind.expects);
          return;
        }
        expect(
          problemsOf([...before, typed, ''].join('\n')).filter((other) => other.kind === 'syntax'),
        ).toEqual([]);
        const [value] = Object.values(parse(typed));
        expect(kind.schema.safeParse(value).success).toBe(true);
        if (typeof value === 'string' && slip !== 'no value') expect(value).toBe(meant);
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    [
      'mac = C8:F0:9E:00:00:01',
      'scooter.mac: expected quotes around the value, as in mac = "C8:F0:9E:00:00:01"',
    ],
    [
      'mac = 123456789012',
      'scooter.mac: expected quotes around the value, as in mac = "123456789012", got 123456789012',
    ],
    [
      'mac = 12e456789012',
      'scooter.mac: expected quotes around the value, as in mac = "12e456789012", got 12e456789012',
    ],
    [
      'mac = 0b1010101010',
      'scooter.mac: expected quotes around the value, as in mac = "0b1010101010", got 0b1010101010',
    ],
    ['mac = 001122334455', 'scooter.mac: expected quotes around the value, as in mac = "001122334455"'],
    [
      'hci_channel = raw # shared',
      'scooter.hci_channel: expected quotes around the value, as in hci_channel = "raw"',
    ],
    ['adapter = “hci0”', 'scooter.adapter: expected straight quotes, as in adapter = "hci0"'],
    [
      'adapter = "hci0',
      'scooter.adapter: expected a quote at both ends of the value, as in adapter = "hci0"',
    ],
    [
      'adapter: hci1',
      'scooter.adapter: expected = between key and value and quotes around the value, as in adapter = "hci1"',
    ],
    ['retry_max = 5 s', 'scooter.retry_max: expected only a number of seconds, as in retry_max = 5'],
    ['retry_max = 2,5', 'scooter.retry_max: expected a decimal point, as in retry_max = 2.5'],
    ['retry_max =', 'scooter.retry_max: expected a value, as in retry_max = 30'],
    [
      'retry_max = "5"',
      'scooter.retry_max: expected no quotes around the value, as in retry_max = 5, got "5"',
    ],
    ['adapter = 5', 'scooter.adapter: expected quotes around the value, as in adapter = "5", got 5'],
    ['retry max = 5', 'scooter.retry_max: expected a key without spaces and quotes, as in retry_max = 5'],
    [
      'token_file_path = "C:\\Users"',
      "scooter.token_file_path: expected single quotes around a value with a backslash, as in token_file_path = 'C:\\Users'",
    ],
    [
      'adapter = "a"\nadapter = "b"',
      'scooter.adapter: given twice, first in line 2: remove one of the two lines',
    ],
    ['[log', 'log: expected only the name of the section in square brackets, as in [log]'],
    ['log]', 'log: expected only the name of the section in square brackets, as in [log]'],
    ['[scooter]', 'scooter: given twice, first in line 1: move its keys there, and remove this line'],
    ['// the spare one', 'expected # in front of a comment, as in # …'],
    ['the spare one', 'expected key = value, a section such as [log], or # in front of a comment'],
    [
      'search_window = {',
      'scooter.search_window: expected quotes around the value, as in search_window = "{"',
    ],
  ])('%j is reported as %j', (line, message) => {
    const messages = reportOf(`[scooter]\n${line}\n`).filter((text) => !text.includes('missing'));
    expect(messages[0]).toBe(message);
  });

  const words = KEYS.flatMap(([section, key, { kind }]) =>
    (kind.choices ?? []).map((word): [string, string, string] => [section, key, word]),
  );
  it.each(words)('in a word of [%s] %s is reported with the word %s', (section, key, word) => {
    const lines = linesWithout(section, key);
    const typed = `"${word.slice(0, -1)}"`;
    expect(reportOf([...lines, `${key} = ${typed}`].join('\n'))).toEqual([
      `${section}.${key}: ${typed} is unknown, did you mean "${word}"?`,
    ]);
  });

  it('does not hide the other errors of the file', () => {
    expect(reportOf('[scooter]\nmac = C8:F0:9E:00:00:01\nadapter = “hci0”\nretry_max = "x"\n')).toEqual([
      'mqtt: missing, expected a section [mqtt] with broker and topic',
      'scooter.mac: expected quotes around the value, as in mac = "C8:F0:9E:00:00:01"',
      'scooter.adapter: expected straight quotes, as in adapter = "hci0"',
      'scooter.retry_max: expected a number of seconds from 0.1 to 3600, got "x"',
    ]);
  });

  it.each([
    'password = s3cret',
    'password = 5s3cret',
    'pasword = s3cret',
    'broker = tcp://me:s3cret@a',
    'password: s3cret',
    'broker = me:s3cret@a:1',
  ])('in %j does not repeat the secret', (line) => {
    expect(reportOf(`[mqtt]\n${line}\n`).join('\n')).not.toContain('s3cret');
  });
});

/** The report of a file, without positions. */
function reportOf(text: string): readonly string[] {
  try {
    parseConfig(text, '/etc/martinete.toml');
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.replace(/^ *line \d+, column \d+: /, ''));
  }
}
