import { describe, expect, it } from 'vitest';
import { PACKET_ERROR } from '../../../client/ble/library-log.ts';
import { checkExpectations, type RunResult } from './expectations.ts';
import type { TraceEvent } from '../../world/trace/event.ts';

/** The result of a run of a second with some events. */
function runOf(...events: TraceEvent[]): RunResult {
  const config = {} as RunResult['config'];
  const crashStacks = new Map([[2, 'Error: x\n at y']]);
  return { events, endMs: 1_000, config, pendingTimers: 0, crashStacks, warningStacks: ['Error: z\n at w'] };
}

const runWith = (message: string): RunResult => runOf({ atMs: 0, type: 'log', level: 'error', message });

describe('a run', () => {
  it('has not passed if an error of the client cost only a packet', () => {
    const message = `${PACKET_ERROR} (count 1, err x is not a function)`;
    expect(checkExpectations({ guarantees: [] }, runWith(message))).toEqual([
      { key: 'crashes', expected: 'none', measured: message, atMs: 0 },
    ]);
  });

  it('has passed whatever else is logged', () => {
    expect(checkExpectations({ guarantees: [] }, runWith('the connection was lost'))).toEqual([]);
  });

  it('that crashes names the process and the stack', () => {
    const crash = { atMs: 5, type: 'client.ended', life: 2, how: 'crashed', error: 'Error: x' } as const;
    expect(checkExpectations({ guarantees: [] }, runOf(crash))).toEqual([
      {
        key: 'crashes',
        expected: 'none',
        measured: 'Error: x (process 2)',
        atMs: 5,
        stack: 'Error: x\n at y',
      },
    ]);
  });

  it('that Node.js warns of has failed, with the stack', () => {
    const warning = { atMs: 7, type: 'warning', name: 'MaxListenersExceededWarning', message: 'x' } as const;
    expect(checkExpectations({ guarantees: [] }, runOf(warning))).toEqual([
      {
        key: 'warnings',
        expected: 'none',
        measured: 'MaxListenersExceededWarning: x',
        atMs: 7,
        stack: 'Error: z\n at w',
      },
    ]);
  });

  it('fails a number at the first that is too many, or at its end', () => {
    const login = (atMs: number): TraceEvent => ({ atMs, type: 'login', ok: true });
    const times = [100, 200, 300];
    const atMs = (logins: number): (number | undefined)[] =>
      checkExpectations({ guarantees: [], logins }, runOf(...times.map(login))).map((failed) => failed.atMs);
    expect([atMs(1), atMs(3), atMs(4)]).toEqual([[200], [], [1_000]]);
  });
});
