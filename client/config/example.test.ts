import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { EXAMPLE, writeConfig } from './example.ts';
import { parseConfig } from './load.ts';
import { isRequired } from './key.ts';
import { SECTIONS } from './schema.ts';
import type { Section } from './key.ts';

const PATH = join(import.meta.dirname, '../../martinete.toml');
const TEXT = readFileSync(PATH, 'utf8');
const KEYS = Object.entries<Section>(SECTIONS).flatMap(([section, { keys }]) =>
  Object.entries(keys).map(([name, key]) => ({ path: `${section}.${name}`, name, key })),
);

/** The text with every key that is commented out in force. */
const inForce = (text: string) => text.replace(/^#(?=\S)/gm, '');

const keysOf = (text: string) =>
  Object.entries(parse(text)).flatMap(([section, keys]) =>
    Object.keys(keys).map((name) => `${section}.${name}`),
  );

describe('martinete.toml, the example', () => {
  it('is what writeConfig() says; write it anew after a change of the keys', () => {
    expect(TEXT).toBe(writeConfig());
  });

  it('works as it stands', () => {
    const { mqtt, scooter, serial } = parseConfig(TEXT, PATH);
    expect([mqtt.broker, mqtt.topic]).toEqual(['tcp://127.0.0.1:1883', 'vehicle/1/realtime']);
    expect(scooter.mac).toBe('c8:f0:9e:00:00:01');
    expect(serial?.serialPort).toBe('/dev/ttyUSB2');
  });

  it('shows every key there is, and no other', () => {
    expect(keysOf(inForce(TEXT))).toEqual(KEYS.map(({ path }) => path));
  });

  it('comments out every key that may be left out', () => {
    expect(keysOf(TEXT)).toEqual(KEYS.flatMap(({ path, key }) => (isRequired(key) ? path : [])));
  });

  it('says of every key what it is for, what it takes and what it is by default', () => {
    const prose = TEXT.replace(/(?<=^# .*)\n# /gm, ' ');
    for (const { name, key } of KEYS) {
      const { range, unit, choices } = key.kind;
      const sentences = [
        key.about,
        range && `${range[0]} to ${range[1]} ${unit ?? ''}.`,
        choices && `One of ${choices.map((choice) => `"${choice}"`).join(', ')}.`,
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

  it('shows the value that is in force anyway where a key is commented out', () => {
    const optional = KEYS.filter(({ key }) => key.optional).map(({ name }) => name);
    const withDefaults = inForce(TEXT).replace(new RegExp(`^(?:${optional.join('|')}) = .*$`, 'gm'), '');
    expect(parseConfig(withDefaults, PATH)).toEqual(parseConfig(TEXT, PATH));
  });

  it('fits into a terminal', () => {
    expect(Math.max(...TEXT.split('\n').map((line) => line.length))).toBeLessThanOrEqual(102);
  });
});

describe('a configuration that is written for somebody', () => {
  it('has their values in force and explains the rest', () => {
    const mqtt = { broker: 'mqtts://a "quoted" \\ host', topic: 'my/scooter', keep_alive: 60 };
    const text = writeConfig({ ...EXAMPLE, mqtt });
    expect(parse(text)['mqtt']).toEqual(mqtt);
    expect(text).toContain('#base_topic = "my"\n');
  });

  it('does without GPS if they have none', () => {
    const text = writeConfig({ mqtt: EXAMPLE.mqtt, scooter: EXAMPLE.scooter });
    expect(parseConfig(text, PATH)).not.toHaveProperty('serial');
    expect(text).toContain('\n#[serial]\n');
  });
});
