import { describe, expect, it } from 'vitest';
import type { FaultName } from '../scenario/faults/table.ts';
import type { TraceEvent } from '../world/trace/event.ts';
import { TraceBuilder, type TraceOptions } from './testing/trace-builder.ts';

/** A ride with a radio gap at 31 s; the client resumes `delayMs` after its end. */
function ridingThrough(
  gapMs: number,
  { delayMs = 0, options = {} }: { delayMs?: number; options?: TraceOptions } = {},
): TraceBuilder {
  const trace = TraceBuilder.riding(options);
  trace.advance(1_000);
  trace.scooterAnswers = false;
  trace.faultFor('radio.gap', gapMs);
  trace.advance(delayMs);
  trace.resume();
  trace.advance(30_000);
  return trace;
}

/** The same, with another fault around the gap. */
function ridingThroughWith(fault: FaultName, beforeMs: number, forMs: number, delayMs: number): TraceBuilder {
  const trace = TraceBuilder.riding();
  trace.advance(21_000 - beforeMs);
  const step = trace.beginFault(fault);
  trace.advance(forMs);
  trace.endFault(step);
  trace.advance(21_000 - (trace.nowMs - 30_000));
  trace.scooterAnswers = false;
  trace.faultFor('radio.gap', 3_000);
  trace.advance(delayMs);
  trace.resume();
  trace.advance(30_000);
  return trace;
}

/** A ride with a radio gap, after which the scooter leaves a read unanswered; the client resumes `delayMs` after its end. */
function unansweredAfterGap(delayMs: number): TraceBuilder {
  const trace = TraceBuilder.riding();
  trace.scooterAnswers = false;
  trace.faultFor('radio.gap', 3_000);
  trace.withhold('battery', 100);
  trace.advance(delayMs);
  trace.resume();
  trace.advance(30_000);
  return trace;
}

describe('L1 holds', () => {
  it('if the samples resume later because the scooter leaves a read unanswered', () => {
    expect(unansweredAfterGap(7_500).result('L1')).toMatchObject({
      violations: [],
      closest: { bound: 'within 8 s' },
    });
  });

  it('if the session continues after a short gap', () => {
    expect(ridingThrough(4_900).result('L1')).toMatchObject({
      violations: [],
      checks: 1,
      closest: { bound: 'within 6.5 s', measured: '4.86 s' },
    });
  });

  it('for any outcome of a gap as long as the supervision timeout', () => {
    const trace = TraceBuilder.riding();
    trace.scooterAnswers = false;
    trace.advance(1_000);
    const step = trace.beginFault('radio.gap');
    trace.advance(5_000);
    trace.linkDown();
    trace.endFault(step);
    trace.advance(60_000);
    expect(trace.result('L1')).toEqual({ checks: 0, closest: undefined, delays: [], violations: [] });
  });

  it('up to the supervision timeout of the link', () => {
    const trace = ridingThrough(6_000);
    expect(trace.result('L1').checks).toBe(0);
    const update = { type: 'link.updated', supervisionMs: 8_000 } as const;
    const updated = trace.result('L1', (events) =>
      events.flatMap((event): TraceEvent[] =>
        event.type === 'login' ? [event, { ...update, atMs: event.atMs }] : [event],
      ),
    );
    expect(updated).toMatchObject({ checks: 1, violations: [] });
  });

  it('for any outcome without a session', () => {
    const trace = TraceBuilder.riding();
    trace.linkDown();
    trace.advance(1_000);
    trace.linkUp();
    trace.advance(100);
    trace.faultFor('radio.gap', 1_000);
    trace.advance(60_000);
    expect(trace.result('L1').checks).toBe(0);
  });

  it('for a scenario that ends before the next sample is due', () => {
    const trace = TraceBuilder.riding();
    trace.scooterAnswers = false;
    trace.advance(1_000);
    trace.faultFor('radio.gap', 3_000);
    trace.advance(6_000);
    expect(trace.result('L1').checks).toBe(0);
  });
});

describe('L1 is violated', () => {
  it('if the samples resume later than an unanswered read allows', () => {
    expect(unansweredAfterGap(8_500).result('L1').violations).toMatchObject([{ bound: 'within 8 s' }]);
  });

  it('if the next sample is late', () => {
    expect(ridingThrough(3_000, { delayMs: 8_000 }).result('L1')).toMatchObject({
      checks: 1,
      violations: [
        {
          what: 'no sample in time after a gap of 3 s',
          bound: 'within 6.5 s',
          measured: expect.stringMatching(/^(8|9|1\d)\.\d+ s$/) as string,
        },
      ],
    });
  });

  it('if no sample comes within the configured bound', () => {
    const options = { mqtt: 'send_interval = 2', scooter: 'request_timeout = 1' };
    expect(ridingThrough(3_000, { delayMs: 60_000, options }).result('L1').violations).toMatchObject([
      { bound: 'within 3 s' },
    ]);
  });

  it('if the link is lost in the gap', () => {
    const trace = TraceBuilder.riding();
    trace.advance(1_000);
    trace.scooterAnswers = false;
    const step = trace.beginFault('radio.gap');
    trace.advance(2_000);
    trace.linkDown();
    trace.advance(1_000);
    trace.endFault(step);
    trace.scooterAnswers = true;
    trace.linkUp();
    trace.advance(30_000);
    expect(trace.result('L1').violations).toMatchObject([
      {
        atMs: 33_000,
        what: 'link lost in a gap of 3 s',
        bound: 'only in gaps from 5 s',
        measured: 'lost 2 s into the gap',
      },
    ]);
  });
});

describe('a violation of L1', () => {
  it.each([
    'radio.loss',
    'link.stall',
    'scooter.mute',
    'scooter.silent',
    'adapter.mute',
    'client.term',
  ] as const)('is excused by %s during the gap, or before it if no poll has succeeded since', (fault) => {
    expect(ridingThroughWith(fault, 2_000, 4_000, 20_000).result('L1').checks).toBe(0);
    expect(ridingThroughWith(fault, 2_000, 1_900, 20_000).result('L1').checks).toBe(0);
  });

  it('is not excused by a fault that ended before the last successful poll', () => {
    expect(ridingThroughWith('radio.loss', 20_000, 5_000, 20_000).result('L1').violations).toHaveLength(1);
  });

  it.each(['broker.stop', 'gps.unplug', 'clock.step', 'disk.full'] as const)(
    'is not excused by %s',
    (fault) => {
      expect(ridingThroughWith(fault, 2_000, 60, 20_000).result('L1').violations).toHaveLength(1);
    },
  );
});
