import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sentence } from '../../../simulator/gps/nmea-writer.ts';
import { TestRide, TOKEN } from './testing/test-ride.ts';

/** Replaces each sentence of a receiver by its body, changed or dropped. */
type Change = (body: string) => string | undefined;

function changed(bytes: Buffer, change: Change): Buffer {
  const bodies = bytes.toString('ascii').match(/(?<=\$)[^*]+/g) ?? [];
  const kept = bodies.map(change).filter((body) => body !== undefined);
  return Buffer.from(kept.map(sentence).join(''), 'ascii');
}

const only =
  (type: string): Change =>
  (body) =>
    body.slice(2, 5) === type ? body : undefined;
/** Changes the fields of GGA. */
const gga =
  (change: (fields: string[]) => string[]): Change =>
  (body) =>
    body.slice(2, 5) === 'GGA' ? change(body.split(',')).join(',') : body;

describe('a client with a receiver that', () => {
  let ride: TestRide;
  beforeEach(() => {
    ride = new TestRide();
    ride.configure();
  });
  afterEach(() => ride.close());

  async function rideWith(change: Change, seconds: number) {
    await ride.start({ token: TOKEN });
    ride.world.gps.behaviours.add({ bytes: (bytes) => changed(bytes, change) });
    const run = ride.command('run');
    await ride.clock.advance(seconds * 1000);
    ride.stop();
    await ride.clock.until(run);
    return ride.payloads.slice(1).map(({ gpsinfo }) => gpsinfo);
  }

  it.each<[string, Change, object]>([
    ['sends RMC only', only('RMC'), { altitude: null, gps_speed: expect.any(Number) as number }],
    ['sends GGA only', only('GGA'), { altitude: expect.any(Number) as number, gps_speed: null, time: null }],
    ['has a field more in GGA', gga((fields) => [...fields, '']), { altitude: expect.any(Number) as number }],
    ['has no height in GGA', gga((fields) => fields.with(9, '').with(10, '')), { altitude: null }],
  ])('%s publishes its position all the same', async (_, change, expected) => {
    const positions = await rideWith(change, 30);
    expect(positions.length).toBeGreaterThanOrEqual(4);
    for (const position of positions) {
      expect(position).toMatchObject({ fix: true, ...expected });
      expect(position.latitude).toBeCloseTo(43.37, 1);
    }
  });

  it.each([
    ['every 5 s', [5]],
    ['after 1 s and 5 s in turns', [1, 5]],
    ['after 4 s, 1 s and 9 s in turns', [4, 1, 9]],
  ])('sends sentences %s is reported once, and not with each fix', async (_, secondsBetween) => {
    const due = new Set<number>();
    for (let at = 0, index = 0; at < 300; index++)
      due.add((at += secondsBetween[index % secondsBetween.length] ?? 1));
    let epoch = 0;
    const change: Change = (body) => body;
    await ride.start({ token: TOKEN });
    ride.world.gps.behaviours.add({
      bytes: (bytes) => (due.has(epoch++) ? changed(bytes, change) : Buffer.alloc(0)),
    });
    const run = ride.command('run');
    await ride.clock.advance(300_000);
    ride.stop();
    await ride.clock.until(run);
    expect(ride.output.match(/no GPS fix/g)?.length).toBeLessThanOrEqual(2);
    expect(ride.output.match(/INFO: GPS fix/g)?.length).toBeLessThanOrEqual(3);
  });

  it.each<[string, Change, string]>([
    ['estimates', gga((fields) => fields.with(6, '6')), 'estimated, manual or simulated'],
    ['sends no sentence with a position', only('GSA'), 'the receiver sends no position, only GSA'],
  ])('%s publishes none, and tells why every minute', async (_, change, reason) => {
    const positions = await rideWith(change, 130);
    expect(positions.map(({ fix }) => fix)).not.toContain(true);
    const lines = ride.output.match(/no position for (?:60|120) s: .*/g) ?? [];
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toContain(reason);
  });
});
