import { describe, expect, it } from 'vitest';
import type { FaultName } from '../scenario/faults/table.ts';
import type { TraceEvent } from '../world/trace/event.ts';
import { TraceBuilder, type TraceOptions } from './testing/trace-builder.ts';

const RECEPTION = {
  'gps.silence': 'not received',
  'gps.unplug': 'not received',
  'gps.hang': 'not received',
  'gps.garbage': 'not received',
  'gps.nofix': 'no fix',
  'gps.fail': 'not received',
  'gps.denied': 'not received',
  'gps.unclosable': 'not received',
  'gps.unlisted': 'not received',
  'gps.checksum': 'not received',
  'gps.remembered': 'no fix',
} as const;

/** A ride with a GPS fault of `forMs`, after which the client receives fixes `backAfterMs` later. */
function failing(
  fault: keyof typeof RECEPTION,
  {
    forMs = 30_000,
    backAfterMs = 0,
    options = {},
    other,
  }: { forMs?: number; backAfterMs?: number; options?: TraceOptions; other?: FaultName } = {},
): TraceBuilder {
  const trace = TraceBuilder.riding(options);
  trace.gps = RECEPTION[fault];
  const step = trace.beginFault(fault);
  trace.advance(forMs / 2);
  if (other) trace.beginFault(other);
  trace.advance(forMs / 2);
  trace.endFault(step);
  trace.advance(backAfterMs);
  trace.gps = 'fix';
  trace.advance(30_000);
  return trace;
}

const without =
  (...seqs: readonly number[]) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] =>
    events.filter((event) => !(event.type === 'taken' && seqs.includes(event.seq)));

describe('L6 holds', () => {
  it.each(Object.keys(RECEPTION) as (keyof typeof RECEPTION)[])('during %s', (fault) => {
    expect(failing(fault, { backAfterMs: 500 }).result('L6')).toMatchObject({
      violations: [],
      checks: 2,
    });
  });

  it('if a full outbox rejects a sample', () => {
    const outbox = 'max_count = 3\nwhen_full = "drop-newest"';
    const trace = TraceBuilder.riding({ outbox });
    trace.disconnect();
    trace.advance(20_000);
    trace.faultFor('gps.silence', 30_000);
    trace.advance(30_000);
    expect(trace.result('L6', without(12, 13)).violations).toEqual([]);
  });

  it('if the port is closed because it was silent for one interval before the fault, and for one after it', () => {
    const silence = { forMs: 8_500, backAfterMs: 5_500 };
    expect(failing('gps.silence', silence).result('L6')).toMatchObject({ violations: [], checks: 2 });
  });
  it.each([
    ['gps.unplug', 4_000, []],
    ['gps.unplug', 8_000, ['gps.unplug']],
    ['gps.repeat', 4_000, ['gps.nofix', 'gps.repeat']],
  ] as const)(
    'after gps.nofix and %s, if a fix comes %d ms later, but for %j',
    (other, backAfterMs, late) => {
      const trace = failing('gps.nofix', { forMs: 2_000, backAfterMs, other });
      const ended = trace.events.find(({ type }) => type === 'fault.ended');
      const both = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
        events.flatMap((event) =>
          event === ended ? [event, { ...event, step: 2, fault: other } as TraceEvent] : [event],
        );
      expect(trace.result('L6', both).violations.map(({ what }) => what)).toEqual(
        late.map((fault) => `no fix in time after ${fault}`),
      );
    },
  );

  it('if the port is opened again after a fault that has ended with another one', () => {
    const trace = TraceBuilder.riding();
    trace.gps = 'not received';
    const silence = trace.beginFault('gps.silence');
    trace.advance(9_500);
    const noFix = trace.beginFault('gps.nofix');
    trace.advance(2_000);
    trace.endFault(silence);
    trace.endFault(noFix);
    trace.advance(3_000);
    trace.gps = 'fix';
    trace.advance(30_000);
    expect(trace.result('L6')).toMatchObject({ violations: [], checks: 3 });
  });

  it('for a client without a receiver', () => {
    expect(failing('gps.unplug', { options: { serial: false } }).result('L6').checks).toBe(0);
  });

  it('for a client that is not running', () => {
    const trace = TraceBuilder.riding();
    trace.stop('killed');
    trace.faultFor('gps.unplug', 10_000);
    trace.advance(30_000);
    expect(trace.result('L6').checks).toBe(0);
  });
});

