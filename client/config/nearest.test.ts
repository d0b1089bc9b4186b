import { describe, expect, it } from 'vitest';
import { nearestKey, nearestSection } from './nearest.ts';

describe('the key that was meant', () => {
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
  ])('by %s in section %s is %s', (name, section, meant) => {
    expect(nearestKey(name, section)).toBe(meant);
  });

  it('may be a section', () => {
    expect(nearestSection('scoter')).toBe('scooter');
    expect(nearestSection('bluetooth')).toBeUndefined();
  });
});
