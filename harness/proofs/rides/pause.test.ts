import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Controller } from '../../world/radio/controller.ts';
import { OTHER_PI, SCOOTER } from '../../world/radio/testing/devices.ts';
import { TestCentral } from '../../world/radio/testing/central.ts';
import { EPOCH } from '../../world/clock/clock.ts';
import { TestRide, TOKEN } from './testing/test-ride.ts';

/** From the command to the end of the link: until the client checks for a pause, and the disconnect. */
const RELEASE_MS = 2_000;
/** From the end of a pause to the first sample. */
const RECOVERY_MS = 10_000;
const MINUTE_MS = 60_000;

let ride: TestRide;
let run: Promise<number>;
beforeEach(() => (ride = new TestRide()));
afterEach(() => ride.close());

/** Starts a client, which polls the scooter. */
async function begin(config: Parameters<TestRide['configure']>[0] = {}): Promise<void> {
  ride.configure(config);
  await ride.start({ token: TOKEN });
  run = ride.command('run');
  await ride.clock.advance(20_000);
}

/** Requests a pause, and waits until the client has released the scooter. */
async function pause(duration: string): Promise<void> {
  expect(await ride.command('pause', duration)).toBe(0);
  await ride.clock.advance(RELEASE_MS);
}

async function stop(): Promise<void> {
  ride.stop();
  expect(await ride.clock.until(run)).toBe(0);
}

/** The messages on `<base>/scooter`. */
function states(): string[] {
  return ride.trace.flatMap((event) =>
    event.type === 'received' && event.topic === 'vehicle/1/scooter' ? [event.payload] : [],
  );
}

/** Activities of the client on the air since then. */
function onAirSince(sinceMs: number): string[] {
  return ride.trace.flatMap((event) => {
    const { type, atMs } = event;
    const isActivity =
      (type === 'scan' && event.on) || type === 'link.attempt' || type === 'link.up' || type === 'login';
    return isActivity && atMs >= sinceMs ? [`${type} at ${atMs}`] : [];
  });
}

const samplesSince = (sinceMs: number): number =>
  ride.trace.filter(({ type, atMs }) => type === 'taken' && atMs >= sinceMs).length;

const isLinked = (): boolean => ride.world.adapter.controller.isConnectedTo(SCOOTER.address);

async function restart(): Promise<void> {
  await stop();
  run = ride.command('run');
}

/** Restarts the client after a boot of the Pi, whose wall clock has stepped meanwhile. */
async function reboot(wallStepMs: number): Promise<void> {
  await stop();
  ride.world.boot();
  ride.clock.stepWallClock(wallStepMs);
  run = ride.command('run');
}

