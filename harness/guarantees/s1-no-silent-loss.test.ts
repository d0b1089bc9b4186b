import { describe, expect, it } from 'vitest';
import type { FaultName } from '../scenario/faults/table.ts';
import type { TraceEvent } from '../world/trace/event.ts';
import type { Violation } from './guarantee.ts';
import { readings } from './testing/readings.ts';
import { TraceBuilder, type TraceOptions } from './testing/trace-builder.ts';

/** Removes samples from the journal topic. */
const undelivered =
  (...seqs: readonly number[]) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] =>
    events.filter(
      (event) => !(event.type === 'received' && event.topic.endsWith('realtime') && has(event.payload, seqs)),
    );

/** Moves the delivery of a sample to the times of a fault. */
const receivedAt =
  (fault: FaultName, seq: number) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] => {
    const delivery = events.find(
      (event) => event.type === 'received' && event.topic.endsWith('realtime') && has(event.payload, [seq]),
    );
    const receptions = events.flatMap((event): TraceEvent[] =>
      delivery && event.type === 'fault.began' && event.fault === fault
        ? [{ ...delivery, atMs: event.atMs }]
        : [],
    );
    return [...undelivered(seq)(events), ...receptions].sort((a, b) => a.atMs - b.atMs);
  };

const receivedAtKicks = (seq: number): ReturnType<typeof receivedAt> => receivedAt('broker.kick', seq);

const isSoon = ({ what }: Violation): boolean => what.includes('soon after');

/** Removes samples from the journal topic and from the disk. */
const unstored =
  (...seqs: readonly number[]) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] =>
    undelivered(...seqs)(events).filter((event) => !(event.type === 'taken' && seqs.includes(event.seq)));

function has(payload: string, seqs: readonly number[]): boolean {
  return seqs.includes((JSON.parse(payload) as { seq: number }).seq);
}

/** A client that reports samples as dropped after a while. */
function dropping(options: TraceOptions, range: { reason: string; from: number; to: number }): TraceBuilder {
  const trace = TraceBuilder.riding(options);
  trace.advance(150_000);
  trace.droppedRanges = [{ boot_id: 'b1', ...range }];
  trace.advance(90_000);
  return trace;
}

describe('S1 holds', () => {
  it('if every poll is stored and delivered', () => {
    const trace = TraceBuilder.riding();
    trace.advance(60_000);
    expect(trace.result('S1')).toMatchObject({
      violations: [],
      closest: { bound: 'within 1 s', measured: '0 s' },
    });
    expect(trace.result('S1').checks).toBeGreaterThan(30);
  });

  it('across a kill of the client, and a power cut', () => {
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
    expect(trace.result('S1').violations).toEqual([]);
  });

  it('if the broker was away and there was no time to deliver the backlog', () => {
    const trace = TraceBuilder.riding();
    const step = trace.beginFault('broker.stop');
    trace.disconnect();
    trace.advance(300_000);
    trace.endFault(step);
    trace.connect();
    trace.advance(500);
    expect(trace.result('S1').violations).toEqual([]);
  });
});

