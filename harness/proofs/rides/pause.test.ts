import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Controller } from '../../world/radio/controller.ts';
import { OTHER_PI, SCOOTER } from '../../world/radio/testing/devices.ts';
import { TestCentral } from '../../world/radio/testing/central.ts';
import { EPOCH } from '../../world/clock/clock.ts';
import { Ride, TOKEN } from './testing/ride.ts';

/** From the command to the end of the link: until the client looks, and what the scooter takes to hear of it. */
const LET_GO_MS = 2_000;
/** From the end of a pause to the first sample. */
const TAKE_BACK_MS = 10_000;
const MINUTE_MS = 60_000;

let ride: Ride;
let run: Promise<number>;
beforeEach(() => (ride = new Ride()));
afterEach(() => ride.end());

/** A client that rides along. */
async function begin(config: Parameters<Ride['configure']>[0] = {}): Promise<void> {
  ride.configure(config);
  await ride.begin({ token: TOKEN });
  run = ride.command('run');
  await ride.clock.advance(20_000);
}

/** Asks for a pause, and waits until the client has let go. */
async function pause(duration: string): Promise<void> {
  expect(await ride.command('pause', duration)).toBe(0);
  await ride.clock.advance(LET_GO_MS);
}

async function stop(): Promise<void> {
  ride.stop();
  expect(await ride.clock.until(run)).toBe(0);
}

/** What the broker got on `<base>/scooter`, in short. */
function states(): string[] {
  return ride.happenings.flatMap((happening) =>
    happening.type === 'received' && happening.topic === 'vehicle/1/scooter' ? [happening.payload] : [],
  );
}

/** What the client did on the air since then. */
function onAirSince(sinceMs: number): string[] {
  return ride.happenings.flatMap((happening) => {
    const { type, atMs } = happening;
    const isSeen =
      (type === 'scan' && happening.on) || type === 'link.attempt' || type === 'link.up' || type === 'login';
    return isSeen && atMs >= sinceMs ? [`${type} at ${atMs}`] : [];
  });
}

const samplesSince = (sinceMs: number): number =>
  ride.happenings.filter(({ type, atMs }) => type === 'taken' && atMs >= sinceMs).length;

const isLinked = (): boolean => ride.world.adapter.controller.isConnectedTo(SCOOTER.address);

/** Ends the client and starts another, with the clock set in between. */
async function restart(wallStepMs = 0): Promise<void> {
  await stop();
  ride.clock.stepWall(wallStepMs);
  run = ride.command('run');
}