describe('a pause', () => {
  it('releases the scooter within 2 s, keeps the radio idle, and reconnects by itself', async () => {
    await begin();
    const askedMs = ride.clock.now();
    await pause('10m');
    expect(ride.output).toContain('Paused: not connecting to the scooter until 06:10:20.');
    expect(isLinked()).toBe(false);
    expect(ride.world.adapter.sockets).toEqual([]);
    expect(states()).toEqual(['connected', 'paused']);
    await ride.clock.advance(10 * MINUTE_MS - RELEASE_MS - 1);
    expect(onAirSince(askedMs)).toEqual([]);
    expect(samplesSince(askedMs + RELEASE_MS)).toBe(0);

    const overMs = ride.clock.now();
    await ride.clock.advance(RECOVERY_MS);
    expect(states()).toEqual(['connected', 'paused', 'searching', 'connected']);
    expect(samplesSince(overMs)).toBeGreaterThanOrEqual(1);
    await ride.clock.advance(MINUTE_MS);
    await stop();
    expect(ride.payloads.map(({ seq }) => seq)).toEqual(ride.payloads.map((_, index) => index + 1));
    expect(ride.payloads.length).toBe(samplesSince(0));
  });

  it('makes the scooter available to other apps', async () => {
    await begin();
    await pause('10m');
    const phone = new TestCentral(new Controller(ride.world.air, { identity: OTHER_PI }), ride.clock);
    await ride.clock.advance(100);
    const scooter = await phone.find(SCOOTER);
    await phone.connect(scooter);
    await ride.clock.advance(8 * MINUTE_MS);
    expect(scooter.state).toBe('connected');
    await phone.disconnect(scooter);
    phone.close();
    ride.world.air.remove(phone.controller);
    await ride.clock.advance(2 * MINUTE_MS + RECOVERY_MS);
    expect(states().at(-1)).toBe('connected');
    await stop();
  });

  it('does not interrupt the delivery of stored samples', async () => {
    await begin();
    ride.world.broker.stop();
    await ride.clock.advance(30_000);
    await pause('10m');
    const delivered = ride.payloads.length;
    ride.world.broker.restart();
    await ride.clock.advance(5 * MINUTE_MS);
    expect(ride.payloads.length).toBeGreaterThanOrEqual(delivered + 5);
    expect(ride.payloads.length).toBe(samplesSince(0));
    expect(states().at(-1)).toBe('paused');
    await stop();
  });

  it('ends within 2 s after resume', async () => {
    await begin();
    await pause('2h');
    await ride.clock.advance(MINUTE_MS);
    expect(await ride.command('resume')).toBe(0);
    expect(ride.output).toContain('Resumed: searching for the scooter');
    const overMs = ride.clock.now();
    await ride.clock.advance(RECOVERY_MS);
    expect(onAirSince(overMs)[0]).toMatch(/^scan/);
    expect(states().at(-1)).toBe('connected');
    await stop();
  });

  it('can be repeated', async () => {
    await begin();
    for (let round = 0; round < 5; round++) {
      await pause('20s');
      expect(isLinked()).toBe(false);
      await ride.clock.advance(20_000 + RECOVERY_MS);
      expect(isLinked()).toBe(true);
    }
    await stop();
  });

  it.each([
    { moment: 'searching', afterMs: 3_000, isOn: false },
    { moment: 'starting the adapter', afterMs: 1, isOn: true },
    { moment: 'connecting', afterMs: 300, isOn: true },
    { moment: 'logging in', afterMs: 650, isOn: true },
  ])('can start at any time ($moment)', async ({ afterMs, isOn }) => {
    ride.configure();
    await ride.start({ token: TOKEN });
    if (!isOn) ride.world.switchOff();
    run = ride.command('run');
    await ride.clock.advance(afterMs);
    await pause('10m');
    const askedMs = ride.clock.now();
    await ride.clock.until(ride.world.switchOn());
    await ride.clock.advance(9 * MINUTE_MS);
    expect(onAirSince(askedMs)).toEqual([]);
    await ride.clock.advance(MINUTE_MS + RECOVERY_MS);
    expect(states().at(-1)).toBe('connected');
    await stop();
  });

  it('interrupts the search for a lost scooter, and does not end the client', async () => {
    await begin();
    const unblock = ride.world.air.block(ride.world.scooterController);
    await ride.clock.advance(MINUTE_MS);
    const askedMs = ride.clock.now() + RELEASE_MS;
    await pause('30s');
    await ride.clock.advance(25_000);
    expect(onAirSince(askedMs)).toEqual([]);
    unblock();
    await ride.clock.advance(5_000 + RECOVERY_MS);
    expect(states().slice(-3)).toEqual(['paused', 'searching', 'connected']);
    await stop();
  });
});

describe('the time of a pause', () => {
  it('does not count as time without the scooter', async () => {
    await begin({ scooter: 'reconnect_window = 60' });
    await pause('2h');
    await ride.clock.advance(120 * MINUTE_MS + RECOVERY_MS);
    expect(states().at(-1)).toBe('connected');
    await stop();
  });

  it('extends the reconnect window of a scooter that is out of range', async () => {
    await begin({ scooter: 'reconnect_window = 60\nretry_max = 2' });
    ride.world.air.block(ride.world.scooterController);
    // 40 s after the link was lost.
    await ride.clock.advance(45_000);
    await pause('10m');
    await ride.clock.advance(10 * MINUTE_MS - RELEASE_MS);
    const overMs = ride.clock.now();
    expect(await ride.clock.until(run)).toBe(75);
    expect(ride.clock.now() - overMs).toBeGreaterThan(15_000);
    expect(ride.clock.now() - overMs).toBeLessThan(25_000);
  });

  it('restarts the search window', async () => {
    ride.configure({ scooter: 'search_window = 60' });
    await ride.start({ token: TOKEN });
    ride.world.switchOff();
    run = ride.command('run');
    await ride.clock.advance(50_000);
    await pause('10m');
    await ride.clock.advance(10 * MINUTE_MS - RELEASE_MS);
    const overMs = ride.clock.now();
    expect(await ride.clock.until(run, 2 * MINUTE_MS)).toBe(69);
    expect(ride.clock.now() - overMs).toBeGreaterThanOrEqual(60_000);
    expect(ride.clock.now() - overMs).toBeLessThan(65_000);
  });
});

