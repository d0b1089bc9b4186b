import { describe, expect, it } from 'vitest';
import { readRequest, writeRequest } from '../../protocol/message.ts';
import { MODELS } from '../models/models.ts';
import { Bench } from '../testing/bench.ts';
import { LOGIN, PAIRING } from '../testing/vectors.ts';
import type { FirmwareEvent } from './events.ts';
import { RegisterBank } from './register-bank.ts';

function loggedIn(): Bench {
  const bench = new Bench({ token: PAIRING.token });
  expect(bench.app.logIn(PAIRING.token, LOGIN.appRandom)).toBe('loggedIn');
  return bench;
}

const commands = (bench: Bench): FirmwareEvent[] => bench.events.filter(({ type }) => type === 'command');
const word = (value: number): Buffer => Buffer.of(value & 0xff, value >> 8);

/** Registers as documented, written down a second time; and what can be read back, if it is not the same. */
const WRITES: readonly (readonly [
  what: string,
  register: number,
  raw: number,
  value: number,
  key: string,
  reads?: number,
])[] = [
  ['the lock', 0x70, 1, 1, 'lock', 0],
  ['the unlocking', 0x71, 1, 1, 'unlock', 0],
  ['the switch of the speed limit', 0x72, 1, 1, 'speedLimit'],
  ['the speed limit', 0x73, 20_000, 20, 'speedLimitNormalKmh'],
  ['the speed limit in eco mode', 0x74, 10_000, 10, 'speedLimitEcoKmh'],
  ['the mode', 0x75, 2, 2, 'modeSetting'],
  ['the reboot', 0x78, 1, 1, 'reboot', 0],
  ['the switching off', 0x79, 1, 1, 'powerOff', 0],
  ['the energy recovery', 0x7b, 1, 1, 'kers'],
  ['cruise control', 0x7c, 1, 1, 'cruise'],
  ['the tail light', 0x7d, 2, 2, 'tailLight'],
];

it.each([
  { model: MODELS.m365, mode: 2, expected: undefined },
  { model: MODELS.m365, mode: 1, expected: 1 },
  { model: MODELS.mi3, mode: 2, expected: 2 },
])('a mode is set only if the model has it: $model.name, $mode', ({ model, mode, expected }) => {
  const registers = new RegisterBank({ initial: {}, live: () => ({}), traits: model });
  expect(registers.write('esc', 0x75, word(mode))?.value).toBe(expected);
  expect(registers.read('esc', 0x75, 2, 0)).toEqual(word(expected ?? 0));
});

describe('a write of an app', () => {
  const writes = WRITES.map(([what, register, raw, value, key, reads = raw]) => ({
    ...{ what, register, raw, value, key, reads },
  }));

  describe.each(writes)('to $what', ({ register, raw, value, key, reads }) => {
    it('is acknowledged, and becomes a command after the reply', () => {
      const bench = loggedIn();
      const reply = bench.app.request(writeRequest('esc', register, word(raw)));
      expect(reply?.message).toEqual({ address: 0x23, command: 0x02, register, data: Buffer.of(1) });
      expect(bench.eventTypes.slice(-3)).toEqual(['written', 'replied', 'command']);
      expect(commands(bench)).toEqual([{ type: 'command', device: 'esc', key, value, nowMs: bench.nowMs }]);
      expect(bench.app.request(readRequest('esc', register, 2))?.message.data).toEqual(word(reads));
    });

    it('without reply becomes the same command', () => {
      const bench = loggedIn();
      expect(bench.app.request(writeRequest('esc', register, word(raw), 'writeNoReply'))).toBeUndefined();
      expect(commands(bench)).toEqual([{ type: 'command', device: 'esc', key, value, nowMs: bench.nowMs }]);
      expect(bench.app.request(readRequest('esc', register, 2))?.message.data).toEqual(word(reads));
    });
  });

  it('to the name becomes a command as well', () => {
    const bench = loggedIn();
    bench.app.request(writeRequest('ble', 0x00, Buffer.from('Rocinante\0\0\0\0')));
    expect(commands(bench)).toMatchObject([{ device: 'ble', key: 'name', value: 'Rocinante' }]);
  });

  it('that is refused is no command', () => {
    const bench = loggedIn();
    expect(bench.app.request(writeRequest('esc', 0xb5, word(1)))?.message.data).toEqual(Buffer.of(0));
    bench.app.request(writeRequest('esc', 0x70, word(0), 'writeNoReply'));
    expect(commands(bench)).toEqual([]);
  });
});

describe('power button, throttle and brake, held while the scooter is switched on', () => {
  it('delete the pairing, with a beep', () => {
    const bench = loggedIn();
    bench.disconnect();
    bench.firmware.switchedOn(bench.nowMs);
    expect(bench.firmware.token).toEqual(PAIRING.token);
    bench.firmware.switchedOn(bench.nowMs, true);
    expect(bench.eventTypes.slice(-2)).toEqual(['beep', 'factoryReset']);
    bench.reconnect();
    expect(bench.app.logIn(PAIRING.token, LOGIN.appRandom)).toBe('notRegistered');
  });
});
