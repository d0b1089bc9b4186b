import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NORDIC_UART, normalizeUuid, XIAOMI } from '../protocol/gatt.ts';
import { modelOfType, type ModelUnits } from '../protocol/models.ts';
import { blockReadRequest, decodeBlock } from '../protocol/registers/codec.ts';
import { BLOCKS } from '../protocol/registers/table.ts';
import type { Channel, FirmwareEvent } from './firmware/firmware.ts';
import { MODELS } from './ride/models.ts';
import { Ride } from './ride/ride.ts';
import { VirtualScooter, type VirtualScooterOptions } from './scooter.ts';
import { App } from './testing/app.ts';
import { scriptedRandom } from './testing/bench.ts';
import { FakeController, GattClient } from './testing/fake-controller.ts';

const ADDRESS = 'c8:f0:9e:00:12:34';
const token = Buffer.alloc(12, 1);
const appRandom = Buffer.alloc(16, 2);

const NOTIFIED: Readonly<Record<Channel, string>> = {
  upnp: XIAOMI.upnp,
  avdtp: XIAOMI.avdtp,
  uart: NORDIC_UART.notify,
};

const running: VirtualScooter[] = [];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  for (const scooter of running.splice(0)) scooter.close();
  vi.useRealTimers();
});

function park(options: Partial<VirtualScooterOptions> = {}) {
  const chip = new FakeController();
  const events: FirmwareEvent[] = [];
  const scooter = new VirtualScooter({
    adapter: chip.adapter,
    address: ADDRESS,
    random: scriptedRandom(),
    onEvent: (event) => void events.push(event),
    ...options,
  });
  running.push(scooter);
  return { chip, events, scooter };
}

async function switchOn({ chip, scooter }: { chip: FakeController; scooter: VirtualScooter }): Promise<void> {
  const started = scooter.start();
  chip.deliverAll();
  await started;
}

/** Connects an app with everything subscribed. */
function connect(chip: FakeController): { app: App; client: GattClient } {
  const client = new GattClient(chip);
  client.connect();
  for (const uuid of Object.values(NOTIFIED)) client.subscribe(uuid);
  const app = new App({
    write: (channel, bytes) =>
      client.command(channel === 'uart' ? NORDIC_UART.write : NOTIFIED[channel], bytes),
    takeNotification: (channel) => client.take(NOTIFIED[channel]),
  });
  return { app, client };
}

function readLive(app: App, units?: ModelUnits) {
  const reply = app.request(blockReadRequest(BLOCKS.live));
  if (!reply) throw new Error('no answer');
  return decodeBlock(BLOCKS.live, reply.message.data, units);
}