describe('L6 is violated', () => {
  it('if a sample is late or missing while the receiver fails', () => {
    expect(failing('gps.unplug').result('L6', without(8)).violations).toMatchObject([
      { what: 'a sample was late or missing during gps.unplug', bound: 'within 6.5 s', measured: '10 s' },
    ]);
  });

  it('if samples are missing after the fault', () => {
    expect(failing('gps.silence', { forMs: 3_000 }).result('L6', without(7, 8)).violations).toMatchObject([
      { bound: 'within 6.5 s', measured: '9.5 s' },
    ]);
  });

  it('if the position recovers too late, or never', () => {
    expect(failing('gps.unplug', { backAfterMs: 9_500 }).result('L6').violations).toMatchObject([
      { what: 'no fix in time after gps.unplug', bound: 'within 2 s', measured: '10 s' },
    ]);
    const silence = { forMs: 7_500, backAfterMs: 5_500 };
    expect(failing('gps.silence', silence).result('L6').violations).toMatchObject([{ bound: 'within 2 s' }]);
    const options = { options: { mqtt: 'send_interval = 2' }, backAfterMs: 29_000 };
    expect(failing('gps.nofix', options).result('L6').violations).toHaveLength(1);
  });
});

describe('a port that fails by itself', () => {
  it.each([
    [4_500, 0],
    [8_500, 1],
  ])('violates L6 if a fix comes %d ms after the pause began, %d times', (backAfterMs, violations) => {
    const trace = TraceBuilder.riding();
    trace.record({ type: 'gps.opened' });
    trace.advance(2_000);
    trace.endFault(trace.beginFault('gps.fail'));
    trace.gps = 'not received';
    trace.advance(backAfterMs);
    trace.gps = 'fix';
    trace.advance(30_000);
    expect(trace.result('L6').violations).toHaveLength(violations);
  });
});

describe('a sample that is late while the scooter leaves reads unanswered', () => {
  it.each([
    [3, []],
    [1, [{ what: 'a sample was late or missing during gps.unplug', bound: 'within 8 s', measured: '10 s' }]],
  ] as const)('violates L6 only if %d of them explain too little', (reads, expected) => {
    const trace = TraceBuilder.riding();
    trace.gps = 'not received';
    const step = trace.beginFault('gps.unplug');
    trace.advance(6_000);
    for (let index = 0; index < reads; index++) trace.withhold('battery', index * 1_500);
    trace.advance(24_000);
    trace.endFault(step);
    trace.gps = 'fix';
    trace.advance(30_000);
    expect(trace.result('L6', without(8)).violations).toMatchObject(expected);
  });
});

describe('a violation of L6', () => {
  it.each(['radio.gap', 'link.stall', 'scooter.mute', 'scooter.silent', 'disk.full', 'client.term'] as const)(
    'by a missing sample is excused by %s',
    (other) => {
      const trace = failing('gps.unplug', { other });
      expect(trace.result('L6', without(9, 10, 11)).violations).toEqual([]);
    },
  );

  it.each(['broker.stop', 'gps.nofix', 'clock.step'] as const)(
    'by a missing sample is not excused by %s',
    (other) => {
      const trace = failing('gps.unplug', { other });
      expect(trace.result('L6', without(9, 10, 11)).violations).toContainEqual(
        expect.objectContaining({ what: 'a sample was late or missing during gps.unplug' }),
      );
    },
  );

  it('by a missing position is excused by another fault of the receiver', () => {
    const trace = TraceBuilder.riding();
    const first = trace.beginFault('gps.unplug');
    trace.gps = 'not received';
    trace.advance(10_000);
    const second = trace.beginFault('gps.silence');
    trace.endFault(first);
    trace.advance(30_000);
    trace.endFault(second);
    trace.gps = 'fix';
    trace.advance(30_000);
    expect(trace.result('L6')).toMatchObject({ violations: [], checks: 3 });
  });
});
