import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualSocket } from '../../world/radio/virtual-socket.ts';
import { TestRide, TOKEN } from './testing/test-ride.ts';

/** How long bluetoothd takes to power on an adapter that has become free. */
const POWER_ON_MS = 100;
/** The longest that the client tries to take an adapter over. */
const TAKEOVER_MS = 5_000;

let ride: TestRide;
beforeEach(() => {
  ride = new TestRide();
  ride.configure();
});
afterEach(() => ride.close());

/** Runs `martinete scan`; resolves to its exit code. */
async function scan(): Promise<number> {
  const { main } = await import('../../../client/cli.ts');
  const args = ['scan', '--adapter', 'virtual'];
  return await ride.clock.until(main(args, ride.world.platform, new AbortController().signal), 20_000);
}

async function expectToRide(run: Promise<number>): Promise<void> {
  const before = ride.payloads.length;
  await ride.clock.advance(20_000);
  expect(ride.payloads.length).toBeGreaterThan(before + 2);
  ride.stop();
  expect(await ride.clock.until(run)).toBe(0);
}

describe('a Bluetooth service that powers the adapter on whenever it is free', () => {
  it('does not keep scan, scan, register, run, pause and another run from using it', async () => {
    await ride.start();
    const { adapter, scooter } = ride.world;
    adapter.autoEnable(POWER_ON_MS);
    for (const _ of [1, 2]) {
      expect(await scan()).toBe(0);
      await ride.clock.advance(1_000);
    }
    ride.onNext('beep', () => scooter.pressButton());
    expect(await ride.clock.until(ride.command('register', 'c8f09e000001'), 60_000)).toBe(0);
    await ride.clock.advance(1_000);

    const run = ride.command('run');
    await ride.clock.advance(20_000);
    expect(await ride.command('pause', '10s')).toBe(0);
    await ride.clock.advance(12_000);
    await expectToRide(run);

    await ride.clock.advance(1_000);
    await expectToRide(ride.command('run'));
    expect(ride.output.match(/c8:f0:9e:00:00:01 .*MIScooter/g)).toHaveLength(2);
  });

  it('does not end a search for longer than an instance of noble lasts', async () => {
    ride.configure({ scooter: 'search_window = 1200' });
    await ride.start({ token: TOKEN });
    const { adapter, scooter } = ride.world;
    adapter.autoEnable(POWER_ON_MS);
    scooter.close();
    const run = ride.command('run');
    await ride.clock.advance(15 * 60_000);
    await ride.clock.until(scooter.start());
    await expectToRide(run);
  });

  it('leaves the adapter free when it ends', async () => {
    await ride.start({ token: TOKEN });
    const end = ride.world.adapter.autoEnable(POWER_ON_MS);
    end();
    await expectToRide(ride.command('run'));
  });
});

describe('a simulated scooter on an adapter that a Bluetooth service powers on whenever it is free', () => {
  it('advertises, is ridden, and does so again each time it is switched on', async () => {
    await ride.start({ token: TOKEN });
    const { world, clock } = ride;
    world.switchOff();
    const { VirtualScooter } = await import('../../../simulator/scooter.ts');
    const { VirtualAdapter } = await import('../../world/radio/virtual-adapter.ts');
    const adapter = new VirtualAdapter(world.scooterController);
    adapter.autoEnable(POWER_ON_MS);
    const scooter = new VirtualScooter({
      adapter,
      address: 'c8:f0:9e:00:00:01',
      token: TOKEN,
      random: (count) => Buffer.alloc(count, 1),
    });
    const run = ride.command('run');
    for (const _ of [1, 2, 3]) {
      const before = ride.payloads.length;
      await clock.until(scooter.start());
      await clock.advance(30_000);
      expect(ride.payloads.length).toBeGreaterThan(before + 2);
      scooter.close();
      // The service has powered the adapter on again by then.
      await clock.advance(10 * POWER_ON_MS);
    }
    ride.stop();
    expect(await clock.until(run)).toBe(0);
  });

  it('says which program holds the adapter if that is another one', async () => {
    await ride.start({ token: TOKEN });
    const { world, clock } = ride;
    world.switchOff();
    const held = new VirtualSocket(world.scooterController);
    held.bindUser();
    await expect(clock.until(world.scooter.start(), 60_000)).rejects.toThrow(
      'hci0 is busy: another program uses it exclusively',
    );
    held.stop();
    await clock.until(world.scooter.start());
    await expectToRide(ride.command('run'));
  });
});

describe('an adapter that another program uses exclusively', () => {
  it('ends the client with 71, and a message that says so', async () => {
    await ride.start({ token: TOKEN });
    const { controller } = ride.world.adapter;
    const held = new VirtualSocket(controller);
    held.bindUser();
    const beganMs = ride.clock.now();
    expect(await ride.clock.until(ride.command('run'), 60_000)).toBe(71);
    expect(ride.clock.now() - beganMs).toBeLessThanOrEqual(TAKEOVER_MS);
    expect(ride.output).toContain('hci0 is busy: another program uses it exclusively');
    held.stop();
  });

  it('is used as soon as that program ends', async () => {
    await ride.start({ token: TOKEN });
    const held = new VirtualSocket(ride.world.adapter.controller);
    held.bindUser();
    const run = ride.command('run');
    await ride.clock.advance(TAKEOVER_MS / 2);
    held.stop();
    await expectToRide(run);
  });
});
