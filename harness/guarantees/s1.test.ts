import { describe, expect, it } from 'vitest';
import type { TraceEvent } from '../world/trace/event.ts';
import { readings } from './testing/readings.ts';
import { TraceBuilder, type TraceOptions } from './testing/trace-builder.ts';

/** Everything but the events of a sample on the journal's topic. */
const undelivered =
  (...seqs: readonly number[]) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] =>
    events.filter(
      (event) => !(event.type === 'received' && event.topic.endsWith('realtime') && has(event.payload, seqs)),
    );

const untaken =
  (...seqs: readonly number[]) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] =>
    undelivered(...seqs)(events).filter((event) => !(event.type === 'taken' && seqs.includes(event.seq)));

function has(payload: string, seqs: readonly number[]): boolean {
  return seqs.includes((JSON.parse(payload) as { seq: number }).seq);
}

/** A client that says after a while that samples will never come. */
function dropping(options: TraceOptions, range: { reason: string; from: number; to: number }): TraceBuilder {
  const trace = TraceBuilder.riding(options);
  trace.advance(150_000);
  trace.droppedRanges = [{ boot_id: 'b1', ...range }];
  trace.advance(90_000);
  return trace;
}

describe('S1 holds', () => {
  it('where every poll is stored and delivered', () => {
    const trace = TraceBuilder.riding();
    trace.advance(60_000);
    expect(trace.verdict('S1')).toMatchObject({
      violations: [],
      closest: { bound: 'within 1 s', measured: '0 s' },
    });
    expect(trace.verdict('S1').checks).toBeGreaterThan(30);
  });

  it('over a kill of the client, and a power cut', () => {
    const trace = TraceBuilder.riding();
    for (const how of ['killed', 'power cut'] as const) {
      trace.beginFault('client.kill');
      trace.stop(how);
      trace.advance(5_000);
      trace.start();
      trace.connect();
      trace.linkUp();
      trace.advance(60_000);
    }
    expect(trace.verdict('S1').violations).toEqual([]);
  });

  it('where the broker has been away and the rest had no time to arrive', () => {
    const trace = TraceBuilder.riding();
    const step = trace.beginFault('broker.stop');
    trace.disconnect();
    trace.advance(300_000);
    trace.endFault(step);
    trace.connect();
    trace.advance(500);
    expect(trace.verdict('S1').violations).toEqual([]);
  });
});

describe('S1 is broken', () => {
  it('by a poll that is not stored', () => {
    const trace = TraceBuilder.riding();
    trace.advance(60_000);
    const { violations } = trace.verdict('S1', untaken(8));
    expect(violations[0]).toMatchObject({
      what: 'a poll yielded no sample',
      bound: 'within 1 s',
      measured: 'not at all',
    });
  });

  it('by a sample that was stored twice over', () => {
    const trace = TraceBuilder.riding();
    trace.storeSample(readings(1), 500);
    trace.advance(60_000);
    expect(trace.verdict('S1').violations[0]?.what).toMatch(/stored though the scooter had said nothing new/);
  });

  it('by a sample that was published without being stored', () => {
    const trace = TraceBuilder.riding();
    trace.advance(30_000);
    const { violations } = trace.verdict('S1', (events) =>
      events.filter((event) => !(event.type === 'taken' && event.seq === 8)),
    );
    expect(violations.map(({ what }) => what)).toContain(
      'sample 8 of boot b1 was published, but not stored before',
    );
  });

  it('by samples that never came, though later ones did', () => {
    const trace = TraceBuilder.riding();
    trace.advance(120_000);
    expect(trace.verdict('S1', undelivered(7, 8, 10)).violations).toMatchObject([
      {
        what: 'samples 7 to 8 of boot b1 never came, and the client has not said why',
        measured: '2 samples',
      },
      { what: 'sample 10 of boot b1 never came, and the client has not said why', measured: '1 sample' },
      { what: expect.stringContaining('samples 7 to 8') as string },
      { what: expect.stringContaining('sample 10') as string },
    ]);
  });

  it('by the last samples, where the broker had the time for them', () => {
    const trace = TraceBuilder.riding();
    trace.advance(30_000);
    const last = trace.events.findLast((event) => event.type === 'taken');
    trace.advance(2_500);
    const { violations } = trace.verdict('S1', undelivered(last?.type === 'taken' ? last.seq : 0));
    expect(violations).toMatchObject([{ what: expect.stringContaining('had the time for it') as string }]);
  });

  it('by what a process left behind that was killed', () => {
    const trace = TraceBuilder.riding();
    const stop = trace.beginFault('broker.stop');
    trace.disconnect();
    trace.advance(10_000);
    trace.beginFault('client.kill');
    trace.stop('killed');
    trace.advance(5_000);
    trace.start();
    trace.endFault(stop);
    trace.connect();
    trace.linkUp();
    trace.advance(60_000);
    const lost = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
      events.filter((event) => !(event.type === 'received' && event.payload.includes('"b1","seq":8')));
    expect(trace.verdict('S1').violations).toEqual([]);
    expect(trace.verdict('S1', lost).violations).toMatchObject([
      { what: 'sample 8 of boot b1 never came, though the broker had the time for it' },
    ]);
  });
});

