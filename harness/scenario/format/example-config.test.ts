import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { EXAMPLE, formatConfig } from './example-config.ts';
import { parseConfig } from '../../../client/config/load.ts';
import { isRequired } from '../../../client/config/key.ts';
import { SECTIONS } from '../../../client/config/schema.ts';
import type { Section } from '../../../client/config/key.ts';

const EXAMPLE_PATH = join(import.meta.dirname, '../../../martinete.toml');
const TEXT = readFileSync(EXAMPLE_PATH, 'utf8');
const KEYS = Object.entries<Section>(SECTIONS).flatMap(([section, { keys }]) =>
  Object.entries(keys).map(([name, key]) => ({ path: `${section}.${name}`, name, key })),
);

/** The text with every key uncommented. */
const uncommented = (text: string) => text.replace(/^#(?=\S)/gm, '');

const keysOf = (text: string) =>
  Object.entries(parse(text)).flatMap(([section, keys]) =>
    Object.keys(keys).map((name) => `${section}.${name}`),
  );

describe('martinete.toml, the example', () => {
  it('is valid', () => {
    const { mqtt, scooter, serial } = parseConfig(TEXT, EXAMPLE_PATH);
    expect([mqtt.broker, mqtt.topic]).toEqual(['tcp://127.0.0.1:1883', 'vehicle/1/realtime']);
    expect(scooter.mac).toBe('c8:f0:9e:00:00:01');
    expect(serial?.serialPort).toBe('/dev/ttyUSB2');
  });

  it('has every key, and no other', () => {
    expect(keysOf(uncommented(TEXT))).toEqual(KEYS.map(({ path }) => path));
  });

  it('comments out every key that is not required', () => {
    expect(keysOf(TEXT)).toEqual(KEYS.flatMap(({ path, key }) => (isRequired(key) ? path : [])));
  });

  it('explains every key, with its range or choices and its default', () => {
    const prose = TEXT.replace(/(?<=^# .*)\n# /gm, ' ');
    for (const { name, key } of KEYS) {
      const { range, unit, choices } = key.kind;
      const words = choices?.map((choice) => `"${choice}"`).join(', ');
      const sentences = [
        key.about,
        range && `${range[0]} to ${range[1]} ${unit ?? ''}${words === undefined ? '' : `, or ${words}`}.`,
        !range && words !== undefined && `One of ${words}.`,
        isRequired(key)
          ? 'Required.'
          : `Default: ${key.optional ? 'none' : (key.derived?.rule ?? JSON.stringify(key.default))}.`,
      ];
      const comment = `# ${sentences.filter(Boolean).join(' ')}\n`;
      expect([`${comment}${name} = `, `${comment}#${name} = `].some((entry) => prose.includes(entry))).toBe(
        true,
      );
    }
  });

  it('shows the default of every key that is commented out', () => {
    const optional = KEYS.filter(({ key }) => key.optional).map(({ name }) => name);
    const withDefaults = uncommented(TEXT).replace(new RegExp(`^(?:${optional.join('|')}) = .*$`, 'gm'), '');
    expect(parseConfig(withDefaults, EXAMPLE_PATH)).toEqual(parseConfig(TEXT, EXAMPLE_PATH));
  });

  it('has lines that fit into a terminal', () => {
    expect(Math.max(...TEXT.split('\n').map((line) => line.length))).toBeLessThanOrEqual(102);
  });
});

describe('a configuration with given values', () => {
  it('sets them and explains the rest', () => {
    const mqtt = { broker: 'mqtts://a "quoted" \\ host', topic: 'my/scooter', keep_alive: 60 };
    const text = formatConfig({ ...EXAMPLE, mqtt });
    expect(parse(text)['mqtt']).toEqual(mqtt);
    expect(text).toContain('#base_topic = "my"\n');
  });

  it('disables GPS if it has no serial port', () => {
    const text = formatConfig({ mqtt: EXAMPLE.mqtt, scooter: EXAMPLE.scooter });
    expect(parseConfig(text, EXAMPLE_PATH)).not.toHaveProperty('serial');
    expect(text).toContain('\n#[serial]\n');
  });
});
