import { describe, expect, it } from 'vitest';
import { blockReads } from '../../protocol/registers/block-reads.ts';
import { BLOCKS } from '../../protocol/registers/table.ts';
import type { TraceEvent } from '../world/trace/event.ts';
import { furtherReadings, publishedReadings, readings } from './testing/readings.ts';
import type { CycleBlock } from './view/blocks.ts';
import { TraceBuilder, type TraceOptions } from './testing/trace-builder.ts';

type Fields = Readonly<Record<string, unknown>>;
type Alter = (fields: Fields, topic: 'journal' | 'live') => Fields;

/** Violations by samples that the client alters before publishing them. */
function altered(alter: Alter, options: TraceOptions = {}) {
  const trace = TraceBuilder.riding(options);
  trace.alterSample = alter;
  trace.advance(5_000);
  return trace.result('S4').violations;
}

function omit(fields: Fields, left: string): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => name !== left));
}

const inside = (fields: Fields, part: string, change: Fields): Fields => ({
  ...fields,
  [part]: { ...(fields[part] as Fields), ...change },
});

describe('S4 holds', () => {
  it('if journal and live topic carry the values of scooter and GPS', () => {
    const trace = TraceBuilder.riding();
    trace.advance(60_000);
    expect(trace.result('S4')).toMatchObject({ violations: [], checks: 36 });
  });

  it('if the receiver has no fix, is not received, or is not configured', () => {
    const trace = TraceBuilder.riding();
    for (const gps of ['no fix', 'not received'] as const) {
      trace.gps = gps;
      trace.advance(20_000);
      trace.gps = 'fix';
      trace.advance(20_000);
    }
    expect(trace.result('S4').violations).toEqual([]);
    expect(TraceBuilder.riding({ serial: false }).result('S4').violations).toEqual([]);
  });

  it('for a new process that has received no fix yet', () => {
    const trace = TraceBuilder.riding();
    trace.gps = 'not received';
    trace.stop('killed');
    trace.advance(1_000);
    trace.start();
    trace.connect();
    trace.linkUp();
    trace.advance(10_000);
    expect(trace.result('S4').violations).toEqual([]);
  });

  it('if a reply came twice', () => {
    const trace = TraceBuilder.riding();
    trace.advance(2_700);
    const values = readings(99);
    const other = { ...values, live: { ...values.live, speedKmh: 1 } };
    trace.reply('live', values, 0);
    trace.reply('live', other, 1);
    trace.reply('battery', values, 30);
    trace.reply('range', values, 60);
    trace.storeSample(values, 80);
    trace.advance(200);
    expect(trace.result('S4').violations).toEqual([]);
  });

  it('for a sample that was not stored', () => {
    const trace = TraceBuilder.riding();
    trace.beginFault('disk.error');
    trace.storesSamples = false;
    trace.advance(30_000);
    expect(trace.result('S4')).toMatchObject({ violations: [], checks: 18 });
  });
});

/** The trace of a scooter whose blocks are read in parts of up to eight bytes. */
function inParts(events: readonly TraceEvent[]): TraceEvent[] {
  const partIds = new Map<number, readonly number[]>();
  return events.flatMap((event): TraceEvent[] => {
    if (event.type === 'reply.carried') return (partIds.get(event.id) ?? []).map((id) => ({ ...event, id }));
    if (event.type !== 'reply.sent') return [event];
    const block = Object.values(BLOCKS).find(
      ({ device, register }) => device === event.device && register === event.register,
    );
    const parts = blockReads(block ?? expect.unreachable(), 8).map(({ request, offset }, index) => ({
      ...event,
      id: 10 * event.id + index,
      register: request.register,
      data: event.data.slice(2 * offset, 2 * (offset + (request.data[0] ?? 0))),
    }));
    partIds.set(
      event.id,
      parts.map(({ id }) => id),
    );
    return parts;
  });
}

