import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import loginVectors from '../../fixtures/protocol/login.json' with { type: 'json' };
import { MAX_READ_BYTES, readRequest } from '../../protocol/message.ts';
import { BLOCKS } from '../../protocol/registers/table.ts';
import { Bench } from '../testing/bench.ts';
import { type Quirk, silentBlock } from './quirks.ts';

const [vector] = loginVectors;
if (!vector) throw new Error('no login vector');
const token = Buffer.from(vector.token, 'hex');
const appRandom = Buffer.from(vector.app_rand, 'hex');

function loggedIn(...quirks: readonly Quirk[]): { bench: Bench; active: Set<Quirk> } {
  const active = new Set<Quirk>();
  const bench = new Bench({ token, quirks: active });
  expect(bench.app.logIn(token, appRandom)).toBe('loggedIn');
  for (const quirk of quirks) active.add(quirk);
  return { bench, active };
}

const BATTERY = readRequest('bms', 0x31, 10);

describe('a scooter with a silent block', () => {
  it('answers no read of the block until the quirk ends, and reports each one', () => {
    const { bench, active } = loggedIn(silentBlock(BLOCKS.battery));
    expect(bench.app.request(BATTERY)).toBeUndefined();
    expect(bench.takeAllNotifications()).toEqual([]);
    expect(bench.events.at(-1)).toMatchObject({ type: 'withheld', ...BATTERY });
    active.clear();
    expect(bench.app.request(BATTERY)?.message.data).toHaveLength(10);
  });

  it('answers reads of all other registers', () => {
    const { bench } = loggedIn(silentBlock(BLOCKS.battery));
    const { register, bytes } = BLOCKS.battery;
    const reads = fc.record({
      device: fc.constantFrom('esc', 'bms', 'ble'),
      first: fc.integer({ min: 0, max: 0x60 }),
      byteCount: fc.integer({ min: 1, max: MAX_READ_BYTES }),
    });
    const property = fc.property(reads, ({ device, first, byteCount }) => {
      const wanted = Array.from({ length: byteCount }, (_, index) => 2 * first + index);
      const isSilent =
        device === 'bms' && wanted.some((at) => at >= 2 * register && at < 2 * register + bytes);
      const reply = bench.app.request(readRequest(device, first, byteCount));
      expect(reply?.message.data.length).toBe(isSilent ? undefined : byteCount);
    });
    fc.assert(property);
  });
});

describe('a scooter that ignores logins', () => {
  it('answers one again as soon as the quirk ends', () => {
    const quirks = new Set<Quirk>([{ ignoresLogin: () => true }]);
    const bench = new Bench({ token, quirks });
    bench.app.sendOpcode('loginStart');
    expect(bench.takeAllNotifications()).toEqual([]);
    expect(bench.eventTypes).toEqual(['loginPrevented']);
    quirks.clear();
    expect(bench.app.logIn(token, appRandom)).toBe('loggedIn');
  });
});
