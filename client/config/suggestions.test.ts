import { describe, expect, it } from 'vitest';
import { nearestKey, nearestWord } from './suggestions.ts';
import { SECTIONS } from './schema.ts';

const KNOWN = Object.entries(SECTIONS).flatMap(([section, { keys }]) =>
  Object.keys(keys).map((name) => ({ name, section, location: `in [${section}]` })),
);

describe('the key suggested for an unknown one', () => {
  it.each([
    ['reconect_max', 'mqtt', 'reconnect_max'],
    ['keep-alive', 'mqtt', 'keep_alive'],
    ['KeepAlive', 'mqtt', 'keep_alive'],
    ['connect_timout', 'mqtt', 'connect_timeout'],
    ['connect_timout', 'scooter', 'connect_timeout'],
    ['serial_port', 'scooter', 'serial_port in [serial]'],
    ['broker', undefined, 'broker in [mqtt]'],
    ['Mac', 'scooter', 'mac'],
    ['ab', 'scooter', undefined],
    ['', 'mqtt', undefined],
    ['frequency', 'mqtt', undefined],
    ['retry_m', 'scooter', undefined],
  ])('for %s in section %s is %s', (name, section, suggested) => {
    expect(nearestKey(name, section, KNOWN)).toBe(suggested);
  });
});

describe('the word suggested for an unknown one', () => {
  it.each([
    ['scoter', 'scooter'],
    ['bluetooth', undefined],
  ])('for %s is %s', (unknown, suggested) => {
    expect(nearestWord(unknown, Object.keys(SECTIONS))).toBe(suggested);
  });
});