describe('a client that starts', () => {
  it('during a pause waits for the rest of it', async () => {
    await begin();
    await pause('10m');
    await ride.clock.advance(MINUTE_MS);
    await restart();
    const startedMs = ride.clock.now();
    await ride.clock.advance(8 * MINUTE_MS);
    expect(onAirSince(startedMs)).toEqual([]);
    expect(states().at(-1)).toBe('paused');
    await ride.clock.advance(MINUTE_MS + RECOVERY_MS);
    expect(states().at(-1)).toBe('connected');
    await stop();
  });

  it('after a pause that was requested while none was running searches at once', async () => {
    ride.configure();
    await ride.start({ token: TOKEN });
    expect(await ride.command('pause', '10m')).toBe(0);
    expect(ride.output).toContain('No client is running');
    await ride.clock.advance(10 * MINUTE_MS);
    run = ride.command('run');
    await ride.clock.advance(RECOVERY_MS);
    expect(states()).toEqual(['connected']);
    await stop();
  });

  it('after a boot with its clock in 1970 pauses no longer than requested', async () => {
    await begin();
    await pause('10m');
    await reboot(-EPOCH.getTime());
    const startedMs = ride.clock.now();
    await ride.clock.advance(10 * MINUTE_MS - RELEASE_MS);
    expect(onAirSince(startedMs)).toEqual([]);
    await ride.clock.advance(RELEASE_MS + RECOVERY_MS);
    expect(states().at(-1)).toBe('connected');
    await stop();
  });
});

it('a pause ends only once, however often a Pi without RTC restarts with its saved clock', async () => {
  await begin();
  await pause('30m');
  const askedMs = ride.clock.now();
  for (let restarts = 0; restarts < 2; restarts++) {
    await ride.clock.advance(20 * MINUTE_MS);
    await reboot(-20 * MINUTE_MS);
  }
  expect(samplesSince(askedMs)).toBeGreaterThan(8 * 6);
  await stop();
});

it('an adapter that is mute at the end of a pause is restarted, as it has worked before', async () => {
  await begin();
  await pause('1m');
  ride.world.adapter.mute(true);
  // Longer than the client waits for an adapter.
  await ride.clock.advance(MINUTE_MS - RELEASE_MS + 5_500);
  ride.world.adapter.mute(false);
  await ride.clock.advance(MINUTE_MS);
  expect(states().at(-1)).toBe('connected');
  await stop();
});

it('an adapter that stays mute after a pause ends the client with 71, after one restart', async () => {
  await begin();
  await pause('1m');
  ride.world.adapter.mute(true);
  expect(await ride.clock.until(run, 2 * MINUTE_MS)).toBe(71);
  expect(ride.output.split('restarting the Bluetooth adapter').length - 1).toBe(1);
});

it.each([-365 * 86_400_000, 365 * 86_400_000])(
  'a step of the wall clock by %i ms does not change the duration of a pause',
  async (stepMs) => {
    await begin();
    const askedMs = ride.clock.now();
    await pause('10m');
    ride.clock.stepWallClock(stepMs);
    await ride.clock.advance(10 * MINUTE_MS - RELEASE_MS - 1);
    expect(onAirSince(askedMs)).toEqual([]);
    await ride.clock.advance(RECOVERY_MS);
    expect(states().at(-1)).toBe('connected');
    await stop();
  },
);

it('a stop during a pause ends the client at once with 0', async () => {
  await begin();
  await pause('10m');
  await ride.clock.advance(MINUTE_MS);
  const stoppedMs = ride.clock.now();
  await stop();
  expect(ride.clock.now() - stoppedMs).toBeLessThan(100);
});

it('a scooter out of range is released as well', async () => {
  await begin();
  ride.world.air.block(ride.world.scooterController);
  await ride.clock.advance(500);
  await pause('10m');
  await ride.clock.advance(RELEASE_MS);
  expect(isLinked()).toBe(false);
  expect(states().at(-1)).toBe('paused');
  await stop();
});