describe('S4 with blocks that are read in parts', () => {
  it('holds if the values are those of the parts', () => {
    const trace = TraceBuilder.riding();
    trace.advance(60_000);
    expect(trace.events.length).toBeLessThan(inParts(trace.events).length);
    expect(trace.result('S4', inParts)).toMatchObject({ violations: [], checks: 36 });
  });

  it.each([
    ['the first part', (fields: Fields) => ({ ...fields, mode: 1 })],
    ['the last part', (fields: Fields) => ({ ...fields, frame_temp: 19 })],
    ['a block of two parts', (fields: Fields) => inside(fields, 'battery_info', { temperature_2: 20 })],
  ])('is violated by a wrong value from %s', (_, alterSample) => {
    const trace = TraceBuilder.riding();
    trace.alterSample = alterSample;
    trace.advance(5_000);
    expect(trace.result('S4', inParts).violations).not.toEqual([]);
  });

  it('is violated by the value of an earlier poll', () => {
    const trace = TraceBuilder.riding();
    const uptimes: unknown[] = [];
    trace.alterSample = (fields, topic) => {
      if (topic === 'live') return fields;
      uptimes.push(fields['uptime_sec']);
      return { ...fields, uptime_sec: uptimes.at(-2) ?? fields['uptime_sec'] };
    };
    trace.advance(10_000);
    expect(trace.result('S4', inParts).violations).not.toEqual([]);
  });
});

describe('S4 with a silent block', () => {
  const SILENCES: readonly (readonly CycleBlock[])[] = [
    ['live'],
    ['battery'],
    ['range'],
    ['live', 'range'],
    ['battery', 'range'],
  ];

  it.each(SILENCES.map((blocks) => [blocks]))(
    'holds if the fields of %j are null until it answers',
    (blocks) => {
      const trace = TraceBuilder.riding();
      for (const block of blocks) trace.silentBlocks.add(block);
      trace.advance(60_000);
      trace.silentBlocks.clear();
      for (const block of blocks) trace.retry(block);
      trace.advance(30_000);
      const { violations, checks } = trace.result('S4');
      expect({ violations, checks }).toEqual({ violations: [], checks: 48 });
      for (const id of ['S1', 'L2'] as const) expect(trace.result(id).violations).toEqual([]);
    },
  );

  it('holds if the next sample does without a block that has answered a retry too late for it', () => {
    const trace = TraceBuilder.riding();
    trace.silentBlocks.add('battery');
    trace.advance(60_000);
    trace.reply('battery', readings(18), 0);
    trace.advance(5_000);
    expect(trace.result('S4').violations).toEqual([]);
  });

  const STALE: readonly [CycleBlock, Fields, string][] = [
    ['live', { speed_kmh: 12.35 }, 'speed_kmh null without a reply'],
    ['live', { locked: false }, 'locked null without a reply'],
    ['battery', { battery_info: publishedReadings(readings(6)).battery_info }, 'battery_info.capacity null'],
    ['range', { trip_distance_left_km: 26.1 }, 'trip_distance_left_km null without a reply'],
  ];

  it.each(STALE)('is violated by a client that goes on publishing a value of %s', (block, stale, bound) => {
    const trace = TraceBuilder.riding();
    trace.silentBlocks.add(block);
    trace.alterSample = (fields) => ({ ...fields, ...stale });
    trace.advance(5_000);
    const { violations } = trace.result('S4');
    expect(violations).toHaveLength(2);
    expect(violations[0]?.bound).toContain(bound);
  });

  it.each(STALE)('is violated by null although %s was answered', (block) => {
    const trace = TraceBuilder.riding();
    const polled = { ...readings(7), [block]: null };
    const silent = { ...publishedReadings(polled), ...furtherReadings(polled) };
    trace.alterSample = (fields) => ({ ...fields, ...silent });
    trace.advance(5_000);
    expect(trace.result('S4').violations).toHaveLength(2);
  });

  it('is violated by null after the block has answered again', () => {
    const trace = TraceBuilder.riding();
    trace.silentBlocks.add('range');
    trace.advance(60_000);
    trace.silentBlocks.clear();
    trace.retry('range');
    trace.alterSample = (fields) => ({ ...fields, trip_distance_left_km: null });
    trace.advance(5_000);
    expect(trace.result('S4').violations).toHaveLength(2);
  });
});