describe('S1 is violated', () => {
  it.each(['live', 'battery', 'range'] as const)('if there is no sample while %s is silent', (block) => {
    const trace = TraceBuilder.riding();
    trace.silentBlocks.add(block);
    trace.storesSamples = false;
    trace.advance(60_000);
    expect(trace.result('S1').violations.length).toBeGreaterThanOrEqual(11);
  });

  it('if a poll is not stored', () => {
    const trace = TraceBuilder.riding();
    trace.advance(60_000);
    const { violations } = trace.result('S1', unstored(8));
    expect(violations[0]).toMatchObject({
      what: 'a poll yielded no sample',
      bound: 'within 1 s',
      measured: 'not at all',
    });
  });

  it('if a sample is stored without a poll', () => {
    const trace = TraceBuilder.riding();
    trace.storeSample(readings(1), 500);
    trace.advance(60_000);
    expect(trace.result('S1').violations[0]?.what).toMatch(/was stored without a poll/);
  });

  it('if a sample is published without being stored', () => {
    const trace = TraceBuilder.riding();
    trace.advance(30_000);
    const { violations } = trace.result('S1', (events) =>
      events.filter((event) => !(event.type === 'taken' && event.seq === 8)),
    );
    expect(violations.map(({ what }) => what)).toContain(
      'sample 8 of boot b1 was published, but not stored in time',
    );
  });

  it('if samples are missing and later ones are delivered', () => {
    const trace = TraceBuilder.riding();
    trace.advance(120_000);
    expect(trace.result('S1', undelivered(7, 8, 10)).violations).toMatchObject([
      {
        what: 'samples 7 to 8 of boot b1 not delivered and not reported as dropped',
        measured: '2 samples',
      },
      { what: 'sample 10 of boot b1 not delivered and not reported as dropped', measured: '1 sample' },
      { what: expect.stringContaining('samples 7 to 8') as string },
      { what: expect.stringContaining('sample 10') as string },
    ]);
  });

  it.each([
    ['after the last health report', 5, 0],
    ['before it', 23, 1],
  ] as const)('if a full outbox may have dropped a missing sample %s', (_, fromEnd, count) => {
    const trace = TraceBuilder.riding({ outbox: 'max_count = 3' });
    trace.advance(200_000);
    const taken = trace.events.flatMap((event) => (event.type === 'taken' ? [event.seq] : []));
    const { violations } = trace.result('S1', undelivered(taken.at(-fromEnd) ?? 0));
    const late = violations.filter(({ what }) => what.includes('although there was time'));
    expect(late).toHaveLength(count);
  });

  it('if the last samples are missing and there was time to deliver them', () => {
    const trace = TraceBuilder.riding();
    trace.advance(30_000);
    const last = trace.events.findLast((event) => event.type === 'taken');
    trace.advance(2_500);
    const { violations } = trace.result('S1', undelivered(last?.type === 'taken' ? last.seq : 0));
    expect(violations).toMatchObject([
      { what: expect.stringContaining('although there was time') as string },
    ]);
  });

  it('if the backlog of a killed process is lost', () => {
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
    expect(trace.result('S1').violations).toEqual([]);
    expect(trace.result('S1', lost).violations).toMatchObject([
      { what: 'sample 8 of boot b1 not delivered, although there was time' },
    ]);
  });
});