describe('what excuses a hole', () => {
  it('is a bound of the outbox that was reached, and nothing less', () => {
    const trace = dropping({ outbox: 'max_count = 20' }, { reason: 'count', from: 7, to: 8 });
    expect(trace.verdict('S1', undelivered(7, 8)).violations).toEqual([]);
    const early = dropping({ outbox: 'max_count = 20' }, { reason: 'count', from: 27, to: 28 });
    expect(early.verdict('S1', undelivered(27, 28)).violations).toMatchObject([
      {
        what: 'samples 27 to 28 of boot b1 were given up, allegedly for "count"',
        bound: 'only beside 20 others',
        measured: 'beside 9',
      },
    ]);
  });

  it('is the number of bytes that waited', () => {
    const trace = dropping({ outbox: 'max_bytes = 10_000' }, { reason: 'bytes', from: 7, to: 7 });
    expect(trace.verdict('S1', undelivered(7)).violations).toEqual([]);
    const roomy = dropping({}, { reason: 'bytes', from: 7, to: 7 });
    expect(roomy.verdict('S1', undelivered(7)).violations).toMatchObject([
      { bound: 'only above 1000000000 bytes' },
    ]);
  });

  it('is age, in full', () => {
    const trace = dropping({ outbox: 'max_age = 60' }, { reason: 'age', from: 2, to: 2 });
    expect(trace.verdict('S1', undelivered(2)).violations).toEqual([]);
    const young = dropping({ outbox: 'max_age = 600' }, { reason: 'age', from: 2, to: 2 });
    expect(young.verdict('S1', undelivered(2)).violations).toMatchObject([
      { bound: 'only when older than 600 s', measured: '174.34 s' },
    ]);
  });

  it('is a disk that failed, and only that', () => {
    const failing = TraceBuilder.riding();
    const step = failing.beginFault('disk.full');
    failing.storesSamples = false;
    failing.advance(10_000);
    failing.endFault(step);
    failing.storesSamples = true;
    failing.droppedRanges = [{ boot_id: 'b1', reason: 'disk', from: 7, to: 8 }];
    failing.advance(120_000);
    expect(failing.verdict('S1').violations).toEqual([]);
    const sound = dropping({}, { reason: 'disk', from: 7, to: 8 });
    expect(sound.verdict('S1', undelivered(7, 8)).violations).toMatchObject([
      { bound: 'only where the disk fails', measured: 'it never did' },
    ]);
  });

  it('is a broker that hung up three times', () => {
    const hangingUp = (times: number): TraceBuilder => {
      const trace = TraceBuilder.riding();
      for (let count = 0; count < times; count++) {
        trace.beginFault('broker.kick');
        trace.disconnect();
        trace.advance(2_000);
        trace.connect();
      }
      trace.droppedRanges = [{ boot_id: 'b1', reason: 'refused', from: 5, to: 5 }];
      trace.advance(120_000);
      return trace;
    };
    expect(hangingUp(3).verdict('S1', undelivered(5)).violations).toEqual([]);
    expect(hangingUp(1).verdict('S1', undelivered(5)).violations).toMatchObject([
      { bound: 'only after 3 hang-ups', measured: '1 hang-up' },
    ]);
  });

  it('is no reason that nobody knows', () => {
    const trace = dropping({}, { reason: 'fatigue', from: 7, to: 7 });
    expect(trace.verdict('S1', undelivered(7)).violations).toMatchObject([{ measured: 'fatigue' }]);
  });

  it('is no reason at all where the client had no time to give it', () => {
    const trace = TraceBuilder.riding();
    trace.disconnect();
    trace.advance(60_000);
    trace.connect();
    trace.advance(1_000);
    expect(trace.verdict('S1', undelivered(7)).violations).toEqual([]);
  });
});

