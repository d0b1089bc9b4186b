import { describe, expect, it } from 'vitest';
import { PACKET_ERROR } from '../../../client/ble/library-log.ts';
import type { RunResult } from './expectations.ts';
import { checkExpectations } from './expectations.ts';
import type { TraceEvent } from '../../world/trace/event.ts';

/** The result of a run with one log line. */
function runWith(message: string): RunResult {
  const event: TraceEvent = { atMs: 0, type: 'log', level: 'error', message };
  return { events: [event], endMs: 1_000, config: {} as RunResult['config'], pendingTimers: 0 };
}

describe('a run', () => {
  it('has not passed if an error of the client cost only a packet', () => {
    const message = `${PACKET_ERROR} (count 1, err x is not a function)`;
    expect(checkExpectations({ guarantees: [] }, runWith(message))).toEqual([
      { key: 'crashes', expected: 'none', measured: message },
    ]);
  });

  it('has passed whatever else is logged', () => {
    expect(checkExpectations({ guarantees: [] }, runWith('the connection was lost'))).toEqual([]);
  });
});
