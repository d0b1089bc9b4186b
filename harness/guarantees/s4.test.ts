import { describe, expect, it } from 'vitest';
import type { TraceEvent } from '../world/trace/event.ts';
import { readings } from './testing/readings.ts';
import { Story, type StoryOptions } from './testing/story.ts';

type Fields = Readonly<Record<string, unknown>>;
type Alter = (fields: Fields, topic: 'journal' | 'live') => Fields;

/** What comes of samples that the client alters before it publishes them. */
function altered(alter: Alter, options: StoryOptions = {}) {
  const story = Story.riding(options);
  story.alter = alter;
  story.after(5_000);
  return story.verdict('S4').violations;
}

const inside = (fields: Fields, part: string, change: Fields): Fields => ({
  ...fields,
  [part]: { ...(fields[part] as Fields), ...change },
});

describe('S4 holds', () => {
  it('where the journal and the live topic say what scooter and satellites have said', () => {
    const story = Story.riding();
    story.after(60_000);
    expect(story.verdict('S4')).toMatchObject({ violations: [], occasions: 36 });
  });

  it('while the receiver has no fix, is not heard, or is not there', () => {
    const story = Story.riding();
    for (const gps of ['no fix', 'unheard'] as const) {
      story.gps = gps;
      story.after(20_000);
      story.gps = 'fix';
      story.after(20_000);
    }
    expect(story.verdict('S4').violations).toEqual([]);
    expect(Story.riding({ serial: false }).verdict('S4').violations).toEqual([]);
  });

  it('for a new process that has heard nothing yet', () => {
    const story = Story.riding();
    story.gps = 'unheard';
    story.stop('killed');
    story.after(1_000);
    story.start();
    story.connect();
    story.linkUp();
    story.after(10_000);
    expect(story.verdict('S4').violations).toEqual([]);
  });

  it('where a reply came twice', () => {
    const story = Story.riding();
    story.after(2_700);
    const values = readings(99);
    const other = { ...values, live: { ...values.live, speedKmh: 1 } };
    story.reply('live', values, 0);
    story.reply('live', other, 1);
    story.reply('battery', values, 30);
    story.reply('range', values, 60);
    story.take(values, 80);
    story.after(200);
    expect(story.verdict('S4').violations).toEqual([]);
  });

  it('for a sample that the disk did not take', () => {
    const story = Story.riding();
    story.begin('disk.error');
    story.stores = false;
    story.after(30_000);
    expect(story.verdict('S4')).toMatchObject({ violations: [], occasions: 18 });
  });
});

describe('S4 where the disk does not work', () => {
  /** Samples of the trouble reach the disk with the first one after it. */
  function late(alter: Alter = (fields) => fields) {
    const story = Story.riding();
    const step = story.begin('disk.full');
    story.alter = alter;
    story.after(15_000);
    story.end(step);
    story.after(10_000);
    const firstMs = story.events.find(({ type, atMs }) => type === 'taken' && atMs > 45_000)?.atMs ?? 0;
    return story.verdict('S4', (events) =>
      events
        .map((event) =>
          event.type === 'taken' && event.atMs > 30_000 && event.atMs < firstMs
            ? { ...event, atMs: firstMs }
            : event,
        )
        .sort((a, b) => a.atMs - b.atMs),
    );
  }

  it('holds for samples that reach it late', () => {
    expect(late().violations).toEqual([]);
  });

  it('is broken by what no poll has said', () => {
    expect(late((fields) => ({ ...fields, mode: 1 })).violations[0]).toMatchObject({
      what: 'sample 7 of boot b1 came of no poll',
    });
  });
});

describe('S4 is broken', () => {
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
    ['position', ({ gpsinfo, ...fields }) => ({ ...fields, place: gpsinfo }), 'gpsinfo an object', 'nothing'],
  ])('by a wrong %s, in the journal and live', (_, alter, bound, measured) => {
    const violations = altered(alter);
    expect(violations).toHaveLength(2);
    for (const violation of violations) {
      expect(violation).toMatchObject({
        what: 'sample 7 of boot b1 says what nobody has said',
        bound: expect.stringContaining(bound) as string,
        measured,
      });
    }
  });

  it('by a sample that is made of two polls', () => {
    const story = Story.riding();
    story.after(2_700);
    const [earlier, later] = [readings(6), readings(99)];
    story.reply('live', later, 0);
    story.reply('battery', later, 20);
    story.reply('range', later, 40);
    story.take({ ...later, battery: earlier.battery }, 60);
    story.after(500);
    expect(story.verdict('S4').violations[0]).toMatchObject({
      bound: 'battery_info.capacity 7318 of reply 23',
      measured: '7411',
    });
  });

  it('by an old position that is called fresh, and by a zero where there is to be none', () => {
    const story = Story.riding();
    story.gps = 'unheard';
    story.after(10_000);
    story.alter = (fields) => inside(fields, 'gpsinfo', { fix: true });
    story.after(5_000);
    story.alter = (fields, topic) => (topic === 'live' ? inside(fields, 'gpsinfo', { latitude: 0 }) : fields);
    story.after(5_000);
    expect(story.verdict('S4').violations).toMatchObject([
      { bound: 'gpsinfo.fix false', measured: 'true at 10.76 s' },
      { bound: 'gpsinfo.fix false', measured: 'true at 10.76 s' },
      { bound: 'gpsinfo.latitude null', measured: '0' },
    ]);
  });

  it('by a position out of nothing', () => {
    const violations = altered((fields) => inside(fields, 'gpsinfo', { latitude: 0 }), {
      serial: false,
      mqtt: 'nofix = "null"',
    });
    expect(violations).not.toEqual([]);
  });

  it('by the second delivery that differs from the first', () => {
    const story = Story.riding();
    const first = story.events.find((event) => event.type === 'received' && event.topic.endsWith('realtime'));
    if (first?.type !== 'received') throw new Error('nothing was delivered');
    story.publish('journal', first.payload);
    expect(story.verdict('S4').violations).toEqual([]);
    story.publish('journal', first.payload.replace('"mode":2', '"mode":1'));
    expect(story.verdict('S4').violations).toMatchObject([
      { what: 'sample 1 of boot b1 was delivered again, but not as before' },
    ]);
  });

  it('by what is no sample, and by one that came of no poll', () => {
    const story = Story.riding();
    story.publish('journal', 'hello');
    const first = story.events.find((event) => event.type === 'received' && event.topic.endsWith('live'));
    const payload = first?.type === 'received' ? first.payload : '';
    story.publish('live', payload.replace('"seq":1', '"seq":99').replace('7416', '1'));
    expect(story.verdict('S4').violations).toMatchObject([
      { what: 'sample 99 of boot b1 came of no poll' },
      { what: 'something was published that is no sample', measured: 'hello' },
    ]);
  });

  it('by a reply that the air never carried', () => {
    const story = Story.riding();
    const uncarried = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
      events.filter((event) => !(event.type === 'reply.carried' && event.id > 15));
    expect(story.verdict('S4', uncarried).violations).not.toEqual([]);
  });
});
