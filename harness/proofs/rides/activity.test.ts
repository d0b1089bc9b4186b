import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestRide, TOKEN } from './testing/test-ride.ts';

let ride: TestRide;
beforeEach(() => {
  ride = new TestRide();
  ride.configure();
});
afterEach(() => ride.close());

const reports = (): readonly string[] =>
  ride.output.split('\n').filter((line) => line.includes('since the last report'));

describe('the log of a ride', () => {
  it('shows every ten minutes that samples are taken and delivered, without the position', async () => {
    await ride.start({ token: TOKEN });
    const run = ride.command('run');
    await ride.clock.advance(605_000);
    ride.stop();
    await ride.clock.until(run);
    expect(reports()).toHaveLength(2);
    expect(reports()[0]).toMatch(
      /INFO: samples since the last report \(taken 1, delivered 0, waiting 1, battery 62 %, fix (?:yes|no)\)$/,
    );
    expect(ride.output.indexOf('reading the scooter')).toBeGreaterThan(0);
    expect(ride.output.indexOf('reading the scooter')).toBeLessThan(
      ride.output.indexOf('samples since the last report'),
    );
    expect(reports()[1]).toMatch(/\(taken 1[12]\d, delivered 1[12]\d, waiting 0, battery 5\d %, fix yes\)$/);
  });

  it('shows after each reconnection that samples are taken again', async () => {
    await ride.start({ token: TOKEN });
    const run = ride.command('run');
    await ride.clock.advance(20_000);
    ride.radioGap(10_000);
    await ride.clock.advance(30_000);
    const broker = ride.world.broker;
    const afterGap = reports().length;
    expect(afterGap).toBe(2);
    broker.disconnectAll();
    await ride.clock.advance(20_000);
    ride.stop();
    await ride.clock.until(run);
    expect(reports()).toHaveLength(afterGap + 1);
  });
});

describe('the clock', () => {
  it('marks samples as soon as the kernel says that it is synchronised', async () => {
    await ride.start({ token: TOKEN });
    const { clock } = ride.world;
    clock.kernelSynced = false;
    clock.timesyncdSynced = true;
    const run = ride.command('run');
    await ride.clock.advance(25_000);
    expect(new Set(ride.payloads.map((payload) => payload['clock_synced']))).toEqual(new Set([false]));
    clock.kernelSynced = true;
    await ride.clock.advance(15_000);
    expect(ride.payloads.at(-1)?.['clock_synced']).toBe(true);
    ride.stop();
    await ride.clock.until(run);
  });
});