describe('S4 with a failed disk', () => {
  /** A trace in which samples of the fault are stored with the first one after it. */
  function late(alter: Alter = (fields) => fields) {
    const trace = TraceBuilder.riding();
    const step = trace.beginFault('disk.full');
    trace.alterSample = alter;
    trace.advance(15_000);
    trace.endFault(step);
    trace.advance(10_000);
    const firstMs = trace.events.find(({ type, atMs }) => type === 'taken' && atMs > 45_000)?.atMs ?? 0;
    return trace.result('S4', (events) =>
      events
        .map((event) =>
          event.type === 'taken' && event.atMs > 30_000 && event.atMs < firstMs
            ? { ...event, atMs: firstMs }
            : event,
        )
        .sort((a, b) => a.atMs - b.atMs),
    );
  }

  it('holds for samples that are stored late', () => {
    expect(late().violations).toEqual([]);
  });

  /** A trace in which samples with the same values are delivered during the fault, long after their polls. */
  function alike(gps: 'fix' | 'not received', alter: Alter = (fields) => fields): TraceBuilder {
    const trace = new TraceBuilder();
    trace.gps = gps;
    trace.alterSample = alter;
    trace.start();
    trace.connect();
    trace.advance(100);
    trace.linkUp();
    trace.advance(10_000);
    for (const block of ['live', 'battery'] as const) trace.silentBlocks.add(block);
    trace.advance(5_000);
    const step = trace.beginFault('disk.error');
    trace.diskWorks = false;
    trace.disconnect();
    trace.advance(30_000);
    trace.connect();
    trace.advance(2_000);
    trace.endFault(step);
    return trace;
  }

  it('holds for samples with the same values at different positions', () => {
    expect(alike('fix').result('S4').violations).toEqual([]);
  });

  it('holds for samples with the same values at different times', () => {
    expect(alike('not received').result('S4').violations).toEqual([]);
  });

  it('is violated by a time of no poll', () => {
    const trace = alike('not received', (fields) => ({
      ...fields,
      timestamp: String(fields['timestamp']).replace(/\d\.\d+/, '2.000'),
    }));
    expect(trace.result('S4').violations[0]).toMatchObject({
      bound: expect.stringContaining('timestamp') as string,
    });
  });

  it('is violated by values of no poll', () => {
    expect(late((fields) => ({ ...fields, mode: 1 })).violations[0]).toMatchObject({
      what: 'sample 7 of boot b1 matches no poll',
    });
  });
});