describe('what excuses a poll that yields nothing', () => {
  it.each(['disk.error', 'adapter.mute', 'scooter.garbage'] as const)('is %s', (fault) => {
    const trace = TraceBuilder.riding();
    const step = trace.beginFault(fault);
    trace.advance(20_000);
    trace.endFault(step);
    trace.advance(30_000);
    const taken = trace.events.flatMap((event) =>
      event.type === 'taken' && event.atMs > 32_000 && event.atMs < 48_000 ? [event.seq] : [],
    );
    expect(taken).not.toEqual([]);
    expect(
      trace
        .verdict('S1', (events) =>
          events.filter((event) => !(event.type === 'taken' && taken.includes(event.seq))),
        )
        .violations.map(({ what }) => what),
    ).not.toContain('a poll yielded no sample');
  });

  it('is a disk that failed, until the client has had the time to find out that it works again', () => {
    const trace = TraceBuilder.riding();
    trace.storesSamples = false;
    trace.faultFor('disk.error', 20_000);
    trace.advance(62_000);
    expect(trace.verdict('S1').violations).toEqual([]);
    trace.advance(10_000);
    expect(trace.verdict('S1').violations).toMatchObject([{ what: 'a poll yielded no sample' }, {}]);
    trace.storesSamples = true;
    trace.advance(10_000);
    expect(trace.verdict('S1').violations).toHaveLength(2);
  });

  it('is the death of the client in that moment', () => {
    const trace = TraceBuilder.riding();
    trace.advance(31_000 - 300);
    const taken = trace.events.findLast((event) => event.type === 'taken');
    trace.stop('killed');
    trace.advance(10_000);
    const { violations } = trace.verdict('S1', untaken(taken?.type === 'taken' ? taken.seq : 0));
    expect(violations).toEqual([]);
  });

  it('is a full outbox that turns new samples away', () => {
    const full = TraceBuilder.riding({ outbox: 'max_count = 10\nwhen_full = "drop-newest"' });
    full.disconnect();
    full.advance(60_000);
    full.storesSamples = false;
    full.advance(60_000);
    expect(full.verdict('S1').violations).toEqual([]);
    const roomy = TraceBuilder.riding({ outbox: 'max_count = 100\nwhen_full = "drop-newest"' });
    roomy.storesSamples = false;
    roomy.advance(10_000);
    expect(roomy.verdict('S1').violations).toMatchObject([{ what: 'a poll yielded no sample' }, {}]);
  });

  it('is no trouble of the broker or of the receiver', () => {
    const trace = TraceBuilder.riding();
    trace.beginFault('broker.slow');
    trace.beginFault('gps.unplug');
    trace.storesSamples = false;
    trace.advance(10_000);
    expect(trace.verdict('S1').violations).toHaveLength(2);
  });
});
