import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import ADVERTISEMENTS from '../fixtures/protocol/advertisements.json' with { type: 'json' };
import type { Generation } from '../protocol/advertisement.ts';
import { NORDIC_UART, normalizeUuid, XIAOMI } from '../protocol/gatt.ts';
import type { ModelUnits } from '../protocol/models.ts';
import { blockReadRequest, decodeBlock } from '../protocol/registers/codec.ts';
import { BLOCKS } from '../protocol/registers/table.ts';
import { findModel, MODELS } from './models/models.ts';
import type { Channel } from './firmware/channel.ts';
import type { FirmwareEvent } from './firmware/firmware.ts';
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

function createScooter(options: Partial<VirtualScooterOptions> = {}) {
  const controller = new FakeController();
  const events: FirmwareEvent[] = [];
  const scooter = new VirtualScooter({
    adapter: controller.adapter,
    address: ADDRESS,
    random: scriptedRandom(),
    onEvent: (event) => void events.push(event),
    ...options,
  });
  running.push(scooter);
  return { controller, events, scooter };
}

async function switchOn({
  controller,
  scooter,
}: {
  controller: FakeController;
  scooter: VirtualScooter;
}): Promise<void> {
  const started = scooter.start();
  controller.deliverAll();
  await started;
}

/** Connects an app, and subscribes to all channels. */
function connect(controller: FakeController): { app: App; client: GattClient } {
  const client = new GattClient(controller);
  client.connect();
  for (const uuid of Object.values(NOTIFIED)) client.subscribe(uuid);
  const app = new App({
    write: (channel, bytes) =>
      client.command(channel === 'uart' ? NORDIC_UART.write : NOTIFIED[channel], bytes),
    takeNotification: (channel) => client.takeNotification(NOTIFIED[channel]),
  });
  return { app, client };
}

function readLive(app: App, units?: ModelUnits) {
  const reply = app.request(blockReadRequest(BLOCKS.live));
  if (!reply) throw new Error('no reply');
  return decodeBlock(BLOCKS.live, reply.message.data, units);
}