describe('a dropped sample', () => {
  it('is excused by max_count only if that was reached', () => {
    const trace = dropping({ outbox: 'max_count = 20' }, { reason: 'count', from: 7, to: 8 });
    expect(trace.result('S1', undelivered(7, 8)).violations).toEqual([]);
    const early = dropping({ outbox: 'max_count = 20' }, { reason: 'count', from: 27, to: 28 });
    expect(early.result('S1', undelivered(27, 28)).violations).toMatchObject([
      {
        what: 'samples 27 to 28 of boot b1 dropped without a matching fault, reason "count"',
        bound: 'at least 20 other samples',
        measured: '9',
      },
    ]);
  });

  it('is excused by max_count if the others were stored at the same time', () => {
    const trace = dropping({ outbox: 'max_count = 20' }, { reason: 'count', from: 7, to: 8 });
    const together = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
      undelivered(
        7,
        8,
      )(events)
        .map((event) => (event.type === 'taken' && event.seq > 6 ? { ...event, atMs: 150_000 } : event))
        .sort((a, b) => a.atMs - b.atMs);
    const drops = trace.result('S1', together).violations.filter(({ what }) => what.includes('dropped'));
    expect(drops).toEqual([]);
  });

  it('is excused by max_bytes only if that was reached', () => {
    const trace = dropping({ outbox: 'max_bytes = 10_000' }, { reason: 'bytes', from: 7, to: 7 });
    expect(trace.result('S1', undelivered(7)).violations).toEqual([]);
    const notFull = dropping({}, { reason: 'bytes', from: 7, to: 7 });
    expect(notFull.result('S1', undelivered(7)).violations).toMatchObject([
      { bound: 'more than 1000000000 bytes' },
    ]);
  });

  it('is excused by a limit that the owner has set only in a process that knew it', () => {
    const drop = { boot_id: 'b1', from: 7, to: 8, reason: 'count' };
    const limited = (isRestarted: boolean): TraceBuilder => {
      const trace = TraceBuilder.riding();
      trace.advance(150_000);
      const outbox = { maxCount: 20, maxBytes: 1e9, maxAgeMs: 1e9, whenFull: 'drop-oldest' } as const;
      trace.record({ type: 'client.configured', outbox });
      if (isRestarted) {
        trace.stop('exit');
        trace.advance(1_000);
        trace.start();
        trace.connect();
        trace.linkUp();
      }
      trace.droppedRanges = [drop];
      trace.advance(90_000);
      return trace;
    };
    const { violations } = limited(true).result('S1', undelivered(7, 8));
    expect(violations.filter(({ what }) => what.includes('without a matching fault'))).toEqual([]);
    expect(limited(false).result('S1', undelivered(7, 8)).violations).toMatchObject([
      { bound: 'at least 1000000 other samples' },
    ]);
  });

  it('is excused by max_age only if that was reached', () => {
    const trace = dropping({ outbox: 'max_age = 60' }, { reason: 'age', from: 2, to: 2 });
    expect(trace.result('S1', undelivered(2)).violations).toEqual([]);
    const young = dropping({ outbox: 'max_age = 600' }, { reason: 'age', from: 2, to: 2 });
    expect(young.result('S1', undelivered(2)).violations).toMatchObject([
      { bound: 'older than 600 s', measured: 'at most 175.34 s' },
    ]);
  });

  it('is excused by a step of the clock only if another process took the sample', () => {
    const range = { reason: 'age', from: 2, to: 2 };
    const stepped = (): TraceBuilder => {
      const trace = TraceBuilder.riding({ outbox: 'max_age = 600' });
      trace.advance(20_000);
      trace.record({ type: 'clock.stepped', byMs: 3_600_000 });
      return trace;
    };
    const same = stepped();
    same.droppedRanges = [{ boot_id: 'b1', ...range }];
    same.advance(90_000);
    expect(same.result('S1', undelivered(2)).violations).toMatchObject([{ bound: 'older than 600 s' }]);
    const other = stepped();
    other.stop('exit');
    other.start();
    other.droppedRanges = [{ boot_id: 'b1', ...range }];
    other.advance(90_000);
    expect(other.result('S1', undelivered(2)).violations).toEqual([]);
  });

  it('is excused by a disk fault only if there was one, and memory was full', () => {
    const failing = (payloadBytes: number, waitMs = 0): TraceBuilder => {
      const trace = TraceBuilder.riding();
      const filler = 'x'.repeat(payloadBytes);
      trace.alterSample = (fields, topic) =>
        fields['seq'] === 7 && topic === 'journal' ? { ...fields, filler } : fields;
      trace.disconnect();
      const step = trace.beginFault('disk.full');
      trace.diskWorks = false;
      trace.advance(10_000);
      trace.endFault(step);
      trace.diskWorks = true;
      trace.connect();
      trace.advance(waitMs);
      trace.droppedRanges = [{ boot_id: 'b1', reason: 'disk', from: 8, to: 8 }];
      trace.advance(120_000);
      return trace;
    };
    const drops = ({ what }: Violation): boolean => what.includes('dropped');
    expect(failing(9_000_000).result('S1', undelivered(8)).violations.filter(drops)).toEqual([]);
    expect(failing(0).result('S1', undelivered(8)).violations.filter(drops)).toMatchObject([
      { bound: 'more than 16000000 bytes in memory' },
    ]);
    // Enough for the memory, but only after the disk worked again.
    expect(failing(4_000_000, 60_000).result('S1', undelivered(8)).violations.filter(drops)).toMatchObject([
      { bound: 'more than 16000000 bytes in memory' },
    ]);
    const sound = dropping({}, { reason: 'disk', from: 7, to: 8 });
    expect(sound.result('S1', undelivered(7, 8)).violations).toMatchObject([
      { bound: 'a disk fault', measured: 'none' },
    ]);
  });

  it('is excused if a fault has damaged the sample, or the index after its delivery', () => {
    const range = { reason: 'disk', from: 7, to: 8 };
    const damaged = dropping({}, range);
    const atMs = 100_000;
    const lost = ([...seqs]: readonly number[]): readonly TraceEvent[] =>
      seqs.map((seq) => ({ type: 'sample.damaged', bootId: 'b1', seq, atMs }));
    const withEvents =
      (added: readonly TraceEvent[], ...seqs: readonly number[]) =>
      (events: readonly TraceEvent[]): readonly TraceEvent[] =>
        [...undelivered(...seqs)(events), ...added].sort((a, b) => a.atMs - b.atMs);
    expect(damaged.result('S1', withEvents(lost([7, 8]), 7, 8)).violations).toEqual([]);
    expect(damaged.result('S1', withEvents(lost([7]), 7, 8)).violations).toMatchObject([
      { bound: 'a disk fault', measured: 'none' },
    ]);
    const index: TraceEvent = {
      type: 'fault.began',
      step: 9,
      fault: 'disk.rows',
      detail: 'which index-missing',
      atMs,
    };
    expect(damaged.result('S1', withEvents([...lost([8]), index], 8)).violations).toEqual([]);
    expect(damaged.result('S1', withEvents([index], 7, 8)).violations).toHaveLength(1);
  });

  it('is excused as refused only after three disconnects over two minutes', () => {
    const disconnecting = (times: number, everyMs: number): TraceBuilder => {
      const trace = TraceBuilder.riding();
      for (let count = 0; count < times; count++) {
        trace.beginFault('broker.kick');
        trace.disconnect();
        trace.advance(2_000);
        trace.connect();
        trace.advance(everyMs - 2_000);
      }
      trace.droppedRanges = [{ boot_id: 'b1', reason: 'refused', from: 5, to: 5 }];
      trace.advance(120_000);
      return trace;
    };
    expect(disconnecting(3, 60_000).result('S1', receivedAtKicks(5)).violations).toEqual([]);
    expect(disconnecting(3, 20_000).result('S1', receivedAtKicks(5)).violations).toMatchObject([
      { bound: 'at least 3 disconnects over 120 s', measured: '3 disconnects over 40 s' },
      { bound: 'received 3 times over 120 s', measured: '3 times over 40 s' },
    ]);
    expect(disconnecting(1, 60_000).result('S1', receivedAtKicks(5)).violations).toMatchObject([
      { measured: '1 disconnect over 0 s' },
      { measured: '1 time over 0 s' },
    ]);
    expect(disconnecting(3, 60_000).result('S1', undelivered(5)).violations).toMatchObject([
      { what: 'sample 5 of boot b1 was dropped as refused without evidence', measured: '0 times over 0 s' },
    ]);
    const taken = disconnecting(3, 60_000).events.findLast(({ type }) => type === 'taken');
    const late = taken?.type === 'taken' ? taken.seq : 0;
    const trace = disconnecting(3, 60_000);
    trace.droppedRanges = [{ boot_id: 'b1', reason: 'refused', from: late, to: late }];
    trace.advance(60_000);
    expect(trace.result('S1', undelivered(late)).violations).toContainEqual(
      expect.objectContaining({ measured: '0 disconnects over 0 s' }),
    );
  });

  it('costs at most one sample an hour while the broker acknowledges nothing', () => {
    const refusing = (apartMs: number): TraceBuilder => {
      const trace = TraceBuilder.riding();
      const poison = trace.beginFault('broker.poison');
      for (let count = 0; count < 3; count++) {
        trace.beginFault('broker.kick');
        trace.advance(60_000);
      }
      trace.stopPublishing();
      trace.advance(apartMs);
      for (let count = 0; count < 3; count++) {
        trace.beginFault('link.refuse');
        trace.advance(60_000);
      }
      trace.droppedRanges = [{ boot_id: 'b1', reason: 'refused', from: 4, to: 5 }];
      trace.connect();
      trace.advance(60_000);
      trace.endFault(poison);
      return trace;
    };
    const both = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
      receivedAt(
        'link.refuse',
        5,
      )(receivedAtKicks(4)(events)).filter(
        (event) =>
          event.type !== 'received' || !event.topic.endsWith('realtime') || has(event.payload, [4, 5]),
      );
    expect(refusing(4_000_000).result('S1', both).violations.filter(isSoon)).toEqual([]);
    expect(refusing(1_000_000).result('S1', both).violations.filter(isSoon)).toMatchObject([
      { what: 'sample 5 of boot b1 was dropped as refused soon after sample 4 of boot b1' },
    ]);
  });

  it('is not excused by an unknown reason', () => {
    const trace = dropping({}, { reason: 'fatigue', from: 7, to: 7 });
    expect(trace.result('S1', undelivered(7)).violations).toMatchObject([{ measured: 'fatigue' }]);
  });

  it('is excused if there was no time to report it', () => {
    const trace = TraceBuilder.riding();
    trace.disconnect();
    trace.advance(60_000);
    trace.connect();
    trace.advance(1_000);
    expect(trace.result('S1', undelivered(7)).violations).toEqual([]);
  });
});

