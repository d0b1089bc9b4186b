import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { keepSupervisionTimeouts } from './supervision-timeout.ts';

const HANDLE = 0x40;

class Hci extends EventEmitter {
  readonly updates: number[][] = [];

  connUpdateLe = (...parameters: number[]): void => void this.updates.push(parameters);

  connected(handle: number, timeoutMs: number, status = 0): void {
    this.emit('leConnComplete', status, handle, 0, 'public', 'c8:f0:9e:00:00:01', 30, 0, timeoutMs, 0);
  }
}

let hci: Hci;
beforeEach(() => {
  hci = new Hci();
  keepSupervisionTimeouts(hci);
});

/** The supervision timeout that comes of a wish. */
function granted(maxIntervalMs: number, latency: number, timeoutMs: number): number | undefined {
  hci.connUpdateLe(HANDLE, 7.5, maxIntervalMs, latency, timeoutMs);
  expect(hci.updates.at(-1)?.slice(0, 4)).toEqual([HANDLE, 7.5, maxIntervalMs, latency]);
  return hci.updates.at(-1)?.[4];
}

describe('the supervision timeout of a link', () => {
  it.each([
    { latency: 0, wantedMs: 420, grantedMs: 5000 },
    { latency: 0, wantedMs: 32_000, grantedMs: 5000 },
    // (1 + 23) * 100 ms * 2 is 4.8 s.
    { latency: 23, wantedMs: 6000, grantedMs: 5000 },
    // It has to be above 5 s.
    { latency: 24, wantedMs: 6000, grantedMs: 6000 },
    { latency: 30, wantedMs: 100, grantedMs: 5000 },
  ])('of 5 s becomes $grantedMs ms, with 100 ms, latency $latency, $wantedMs ms wanted', (of) => {
    hci.connected(HANDLE, 5000);
    expect(granted(100, of.latency, of.wantedMs)).toBe(of.grantedMs);
  });

  it('is what it was made with again, once that fits', () => {
    hci.connected(HANDLE, 5000);
    expect(granted(100, 30, 9000)).toBe(9000);
    expect(granted(100, 0, 9000)).toBe(5000);
  });

  it('is its own, not that of another or an earlier link', () => {
    hci.connected(HANDLE, 3000);
    hci.connected(HANDLE + 1, 9000);
    expect(granted(100, 0, 420)).toBe(3000);
    hci.connected(HANDLE, 4000);
    expect(granted(100, 0, 420)).toBe(4000);
  });

  it('is not learnt from an attempt that failed', () => {
    hci.connected(HANDLE, 5000);
    hci.connected(HANDLE, 0, 0x3e);
    hci.emit('leConnComplete', 0x0c);
    expect(granted(100, 0, 420)).toBe(5000);
  });

  it('is what is wanted where the link is not known', () => {
    expect(granted(100, 0, 420)).toBe(420);
  });

  it('is valid for every wish that is valid itself', () => {
    const wish = fc.record({
      maxIntervalMs: fc.integer({ min: 6, max: 3200 }).map((units) => units * 1.25),
      latency: fc.integer({ min: 0, max: 499 }),
      wantedMs: fc.integer({ min: 10, max: 3200 }).map((units) => units * 10),
    });
    hci.connected(HANDLE, 5000);
    fc.assert(
      fc.property(wish, ({ maxIntervalMs, latency, wantedMs }) => {
        fc.pre(wantedMs > (1 + latency) * maxIntervalMs * 2);
        expect(granted(maxIntervalMs, latency, wantedMs)).toBeGreaterThan((1 + latency) * maxIntervalMs * 2);
      }),
    );
  });
});