describe('a pause', () => {
  it('lets go of the scooter within 2 s, stays off the air, and takes it back by itself', async () => {
    await begin();
    const askedMs = ride.clock.now();
    await pause('10m');
    expect(ride.said).toContain('lets go of the scooter, and leaves it alone until 06:10:20;');
    expect(isLinked()).toBe(false);
    expect(ride.world.adapter.sockets).toEqual([]);
    expect(states()).toEqual(['connected', 'paused']);
    await ride.clock.advance(10 * MINUTE_MS - LET_GO_MS - 1);
    expect(onAirSince(askedMs)).toEqual([]);
    expect(samplesSince(askedMs + LET_GO_MS)).toBe(0);

    const overMs = ride.clock.now();
    await ride.clock.advance(TAKE_BACK_MS);
    expect(states()).toEqual(['connected', 'paused', 'searching', 'connected']);
    expect(samplesSince(overMs)).toBeGreaterThanOrEqual(1);
    await ride.clock.advance(MINUTE_MS);
    await stop();
    expect(ride.payloads.map(({ seq }) => seq)).toEqual(ride.payloads.map((_, index) => index + 1));
    expect(ride.payloads.length).toBe(samplesSince(0));
  });

  it('gives the scooter to somebody else', async () => {
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
    await ride.clock.advance(2 * MINUTE_MS + TAKE_BACK_MS);
    expect(states().at(-1)).toBe('connected');
    await stop();
  });

  it('leaves everything else going: what waited for the broker is delivered meanwhile, and health goes on', async () => {
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

  it('that is ended early is over within 2 s', async () => {
    await begin();
    await pause('2h');
    await ride.clock.advance(MINUTE_MS);
    expect(await ride.command('resume')).toBe(0);
    expect(ride.said).toContain('The pause is over: the client searches');
    const overMs = ride.clock.now();
    await ride.clock.advance(TAKE_BACK_MS);
    expect(onAirSince(overMs)[0]).toMatch(/^scan/);
    expect(states().at(-1)).toBe('connected');
    await stop();
  });

  it('may come as often as it likes', async () => {
    await begin();
    for (let time = 0; time < 5; time++) {
      await pause('20s');
      expect(isLinked()).toBe(false);
      await ride.clock.advance(20_000 + TAKE_BACK_MS);
      expect(isLinked()).toBe(true);
    }
    await stop();
  });

  it.each([
    { moment: 'searching', afterMs: 3_000, isOn: false },
    { moment: 'the adapter comes up', afterMs: 1, isOn: true },
    { moment: 'connecting', afterMs: 300, isOn: true },
    { moment: 'logging in', afterMs: 650, isOn: true },
  ])('may come at any moment ($moment)', async ({ afterMs, isOn }) => {
    ride.configure();
    await ride.begin({ token: TOKEN });
    if (!isOn) ride.world.switchOff();
    run = ride.command('run');
    await ride.clock.advance(afterMs);
    await pause('10m');
    const askedMs = ride.clock.now();
    await ride.clock.until(ride.world.switchOn());
    await ride.clock.advance(9 * MINUTE_MS);
    expect(onAirSince(askedMs)).toEqual([]);
    await ride.clock.advance(MINUTE_MS + TAKE_BACK_MS);
    expect(states().at(-1)).toBe('connected');
    await stop();
  });

  it('ends a search for a scooter that was lost, too, and is no end for the client', async () => {
    await begin();
    const goBack = ride.world.air.block(ride.world.scooterController);
    await ride.clock.advance(MINUTE_MS);
    const askedMs = ride.clock.now() + LET_GO_MS;
    await pause('30s');
    await ride.clock.advance(25_000);
    expect(onAirSince(askedMs)).toEqual([]);
    goBack();
    await ride.clock.advance(5_000 + TAKE_BACK_MS);
    expect(states().slice(-3)).toEqual(['paused', 'searching', 'connected']);
    await stop();
  });
});

describe('the time of a pause', () => {
  it('is none in which the scooter is lost', async () => {
    await begin({ scooter: 'reconnect_window = 60' });
    await pause('2h');
    await ride.clock.advance(120 * MINUTE_MS + TAKE_BACK_MS);
    expect(states().at(-1)).toBe('connected');
    await stop();
  });

  it('is added to the reconnect window of a scooter that is away: the rest of it is left afterwards', async () => {
    await begin({ scooter: 'reconnect_window = 60\nretry_max = 2' });
    ride.world.air.block(ride.world.scooterController);
    // 40 s after the link was lost.
    await ride.clock.advance(45_000);
    await pause('10m');
    await ride.clock.advance(10 * MINUTE_MS - LET_GO_MS);
    const overMs = ride.clock.now();
    expect(await ride.clock.until(run)).toBe(75);
    expect(ride.clock.now() - overMs).toBeGreaterThan(15_000);
    expect(ride.clock.now() - overMs).toBeLessThan(25_000);
  });

  it('is none in which the scooter is searched for in vain', async () => {
    ride.configure({ scooter: 'search_window = 60' });
    await ride.begin({ token: TOKEN });
    ride.world.switchOff();
    run = ride.command('run');
    await ride.clock.advance(50_000);
    await pause('10m');
    await ride.clock.advance(10 * MINUTE_MS - LET_GO_MS);
    const overMs = ride.clock.now();
    expect(await ride.clock.until(run, 2 * MINUTE_MS)).toBe(69);
    expect(ride.clock.now() - overMs).toBeGreaterThanOrEqual(60_000);
    expect(ride.clock.now() - overMs).toBeLessThan(65_000);
  });
});

describe('a client that starts', () => {
  it('in a pause waits for what is left of it', async () => {
    await begin();
    await pause('10m');
    await ride.clock.advance(MINUTE_MS);
    await restart();
    const startedMs = ride.clock.now();
    await ride.clock.advance(8 * MINUTE_MS);
    expect(onAirSince(startedMs)).toEqual([]);
    expect(states().at(-1)).toBe('paused');
    await ride.clock.advance(MINUTE_MS + TAKE_BACK_MS);
    expect(states().at(-1)).toBe('connected');
    await stop();
  });

  it('after a pause that was asked for while none ran searches at once', async () => {
    ride.configure();
    await ride.begin({ token: TOKEN });
    expect(await ride.command('pause', '10m')).toBe(0);
    expect(ride.said).toContain('No client runs just now');
    await ride.clock.advance(10 * MINUTE_MS);
    run = ride.command('run');
    await ride.clock.advance(TAKE_BACK_MS);
    expect(states()).toEqual(['connected']);
    await stop();
  });

  it('with its clock in 1970 pauses no longer than it was told to', async () => {
    await begin();
    await pause('10m');
    await restart(-EPOCH.getTime());
    const startedMs = ride.clock.now();
    await ride.clock.advance(10 * MINUTE_MS - LET_GO_MS);
    expect(onAirSince(startedMs)).toEqual([]);
    await ride.clock.advance(LET_GO_MS + TAKE_BACK_MS);
    expect(states().at(-1)).toBe('connected');
    await stop();
  });
});

it('a pause is over once, however often a Pi without RTC comes up where its clock was saved', async () => {
  await begin();
  await pause('30m');
  const askedMs = ride.clock.now();
  for (let ridden = 0; ridden < 2; ridden++) {
    await ride.clock.advance(20 * MINUTE_MS);
    await restart(-20 * MINUTE_MS);
  }
  expect(samplesSince(askedMs)).toBeGreaterThan(8 * 6);
  await stop();
});

it('an adapter that is mute at the end of a pause is started anew, as one that has worked before', async () => {
  await begin();
  await pause('1m');
  ride.world.adapter.mute(true);
  // Longer than the client waits for an adapter.
  await ride.clock.advance(MINUTE_MS - LET_GO_MS + 5_500);
  ride.world.adapter.mute(false);
  await ride.clock.advance(MINUTE_MS);
  expect(states().at(-1)).toBe('connected');
  await stop();
});

it('an adapter that stays mute after a pause ends the client with 71, after one more start', async () => {
  await begin();
  await pause('1m');
  ride.world.adapter.mute(true);
  expect(await ride.clock.until(run, 2 * MINUTE_MS)).toBe(71);
  expect(ride.said.split('starting the Bluetooth adapter anew').length - 1).toBe(1);
});

it.each([-365 * 86_400_000, 365 * 86_400_000])(
  'a clock that is set by %i ms makes a pause neither longer nor shorter',
  async (stepMs) => {
    await begin();
    const askedMs = ride.clock.now();
    await pause('10m');
    ride.clock.stepWall(stepMs);
    await ride.clock.advance(10 * MINUTE_MS - LET_GO_MS - 1);
    expect(onAirSince(askedMs)).toEqual([]);
    await ride.clock.advance(TAKE_BACK_MS);
    expect(states().at(-1)).toBe('connected');
    await stop();
  },
);

it('a stop in a pause is carried out at once, with 0', async () => {
  await begin();
  await pause('10m');
  await ride.clock.advance(MINUTE_MS);
  const stoppedMs = ride.clock.now();
  await stop();
  expect(ride.clock.now() - stoppedMs).toBeLessThan(100);
});

it('a scooter out of earshot is let go of all the same', async () => {
  await begin();
  ride.world.air.block(ride.world.scooterController);
  await ride.clock.advance(500);
  await pause('10m');
  await ride.clock.advance(LET_GO_MS);
  expect(isLinked()).toBe(false);
  expect(states().at(-1)).toBe('paused');
  await stop();
});
