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

/** Supervision timeout that results from a request. */
function granted(maxIntervalMs: number, latency: number, timeoutMs: number): number | undefined {
  hci.connUpdateLe(HANDLE, 7.5, maxIntervalMs, latency, timeoutMs);
  expect(hci.updates.at(-1)?.slice(0, 4)).toEqual([HANDLE, 7.5, maxIntervalMs, latency]);
  return hci.updates.at(-1)?.[4];
}

describe('the supervision timeout of a link', () => {
  it.each([
    { latency: 0, requestedMs: 420, grantedMs: 5000 },
    { latency: 0, requestedMs: 32_000, grantedMs: 5000 },
    // (1 + 23) * 100 ms * 2 is 4.8 s.
    { latency: 23, requestedMs: 6000, grantedMs: 5000 },
    // Must be above 5 s.
    { latency: 24, requestedMs: 6000, grantedMs: 6000 },
    { latency: 30, requestedMs: 100, grantedMs: 5000 },
  ])('of 5 s becomes $grantedMs ms if 100 ms, latency $latency, $requestedMs ms are requested', (row) => {
    hci.connected(HANDLE, 5000);
    expect(granted(100, row.latency, row.requestedMs)).toBe(row.grantedMs);
  });

  it('returns to its initial value once that is valid', () => {
    hci.connected(HANDLE, 5000);
    expect(granted(100, 30, 9000)).toBe(9000);
    expect(granted(100, 0, 9000)).toBe(5000);
  });

  it('is independent of other and earlier links', () => {
    hci.connected(HANDLE, 3000);
    hci.connected(HANDLE + 1, 9000);
    expect(granted(100, 0, 420)).toBe(3000);
    hci.connected(HANDLE, 4000);
    expect(granted(100, 0, 420)).toBe(4000);
  });

  it('is not affected by a failed connection attempt', () => {
    hci.connected(HANDLE, 5000);
    hci.connected(HANDLE, 0, 0x3e);
    hci.emit('leConnComplete', 0x0c);
    expect(granted(100, 0, 420)).toBe(5000);
  });

  it('is the requested one for an unknown link', () => {
    expect(granted(100, 0, 420)).toBe(420);
  });

  it('is valid for every valid request', () => {
    const request = fc.record({
      maxIntervalMs: fc.integer({ min: 6, max: 3200 }).map((units) => units * 1.25),
      latency: fc.integer({ min: 0, max: 499 }),
      requestedMs: fc.integer({ min: 10, max: 3200 }).map((units) => units * 10),
    });
    hci.connected(HANDLE, 5000);
    fc.assert(
      fc.property(request, ({ maxIntervalMs, latency, requestedMs }) => {
        fc.pre(requestedMs > (1 + latency) * maxIntervalMs * 2);
        expect(granted(maxIntervalMs, latency, requestedMs)).toBeGreaterThan(
          (1 + latency) * maxIntervalMs * 2,
        );
      }),
    );
  });
});