describe('a virtual scooter', () => {
  it('is named after its address, unless it is told another name', () => {
    expect(park().scooter.name).toBe('MIScooter4660');
    expect(park({ address: 'c8:f0:9e:00:00:07' }).scooter.name).toBe('MIScooter0007');
    expect(park({ name: 'Rocinante' }).scooter.name).toBe('Rocinante');
  });

  it('advertises the model that its ride is ridden on', async () => {
    const { chip, scooter } = park({ ride: new Ride({ model: MODELS.mi3 }) });
    await switchOn({ chip, scooter });
    expect(chip.advertisement.includes(Buffer.from('4e422e02', 'hex'))).toBe(true);
    expect(chip.advertisement.includes('MIScooter4660')).toBe(true);
  });

  it.each([
    ['plain', '4e422000', false],
    ['xor', '4e422001', true],
    ['miauth', '4e422002', true],
  ] as const)(
    'of the generation %s says so, and has what that needs',
    async (generation, data, hasXiaomi) => {
      const { chip, scooter } = park({ ride: new Ride({ model: MODELS.m365 }), generation });
      await switchOn({ chip, scooter });
      expect(chip.advertisement.includes(Buffer.from(data, 'hex'))).toBe(true);
      const client = new GattClient(chip);
      client.connect();
      const has = (uuid: string): boolean => client.characteristics.has(normalizeUuid(uuid));
      expect(has(NORDIC_UART.notify)).toBe(true);
      expect(has(XIAOMI.firmwareVersion)).toBe(hasXiaomi);
      expect([XIAOMI.upnp, XIAOMI.avdtp].map(has)).toEqual(Array(2).fill(generation === 'miauth'));
    },
  );

  it('speaks plainly as an M365, and MiAuth as every other model, unless it is told otherwise', () => {
    const generations = Object.values(MODELS).map((model) => park({ ride: new Ride({ model }) }).scooter);
    expect(
      Object.fromEntries(generations.map(({ ride, generation }) => [ride.model.name, generation])),
    ).toEqual({
      M365: 'plain',
      'M365 Pro': 'miauth',
      '1S': 'miauth',
      Essential: 'miauth',
      'Pro 2': 'miauth',
      'Mi 3': 'miauth',
    });
  });

  it.each(Object.values(MODELS))(
    'tells its trip in the unit that an app takes for a $name',
    async (model) => {
      const { chip, scooter } = park({ ride: new Ride({ model }), token, generation: 'miauth' });
      await switchOn({ chip, scooter });
      vi.advanceTimersByTime(600_000);
      const { app } = connect(chip);
      expect(app.logIn(token, appRandom)).toBe('loggedIn');
      const units = modelOfType(model.typeByte);
      expect(units?.name).toBe(model.name);
      const live = readLive(app, units);
      const { tripM } = scooter.state;
      expect(tripM).toBeGreaterThan(1_000);
      expect(live.tripM).toBeLessThanOrEqual(tripM);
      expect(live.tripM).toBeGreaterThan(tripM - (units?.tripUnitM ?? 0));
    },
  );

  it('pairs after its button was pressed, and tells the ride to the app that logs in with the new token', async () => {
    const ride = new Ride({ startOdometerM: 1000 });
    const { chip, events, scooter } = park({ ride });
    await switchOn({ chip, scooter });
    const first = connect(chip);
    const info = first.app.readDeviceInfo();
    const did = info?.subarray(4) ?? Buffer.alloc(0);
    expect(did.toString()).toBe('\0blt.4.0000000004660');
    expect(first.app.register(Buffer.alloc(32, 9), did)).toEqual({});
    first.client.disconnect();
    scooter.pressButton();
    vi.advanceTimersByTime(5000);

    const second = connect(chip);
    const { token: newToken, result } = second.app.register(Buffer.alloc(32, 8), did);
    expect(result).toBe('registered');
    expect(scooter.token).toEqual(newToken);
    expect(newToken && second.app.logIn(newToken, appRandom)).toBe('loggedIn');

    vi.advanceTimersByTime(60_000);
    const live = readLive(second.app);
    const truth = ride.at(65_000);
    expect(scooter.state.uptimeS).toBe(65);
    expect(live).toMatchObject({ uptimeS: 65, odometerM: Math.floor(truth.odometerM) });
    expect(Math.abs(live.speedKmh - truth.speedKmh)).toBeLessThan(0.001);
    expect(events.map(({ type }) => type)).toEqual([
      ...['connected', 'disconnected', 'beep', 'registrationOpened'],
      ...['connected', 'registered', 'loggedIn', 'replied'],
    ]);
    expect(events.at(-1)).toMatchObject({ nowMs: performance.now() });
  });

  it('comes back from being switched off with its token, its odometer and a new trip', async () => {
    const { chip, scooter } = park({ token });
    await switchOn({ chip, scooter });
    vi.advanceTimersByTime(600_000);
    scooter.close();
    expect(vi.getTimerCount()).toBe(0);
    scooter.pressButton();
    vi.advanceTimersByTime(60_000);
    await switchOn({ chip, scooter });
    vi.advanceTimersByTime(10_000);
    const { app } = connect(chip);
    expect(app.logIn(token, appRandom)).toBe('loggedIn');
    const live = readLive(app);
    const truth = scooter.ride.at(670_000, 660_000);
    expect(live).toMatchObject({ uptimeS: 10, odometerM: Math.floor(truth.odometerM) });
    expect(live.tripM).toBe(Math.floor(truth.tripM / 10) * 10);
    expect(live.odometerM).toBeGreaterThan(1000);
  });

  it('lets nobody in whose token another phone or a factory reset has replaced', async () => {
    const { chip, scooter } = park({ token });
    await switchOn({ chip, scooter });
    const { app } = connect(chip);
    scooter.bind(Buffer.alloc(12, 3));
    expect(app.logIn(token, appRandom)).toBe('loginFailed');
    scooter.bind(undefined);
    expect(app.logIn(token, appRandom)).toBe('notRegistered');
  });

  it('can be switched off while it is being switched on, and on again', async () => {
    const { chip, scooter } = park();
    chip.isResponding = false;
    const failure = expect(scooter.start()).rejects.toThrow('MIScooter4660 was switched off');
    scooter.close();
    chip.isResponding = true;
    await switchOn({ chip, scooter });
    await failure;
    expect(chip.isAdvertising).toBe(true);
    await expect(scooter.start()).rejects.toThrow('switched on already');
  });
});