describe('a poll without a sample', () => {
  it.each(['disk.error', 'adapter.mute', 'scooter.garbage'] as const)('is excused by %s', (fault) => {
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
        .result('S1', (events) =>
          events.filter((event) => !(event.type === 'taken' && taken.includes(event.seq))),
        )
        .violations.map(({ what }) => what),
    ).not.toContain('a poll yielded no sample');
  });

  it('is excused by a disk fault without a broker until the client had time to retry', () => {
    const trace = TraceBuilder.riding();
    trace.disconnect();
    trace.storesSamples = false;
    trace.faultFor('disk.error', 20_000);
    trace.advance(62_000);
    expect(trace.result('S1').violations).toEqual([]);
    trace.advance(10_000);
    expect(trace.result('S1').violations).toMatchObject([{ what: 'a poll yielded no sample' }, {}]);
    trace.storesSamples = true;
    trace.advance(10_000);
    expect(trace.result('S1').violations).toHaveLength(2);
  });

  it.each(['disk.error', 'disk.full', 'disk.slow'] as const)(
    'is not excused by %s while the broker is there',
    (fault) => {
      const trace = TraceBuilder.riding();
      trace.diskWorks = false;
      trace.faultFor(fault, 20_000);
      expect(trace.result('S1').violations).toEqual([]);
      trace.storesSamples = false;
      trace.faultFor(fault, 20_000);
      expect(trace.result('S1').violations).toMatchObject(
        Array.from({ length: 4 }, () => ({ what: 'a poll yielded no sample' })),
      );
    },
  );

  it('is excused by a kill of the client at that time', () => {
    const trace = TraceBuilder.riding();
    trace.advance(31_000 - 300);
    const taken = trace.events.findLast((event) => event.type === 'taken');
    trace.stop('killed');
    trace.advance(10_000);
    const { violations } = trace.result('S1', unstored(taken?.type === 'taken' ? taken.seq : 0));
    expect(violations).toEqual([]);
  });

  it.each([
    ['max_age = 40', []],
    ['max_age = 120', [expect.objectContaining({ what: 'a poll yielded no sample' })]],
  ])('is excused by %s if it was dropped before sync_interval, and reported', (limit, violations) => {
    const trace = TraceBuilder.riding({ outbox: `sync_interval = 60\n${limit}` });
    trace.disconnect();
    const lost = trace.events.findLast((event) => event.type === 'taken');
    const seq = lost?.type === 'taken' ? lost.seq + 1 : 0;
    trace.advance(100_000);
    trace.droppedRanges = [{ boot_id: 'b1', from: seq, to: seq, reason: 'age' }];
    trace.connect();
    trace.advance(121_000);
    trace.stop('exit');
    expect(trace.result('S1', unstored(seq)).violations).toEqual(violations);
  });

  it('is excused by a full outbox that drops new samples', () => {
    const full = TraceBuilder.riding({ outbox: 'max_count = 10\nwhen_full = "drop-newest"' });
    full.disconnect();
    full.advance(60_000);
    full.storesSamples = false;
    full.advance(60_000);
    expect(full.result('S1').violations).toEqual([]);
    const notFull = TraceBuilder.riding({ outbox: 'max_count = 20\nwhen_full = "drop-newest"' });
    notFull.storesSamples = false;
    notFull.advance(10_000);
    expect(notFull.result('S1').violations).toMatchObject([{ what: 'a poll yielded no sample' }, {}]);
  });

  it('is excused by a full outbox although many samples were delivered before they were stored', () => {
    const outbox = 'max_count = 10\nwhen_full = "drop-newest"\nsync_interval = 5';
    const trace = TraceBuilder.riding({ outbox });
    trace.diskWorks = false;
    trace.advance(500_000);
    trace.disconnect();
    trace.diskWorks = true;
    trace.advance(60_000);
    trace.storesSamples = false;
    trace.advance(60_000);
    expect(trace.result('S1').violations).toEqual([]);
  });

  it('is excused by a disk fault until samples are sent again with which the broker closed connections', () => {
    const trace = TraceBuilder.riding();
    trace.diskWorks = false;
    trace.beginFault('disk.full');
    const poison = trace.beginFault('broker.poison');
    trace.disconnect();
    trace.advance(10_000);
    trace.connect();
    trace.advance(1_000);
    trace.endFault(poison);
    trace.storesSamples = false;
    trace.advance(39_000);
    expect(trace.result('S1').violations).toEqual([]);
    trace.advance(10_000);
    expect(trace.result('S1').violations).toMatchObject([{ what: 'a poll yielded no sample' }]);
  });

  it('is not excused by a fault of the broker or the GPS receiver', () => {
    const trace = TraceBuilder.riding();
    trace.beginFault('broker.slow');
    trace.beginFault('gps.unplug');
    trace.storesSamples = false;
    trace.advance(10_000);
    expect(trace.result('S1').violations).toHaveLength(2);
  });
});