describe('S4 is violated', () => {
  it.each<[string, Alter, string, string]>([
    ['speed', (fields) => ({ ...fields, speed_kmh: 12.3 }), 'speed_kmh 12.352 of reply 19', '12.3'],
    [
      'odometer',
      (fields) => ({ ...fields, total_distance_m: 0 }),
      'total_distance_m 1306202 of reply 19',
      '0',
    ],
    ['lock', (fields) => ({ ...fields, locked: true }), 'locked false of reply 19', 'true'],
    [
      'battery',
      (fields) => inside(fields, 'battery_info', { temperature_1: 38 }),
      'battery_info.temperature_1 18 of reply 20',
      '38',
    ],
    [
      'range',
      (fields) => ({ ...fields, trip_distance_left_km: null }),
      'trip_distance_left_km 26.1 of reply 21',
      'null',
    ],
    [
      'latitude',
      (fields) => inside(fields, 'gpsinfo', { latitude: 43.371 }),
      'gpsinfo.latitude 43.37003',
      '43.371',
    ],
    ['longitude', (fields) => inside(fields, 'gpsinfo', { longitude: 8.4 }), 'gpsinfo.longitude -8.4', '8.4'],
    ['fix', (fields) => inside(fields, 'gpsinfo', { fix: false }), 'gpsinfo.fix true', 'false at 0.76 s'],
    ['age', (fields) => inside(fields, 'gpsinfo', { age_sec: 0.1 }), 'gpsinfo.age_sec 0.76 s', '0.1'],
    [
      'time',
      (fields) => inside(fields, 'gpsinfo', { time: null }),
      'gpsinfo.time 2026-05-04T06:00:30.000Z',
      'null',
    ],
    ['position', (fields) => ({ ...fields, gpsinfo: null }), 'gpsinfo an object', 'null'],
    ['altitude', (fields) => inside(fields, 'gpsinfo', { altitude: 5.2 }), 'gpsinfo.altitude 4.2', '5.2'],
    [
      'GPS speed',
      (fields) => inside(fields, 'gpsinfo', { gps_speed: 10.2 }),
      'gpsinfo.gps_speed 18.9',
      '10.2',
    ],
    [
      'timestamp',
      (fields) => ({ ...fields, timestamp: '2026-05-04T07:00:30.760+00:00' }),
      'timestamp 2026-05-04T06:00:30',
      '"2026-05-04T07:00:30.760+00:00"',
    ],
    [
      'form of a timestamp',
      (fields) => ({ ...fields, timestamp: '2026-05-04T06:00:30.760Z' }),
      'timestamp 2026-05-04T06:00:30',
      '"2026-05-04T06:00:30.760Z"',
    ],
    ['clock_synced', (fields) => ({ ...fields, clock_synced: false }), 'clock_synced true', 'false'],
  ])('by a wrong %s, in the journal and live', (_, alter, bound, measured) => {
    const violations = altered(alter);
    expect(violations).toHaveLength(2);
    for (const violation of violations) {
      expect(violation).toMatchObject({
        what: 'sample 7 of boot b1 published value matches no reply',
        bound: expect.stringContaining(bound) as string,
        measured,
      });
    }
  });

  it('by a sample with values of two polls', () => {
    const trace = TraceBuilder.riding();
    trace.advance(2_700);
    const [earlier, later] = [readings(6), readings(99)];
    trace.reply('live', later, 0);
    trace.reply('battery', later, 20);
    trace.reply('range', later, 40);
    trace.storeSample({ ...later, battery: earlier.battery }, 60);
    trace.advance(500);
    expect(trace.result('S4').violations[0]).toMatchObject({
      bound: 'battery_info.capacity 7318 of reply 23',
      measured: '7411',
    });
  });

  it('by an old position that is marked as fresh, and by a zero instead of null', () => {
    const trace = TraceBuilder.riding();
    trace.gps = 'not received';
    trace.advance(10_000);
    trace.alterSample = (fields) => inside(fields, 'gpsinfo', { fix: true });
    trace.advance(5_000);
    trace.alterSample = (fields, topic) =>
      topic === 'live' ? inside(fields, 'gpsinfo', { latitude: 0 }) : fields;
    trace.advance(5_000);
    expect(trace.result('S4').violations).toMatchObject([
      { bound: 'gpsinfo.fix false', measured: 'true at 10.76 s' },
      { bound: 'gpsinfo.fix false', measured: 'true at 10.76 s' },
      { bound: 'gpsinfo.latitude null', measured: '0' },
    ]);
  });

  it.each([
    ['a missing field', (fields: Fields) => omit(fields, 'mode')],
    ['a further field', (fields: Fields) => ({ ...fields, power: 1 })],
    ['another order', ({ mode, ...fields }: Fields) => ({ mode, ...fields })],
    ['a whole number with a decimal point', (fields: Fields) => ({ ...fields, trip_distance_m: 60.5 })],
  ])('by %s', (_, alter) => {
    expect(altered(alter)).toMatchObject([
      { what: 'sample 7 of boot b1 is not encoded as documented' },
      { what: 'sample 7 of boot b1 is not encoded as documented' },
    ]);
  });

  it.each(['altitude', 'gps_speed'])('by %s without a position', (name) => {
    const trace = TraceBuilder.riding();
    trace.gps = 'not received';
    trace.advance(10_000);
    trace.alterSample = (fields) => inside(fields, 'gpsinfo', { [name]: 3 });
    trace.advance(5_000);
    expect(trace.result('S4').violations).toMatchObject([
      { bound: `gpsinfo.${name} 0`, measured: '3' },
      { bound: `gpsinfo.${name} null`, measured: '3' },
    ]);
  });

  it('by a position without a receiver', () => {
    const violations = altered((fields) => inside(fields, 'gpsinfo', { latitude: 0 }), {
      serial: false,
      mqtt: 'nofix = "null"',
    });
    expect(violations).not.toEqual([]);
  });

  it('by a second delivery that differs from the first', () => {
    const trace = TraceBuilder.riding();
    const first = trace.events.find((event) => event.type === 'received' && event.topic.endsWith('realtime'));
    if (first?.type !== 'received') throw new Error('nothing was delivered');
    trace.publish('journal', first.payload);
    expect(trace.result('S4').violations).toEqual([]);
    trace.publish('journal', first.payload.replace('"mode":2', '"mode":1'));
    expect(trace.result('S4').violations).toMatchObject([
      { what: 'sample 1 of boot b1 was delivered again with other contents' },
    ]);
  });

  it('by a payload that is no sample, and by a sample without a poll', () => {
    const trace = TraceBuilder.riding();
    trace.publish('journal', 'hello');
    const first = trace.events.find((event) => event.type === 'received' && event.topic.endsWith('live'));
    const payload = first?.type === 'received' ? first.payload : '';
    trace.publish('live', payload.replace('"seq":1', '"seq":99').replace('7416', '1'));
    expect(trace.result('S4').violations).toMatchObject([
      { what: 'sample 99 of boot b1 matches no poll' },
      { what: 'the published payload is no sample', measured: 'hello' },
    ]);
  });

  it('by a reply that was never delivered', () => {
    const trace = TraceBuilder.riding();
    const undelivered = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
      events.filter((event) => !(event.type === 'reply.carried' && event.id > 15));
    expect(trace.result('S4', undelivered).violations).not.toEqual([]);
  });
});
