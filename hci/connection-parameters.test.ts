import { describe, expect, it } from 'vitest';
import { encodeParameterUpdateRequest, satisfies } from './connection-parameters.ts';

const REQUESTED = { minIntervalMs: 15, maxIntervalMs: 30, latency: 0, supervisionTimeoutMs: 900 };

describe('a request for connection parameters', () => {
  it('has the format of Bluetooth Core Vol 3 Part A, 4.20', () => {
    // Code, identifier and length, then intervals of 12 and 24 × 1.25 ms, no latency, and 90 × 10 ms.
    expect(encodeParameterUpdateRequest(REQUESTED).toString('hex')).toBe('120108000c00180000005a00');
  });

  it.each([
    [{ intervalMs: 15, supervisionTimeoutMs: 900 }, true],
    [{ intervalMs: 30, supervisionTimeoutMs: 900 }, true],
    [{ intervalMs: 13.75, supervisionTimeoutMs: 900 }, false],
    [{ intervalMs: 31.25, supervisionTimeoutMs: 900 }, false],
    [{ intervalMs: 20, supervisionTimeoutMs: 5000 }, false],
  ])('is satisfied by %o: %s', (current, isSatisfied) => {
    expect(satisfies(REQUESTED, current)).toBe(isSatisfied);
  });
});
