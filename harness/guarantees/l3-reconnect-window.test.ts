import { describe, expect, it } from 'vitest';
import type { FaultName } from '../scenario/faults/table.ts';
import type { EventContent } from '../world/trace/event.ts';
import { TraceBuilder } from './testing/trace-builder.ts';

const WINDOW_MS = 120_000;
const EVERY_MS = 20_000;

interface Loss {
  /** When the client exits, after the link was lost. */
  readonly afterMs?: number;
  readonly code?: number;
  /** Interval between attempts. */
  readonly everyMs?: number;
  readonly try?: EventContent;
  /** Another fault at the same time. */
  readonly beside?: FaultName;
  /** Whether the broker is stopped as well. */
  readonly stopped?: boolean;
  /** When the adapter fails for a moment, after the last reply and 3 s or more before the end of the link. */
  readonly flapMs?: number;
}

/** A scooter that goes out of range permanently, with a reconnect window of 2 min. */
function losing({
  afterMs = WINDOW_MS,
  code = 75,
  everyMs = EVERY_MS,
  try: attempt = { type: 'link.attempt' },
  beside,
  stopped = false,
  flapMs,
}: Loss = {}): TraceBuilder {
  const trace = TraceBuilder.riding({ scooter: `reconnect_window = ${WINDOW_MS / 1000}` });
  const gap = trace.beginFault('radio.gap');
  if (stopped) {
    trace.beginFault('broker.stop');
    trace.disconnect();
    trace.advance(1_000);
  }
  trace.scooterAnswers = false;
  trace.advance(flapMs ?? 0);
  if (flapMs !== undefined) trace.faultFor('adapter.flap', 10);
  trace.advanceTo(35_000 + (stopped ? 1_000 : 0));
  trace.linkDown();
  if (beside) trace.beginFault(beside);
  for (let waitedMs = everyMs; waitedMs < afterMs; waitedMs += everyMs) {
    trace.advance(everyMs);
    trace.record(attempt);
  }
  trace.advanceTo(35_000 + (stopped ? 1_000 : 0) + afterMs);
  trace.stop('exit', code);
  trace.advance(60_000);
  trace.endFault(gap);
  return trace;
}

describe('L3 holds', () => {
  it('if the client retries until the window ends, and then exits', () => {
    expect(losing().result('L3')).toMatchObject({ violations: [], checks: 3 });
  });

  it('and measures the time from the end of the window to the exit', () => {
    expect(losing({ afterMs: WINDOW_MS + 4_800 }).result('L3').closest).toEqual({
      bound: 'within 5 s',
      measured: '4.8 s',
    });
  });

  it('if the exit is delayed by the delivery of the last samples', () => {
    const trace = losing({ afterMs: WINDOW_MS + 34_000, stopped: true });
    expect(trace.result('L3')).toMatchObject({ violations: [], closest: { bound: 'within 35 s' } });
  });

  it('if the scooter is back in time and the client continues', () => {
    const trace = TraceBuilder.riding();
    const gap = trace.beginFault('radio.gap');
    trace.scooterAnswers = false;
    trace.advance(5_000);
    trace.linkDown();
    trace.advance(10_000);
    trace.endFault(gap);
    trace.scooterAnswers = true;
    trace.linkUp();
    trace.advance(60_000);
    expect(trace.result('L3')).toMatchObject({ violations: [], checks: 0 });
  });

  it('if the window begins with the failure of the adapter, before the link ends on the air', () => {
    expect(losing({ afterMs: WINDOW_MS - 3_000, flapMs: 2_000 }).result('L3').violations).toEqual([]);
  });

  it.each(['adapter.down', 'client.kill', 'client.term'] as const)('for any outcome with %s', (beside) => {
    expect(losing({ afterMs: 60_000, code: 71, beside }).result('L3').violations).toEqual([]);
  });
});

describe('L3 is violated', () => {
  it('if the client exits too early', () => {
    expect(losing({ afterMs: 60_000 }).result('L3').violations).toMatchObject([
      { what: 'the client exited with 75 too early', bound: 'after 120 s', measured: '60 s' },
    ]);
  });

  it('if the client exits before a window that begins with the failure of the adapter has ended', () => {
    expect(losing({ afterMs: WINDOW_MS - 5_000, flapMs: 2_000 }).result('L3').violations).toMatchObject([
      { what: 'the client exited with 75 too early', bound: 'after 117 s', measured: '115 s' },
    ]);
  });

  it('if the client exits too late, or never', () => {
    expect(losing({ afterMs: WINDOW_MS + 6_000 }).result('L3').violations).toMatchObject([
      {
        what: 'the client did not exit in time after a window of 120 s',
        bound: 'within 5 s',
        measured: '6 s',
      },
    ]);
    const never = losing({ afterMs: 600_000 }).result('L3', (events) =>
      events.filter(({ type }) => type !== 'client.ended'),
    );
    expect(never.violations.map(({ what, measured }) => `${what}: ${measured}`)).toEqual([
      'the client did not give up: not at all',
      'the client did not exit in time after a window of 120 s: not at all',
    ]);
  });

  it('if the exit code is another one', () => {
    expect(losing({ code: 69 }).result('L3').violations).toMatchObject([
      {
        what: 'the client exited with another code after the window',
        bound: 'exit 75',
        measured: 'exit 69',
      },
    ]);
  });

  it.each(['gps.unplug', 'broker.kick', 'disk.full'] as const)('even with %s', (beside) => {
    expect(losing({ afterMs: WINDOW_MS + 36_000, beside }).result('L3').violations).toHaveLength(1);
  });

  it('if the client makes too few attempts', () => {
    expect(losing({ everyMs: 50_000 }).result('L3').violations).toMatchObject([
      {
        what: 'too few attempts to reach the scooter',
        bound: 'an attempt every 42 s',
        measured: 'none for 50 s',
      },
    ]);
  });

  it('but not if it scans all the time', () => {
    const trace = losing({ everyMs: 40_000, try: { type: 'scan', on: true } });
    expect(trace.result('L3').violations).toEqual([]);
  });

  it.each(['link.refuse', 'scooter.busy', 'scooter.mute', 'link.stall'] as const)(
    'if the client never gives up a scooter that it cannot read because of %s',
    (fault) => {
      const trace = TraceBuilder.riding({ scooter: 'reconnect_window = 60' });
      trace.beginFault(fault);
      trace.linkDown();
      trace.advance(300_000);
      expect(trace.result('L3').violations).toMatchObject([
        { what: 'the client did not give up', measured: 'not at all' },
      ]);
    },
  );

  it('if the client keeps an adapter that is unusable', () => {
    const trace = TraceBuilder.riding();
    const step = trace.beginFault('adapter.down');
    trace.linkDown();
    trace.advance(300_000);
    trace.endFault(step);
    trace.advance(1_000);
    expect(trace.result('L3').violations).toMatchObject([
      { what: 'the client did not exit although its adapter was unusable', measured: 'not at all' },
    ]);
  });
});