describe('a virtual scooter', () => {
  it('is named after its address by default', () => {
    expect(createScooter().scooter.name).toBe('MIScooter4660');
    expect(createScooter({ address: 'c8:f0:9e:00:00:07' }).scooter.name).toBe('MIScooter0007');
    expect(createScooter({ name: 'Rocinante' }).scooter.name).toBe('Rocinante');
  });

  it('advertises the model of its ride', async () => {
    const { controller, scooter } = createScooter({ ride: new Ride({ model: MODELS.mi3 }) });
    await switchOn({ controller, scooter });
    expect(controller.advertisement.includes(Buffer.from('4e422e02', 'hex'))).toBe(true);
    expect(controller.advertisement.includes('MIScooter4660')).toBe(true);
  });

  it.each([
    ['plain', '4e422000', false],
    ['xor', '4e422001', true],
    ['miauth', '4e422002', true],
  ] as const)(
    'of the generation %s advertises it, and has its services',
    async (generation, data, hasXiaomi) => {
      const { controller, scooter } = createScooter({ ride: new Ride({ model: MODELS.m365 }), generation });
      await switchOn({ controller, scooter });
      expect(controller.advertisement.includes(Buffer.from(data, 'hex'))).toBe(true);
      const client = new GattClient(controller);
      client.connect();
      const has = (uuid: string): boolean => client.characteristics.has(normalizeUuid(uuid));
      expect(has(NORDIC_UART.notify)).toBe(true);
      expect([XIAOMI.firmwareVersion, XIAOMI.upnp].map(has)).toEqual(Array(2).fill(hasXiaomi));
      expect(has(XIAOMI.avdtp)).toBe(generation === 'miauth');
      expect(has(XIAOMI.xorKey)).toBe(generation === 'xor');
    },
  );

  it.each(['plain', 'xor', 'miauth'] as const)('is of the generation %s if its model is', (generation) => {
    const model = findModel('m365', { generation });
    expect(createScooter({ ride: new Ride({ model }) }).scooter.generation).toBe(generation);
  });

  it.each(ADVERTISEMENTS)('advertises as a real $model of the generation $generation does', async (real) => {
    const { model, generation, manufacturer_data } = real;
    const ride = new Ride({ model: findModel(model, { generation: generation as Generation }) });
    const { controller, scooter } = createScooter({ ride });
    await switchOn({ controller, scooter });
    expect(controller.advertisement.includes(Buffer.from(`09ff${manufacturer_data}`, 'hex'))).toBe(true);
  });

  it('advertises FE95 service data with its own address if its model does', async () => {
    const model = findModel('pro2', { advertisement: 'fe95' });
    const { controller, scooter } = createScooter({ ride: new Ride({ model }) });
    await switchOn({ controller, scooter });
    const { advertisement } = controller;
    // The published MiBeacon, with the address of this scooter.
    expect(advertisement.includes(Buffer.from('0f1695fe30586607013412009ef0c808', 'hex'))).toBe(true);
    expect(advertisement.includes(Buffer.from('4e42', 'hex'))).toBe(false);
    expect(scooter.name).toBe('MIScooter4660');
  });

  it.each(Object.values(MODELS))('reports its trip in the unit of a $name', async (model) => {
    const { controller, scooter } = createScooter({ ride: new Ride({ model }), token, generation: 'miauth' });
    await switchOn({ controller, scooter });
    vi.advanceTimersByTime(600_000);
    const { app } = connect(controller);
    expect(app.logIn(token, appRandom)).toBe('loggedIn');
    const live = readLive(app, model);
    const { tripM } = scooter.state;
    expect(tripM).toBeGreaterThan(1_000);
    expect(live.tripM).toBeLessThanOrEqual(tripM);
    expect(live.tripM).toBeGreaterThan(tripM - model.tripUnitM);
  });

  it('pairs after its button was pressed, and reports the ride to the app that logs in with the new token', async () => {
    const ride = new Ride({ startOdometerM: 1000 });
    const { controller, events, scooter } = createScooter({ ride });
    await switchOn({ controller, scooter });
    const first = connect(controller);
    const info = first.app.readDeviceInfo();
    const did = info?.subarray(4) ?? Buffer.alloc(0);
    expect(did.toString()).toBe('\0blt.4.0000000004660');
    expect(first.app.register(Buffer.alloc(32, 9), did)).toEqual({});
    first.client.disconnect();
    scooter.pressButton();
    vi.advanceTimersByTime(5000);

    const second = connect(controller);
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

  it('keeps its token and odometer when it is switched off and on, and resets its trip', async () => {
    const { controller, scooter } = createScooter({ token });
    await switchOn({ controller, scooter });
    vi.advanceTimersByTime(600_000);
    scooter.close();
    expect(vi.getTimerCount()).toBe(0);
    scooter.pressButton();
    vi.advanceTimersByTime(60_000);
    await switchOn({ controller, scooter });
    vi.advanceTimersByTime(10_000);
    const { app } = connect(controller);
    expect(app.logIn(token, appRandom)).toBe('loggedIn');
    const live = readLive(app);
    const truth = scooter.ride.at(670_000, 660_000);
    expect(live).toMatchObject({ uptimeS: 10, odometerM: Math.floor(truth.odometerM) });
    expect(live.tripM).toBe(Math.floor(truth.tripM / 10) * 10);
    expect(live.odometerM).toBeGreaterThan(1000);
  });

  it('refuses a token that another phone or a factory reset has replaced', async () => {
    const { controller, scooter } = createScooter({ token });
    await switchOn({ controller, scooter });
    const { app } = connect(controller);
    scooter.bind(Buffer.alloc(12, 3));
    expect(app.logIn(token, appRandom)).toBe('loginFailed');
    scooter.bind(undefined);
    expect(app.logIn(token, appRandom)).toBe('notRegistered');
  });

  it('forgets its pairing if power button, throttle and brake are held while it is switched on', async () => {
    const { controller, events, scooter } = createScooter({ token });
    await switchOn({ controller, scooter });
    scooter.close();
    const started = scooter.start({ isResetting: true });
    controller.deliverAll();
    await started;
    expect(events.map(({ type }) => type)).toEqual(['beep', 'factoryReset']);
    expect(connect(controller).app.logIn(token, appRandom)).toBe('notRegistered');
  });

  it('that was never paired has no device id until an app assigns one', async () => {
    const { controller, scooter } = createScooter({ isNew: true });
    await switchOn({ controller, scooter });
    expect(connect(controller).app.readDeviceInfo()).toEqual(Buffer.of(1, 0, 0, 0));
  });

  it('can be switched off while it is starting, and on again', async () => {
    const { controller, scooter } = createScooter();
    controller.isResponding = false;
    const failure = expect(scooter.start()).rejects.toThrow('MIScooter4660 was switched off');
    scooter.close();
    controller.isResponding = true;
    await switchOn({ controller, scooter });
    await failure;
    expect(controller.isAdvertising).toBe(true);
    await expect(scooter.start()).rejects.toThrow('already on');
  });
});
