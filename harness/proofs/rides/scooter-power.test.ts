import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readScenario } from '../../scenario/format/load.ts';
import type { Scenario } from '../../scenario/format/scenario.ts';
import { MomentCounter } from '../../scenario/player/moment-counter.ts';
import { runScript } from '../../scenario/player/script.ts';
import type { Simulation } from '../../world/simulation.ts';
import type { Service } from '../../world/systemd/service.ts';
import { RIDE_STATES } from '../../../simulator/ride/conditions.ts';
import { TestRide, TOKEN } from './testing/test-ride.ts';

let ride: TestRide;
beforeEach(() => {
  ride = new TestRide();
  ride.configure({ scooter: 'reconnect_window = 600' });
});
afterEach(() => ride.close());

describe('the client', () => {
  it('reaches a scooter that pauses before it advertises again', async () => {
    await ride.start({ token: TOKEN, advertisingDelayMs: 20_000 });
    const run = ride.command('run');
    await ride.clock.advance(20_000);
    const [link] = ride.world.air.links;
    link?.terminate(ride.world.scooterController, 0x13);
    await ride.clock.advance(19_000);
    expect(ride.countEvents('connected')).toBe(1);
    await ride.clock.advance(10_000);
    expect(ride.countEvents('loggedIn')).toBe(2);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
  });

  it('reads a scooter until that switches itself off for standing, and again when it is switched on', async () => {
    await ride.start({ token: TOKEN, autoOffMs: 120_000 });
    const { scooter } = ride.world;
    const run = ride.command('run');
    await ride.clock.advance(30_000);
    const ridden = ride.payloads.length;
    scooter.change(RIDE_STATES.parked);
    await ride.clock.advance(90_000);
    expect(ride.payloads.length).toBeGreaterThan(ridden + 10);
    await ride.clock.advance(120_000);
    expect(scooter.isOn).toBe(false);
    const atRest = ride.payloads.length;
    await ride.clock.advance(60_000);
    expect(ride.payloads.length).toBe(atRest);
    await ride.clock.until(ride.world.switchOn());
    await ride.clock.advance(30_000);
    expect(ride.countEvents('loggedIn')).toBe(2);
    expect(ride.payloads.at(-1)).toMatchObject({ speed_kmh: 0, battery_info: { current: 0.01 } });
    expect(Number(ride.payloads.at(-1)?.['uptime_sec'])).toBeLessThan(40);
    expect(ride.trace.filter(({ type }) => type === 'scooter.off')).toHaveLength(1);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
  });
});

/** A scenario in which two faults switch the scooter off. */
const overlap = (first: string, second: string): Scenario =>
  readScenario(
    ['title = "Overlap"', 'duration = "20 min"', '[[step]]', first, '[[step]]', second].join('\n'),
    'overlap.toml',
  );

/** Plays the steps of a scenario from now on. No step of these concerns the client. */
function play(scenario: Scenario): () => void {
  const { clock, world } = ride;
  const register = (): (() => void) => expect.unreachable();
  const simulation = Object.assign(world, {
    clock,
    service: {} as Service,
    register,
    replaceToken: () => expect.unreachable(),
    storePendingToken: () => expect.unreachable(),
    damageToken: () => expect.unreachable(),
    pause: () => expect.unreachable(),
    clockSource: world.clock,
    damageRow: () => expect.unreachable(),
    configure: () => expect.unreachable(),
  }) satisfies Simulation;
  return runScript(scenario, {
    simulation,
    seed: 1,
    record: () => undefined,
    moments: new MomentCounter(''),
  });
}

describe('a scooter that two faults switch off', () => {
  it.each([
    ['at = 20\nfault = "scooter.off"\nfor = 180', 'at = 30\nfault = "scooter.sleep"\nfor = 20', 200],
    ['at = 20\nfault = "scooter.sleep"\nfor = 180', 'at = 30\nfault = "scooter.reboot"', 200],
    ['at = 20\nfault = "scooter.reboot"\ntakes = 100', 'at = 30\nfault = "scooter.off"\nfor = 60', 120],
    ['at = 20\nfault = "scooter.off"\nfor = 60', 'at = 80\nfault = "scooter.off"\nfor = 60', 140],
  ])('is on again only when both have ended: %j and %j', async (first, second, onAtS) => {
    await ride.start({ token: TOKEN });
    const { clock, world } = ride;
    const end = play(overlap(first, second));
    await clock.advance(onAtS * 1000 - 1);
    expect(world.scooter.isOn).toBe(false);
    await clock.advance(1000);
    expect(world.scooter.isOn).toBe(true);
    end();
  });
});

describe('a scooter that is reset', () => {
  const reset = 'at = 30\nfault = "scooter.reset"';

  it('loses its pairing through its own firmware, and the client asks for another one', async () => {
    await ride.start({ token: TOKEN });
    const run = ride.command('run');
    const end = play(overlap('at = 20\nfault = "scooter.park"\nfor = 1', reset));
    expect(await ride.clock.until(run, 120_000)).toBe(77);
    expect(ride.scooterEvents.filter(({ type }) => type === 'factoryReset')).toHaveLength(1);
    expect(ride.countEvents('beep')).toBe(1);
    expect(ride.output).toContain('it is not paired with any device');
    end();
  });

  it('while it is off loses its pairing once it is switched on', async () => {
    await ride.start({ token: TOKEN });
    const end = play(overlap('at = 20\nfault = "scooter.off"\nfor = 60', reset));
    await ride.clock.advance(79_000);
    expect(ride.world.scooter.token).toEqual(TOKEN);
    await ride.clock.advance(3_000);
    expect(ride.world.scooter.token).toBeUndefined();
    end();
  });
});

describe('a scooter that an app restarts', () => {
  it.each([
    ['scooter.off', 'before it has done so', 200],
    ['scooter.off', 'before it starts again', 1_000],
    ['scooter.sleep', 'before it starts again', 1_000],
    ['scooter.off', 'while it starts again', 3_500],
  ])('stays off to the end of the fault %s that begins %s', async (fault, _, delayMs) => {
    await ride.start({ token: TOKEN });
    // Has to be loaded under the virtual clock.
    const { AppSession } = await import('../models/testing/app-session.ts');
    const app = await AppSession.open(ride);
    await app.write('esc', 0x78, Buffer.of(1, 0));
    const atS = (ride.clock.now() + delayMs) / 1000;
    const off = `at = ${atS}\nfault = "${fault}"\nfor = 60`;
    const end = play(overlap(off, 'at = 1199\nfault = "scooter.park"\nfor = 1'));
    await ride.clock.advance(4_000);
    const isOn = [];
    for (let s = 0; s < 56; s++) {
      await ride.clock.advance(1_000);
      isOn.push(ride.world.scooter.isOn);
    }
    expect(isOn).not.toContain(true);
    await ride.clock.advance(5_000);
    expect(ride.world.scooter.isOn).toBe(true);
    end();
    await app.close();
  });
});
