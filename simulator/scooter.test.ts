import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import ADVERTISEMENTS from '../fixtures/protocol/advertisements.json' with { type: 'json' };
import type { Generation } from '../protocol/advertisement.ts';
import { NORDIC_UART, normalizeUuid, XIAOMI } from '../protocol/gatt.ts';
import type { ModelUnits } from '../protocol/models.ts';
import {
  blockReadRequest,
  decodeBlock,
  decodeRegister,
  encodeRegister,
} from '../protocol/registers/codec.ts';
import type { NumberRow } from '../protocol/registers/row.ts';
import { MODES } from '../protocol/registers/codes.ts';
import { BLOCKS, REGISTERS } from '../protocol/registers/table.ts';
import type { Channel } from './firmware/channel.ts';
import type { FirmwareEvent } from './firmware/firmware.ts';
import { findModel, MODELS } from './models/models.ts';
import { RIDE_STATES } from './ride/conditions.ts';
import { Ride } from './ride/ride.ts';
import { VirtualScooter, type VirtualScooterOptions } from './scooter.ts';
import { App } from './testing/app.ts';
import { scriptedRandom } from './testing/bench.ts';
import { FakeController, GattClient } from './testing/fake-controller.ts';

const ADDRESS = 'c8:f0:9e:00:12:34';
const token = Buffer.alloc(12, 1);
const appRandom = Buffer.alloc(16, 2);
/** Modes that do not limit the speed. */
const FAST_MODES = Object.fromEntries(Object.keys(MODES).map((name) => [name, { name, limitKmh: 60 }]));

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

  it.each([
    ['of its controller', [1, 0, 0, 0x9e, 0xf0, 0xc8], '0100009ef0c8'],
    ['that it was given if the controller has none', [0, 0, 0, 0, 0, 0], '3412009ef0c8'],
  ])('advertises FE95 service data with the address %s if its model does', async (_, address, mac) => {
    const model = findModel('pro2', { advertisement: 'fe95' });
    const { controller, scooter } = createScooter({ ride: new Ride({ model }) });
    controller.address = address;
    await switchOn({ controller, scooter });
    const { advertisement } = controller;
    // The published MiBeacon, with the address of this scooter.
    expect(advertisement.includes(Buffer.from(`0f1695fe3058660701${mac}08`, 'hex'))).toBe(true);
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
      ...['connected', 'tokenDerived', 'registered', 'loggedIn', 'replied'],
    ]);
    expect(events.at(-1)).toMatchObject({ nowMs: performance.now() });
  });

  it('stands while it is switched off: it counts nothing, and uses no charge', async () => {
    const { controller, scooter } = createScooter({ ride: new Ride({ startPercent: 70 }) });
    await switchOn({ controller, scooter });
    vi.advanceTimersByTime(50_000);
    const { odometerM, remainingMah, speedKmh, totalS, totalRidingS } = scooter.state;
    expect(speedKmh).toBeGreaterThan(20);
    scooter.close();
    vi.advanceTimersByTime(10_000);
    const position = scooter.position;
    vi.advanceTimersByTime(3_590_000);
    expect(scooter.position).toEqual(position);
    expect(scooter.state).toMatchObject({ odometerM, remainingMah, totalS, totalRidingS, speedKmh: 0 });
    await switchOn({ controller, scooter });
    expect(scooter.state).toMatchObject({ odometerM, remainingMah, totalS, tripM: 0, uptimeS: 0 });
    vi.advanceTimersByTime(60_000);
    expect(scooter.state.totalS).toBeCloseTo(totalS + 60, 6);
    expect(scooter.state.odometerM).toBeGreaterThan(odometerM + 100);
    expect(scooter.state.remainingMah).toBeLessThan(remainingMah);
  });

  it('is charged and pushed while it is switched off, and counts no distance', async () => {
    const ride = new Ride({ startPercent: 70, start: { activity: 'pushed', isLocked: true } });
    const { controller, scooter } = createScooter({ ride });
    await switchOn({ controller, scooter });
    vi.advanceTimersByTime(60_000);
    scooter.close();
    const { remainingMah, odometerM } = scooter.state;
    const position = scooter.position;
    vi.advanceTimersByTime(60_000);
    expect(scooter.position).not.toEqual(position);
    expect(scooter.state).toMatchObject({ odometerM, remainingMah, warning: 0 });
    scooter.change({ isCharging: true });
    vi.advanceTimersByTime(60_000);
    expect(scooter.state.remainingMah).toBeGreaterThan(remainingMah);
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
    const truth = scooter.state;
    expect(live).toMatchObject({ uptimeS: 10, odometerM: Math.floor(truth.odometerM) });
    expect(live.tripM).toBe(Math.floor(truth.tripM / 10) * 10);
    expect(live.odometerM).toBeGreaterThan(1000);
  });

  it('is locked, limited and unlocked by what an app writes', async () => {
    const { controller, scooter } = createScooter({ token });
    await switchOn({ controller, scooter });
    const { app } = connect(controller);
    expect(app.logIn(token, appRandom)).toBe('loggedIn');
    vi.advanceTimersByTime(50_000);
    const write = (row: NumberRow, value: number): void => {
      const data = encodeRegister(row, value);
      const reply = app.request({ address: 0x20, command: 2, register: row.register, data });
      expect(reply?.message.data).toEqual(Buffer.of(1));
    };
    expect(readLive(app).speedKmh).toBeGreaterThan(20);
    write(REGISTERS.esc.speedLimitNormalKmh, 12);
    write(REGISTERS.esc.speedLimit, 1);
    vi.advanceTimersByTime(4_000);
    expect(readLive(app)).toMatchObject({ speedKmh: 12, status: 0x0801 });
    write(REGISTERS.esc.lock, 1);
    vi.advanceTimersByTime(6_000);
    expect(readLive(app)).toMatchObject({ speedKmh: 0, status: 0x0803 });
    write(REGISTERS.esc.unlock, 1);
    write(REGISTERS.esc.modeSetting, 2);
    vi.advanceTimersByTime(6_000);
    expect(readLive(app)).toMatchObject({ status: 0x0801, mode: 2 });
    expect(scooter.state.conditions).toMatchObject({ isLocked: false, mode: 2, isSpeedLimited: true });
  });

  it.each(
    [MODELS.m365, MODELS.mi3].flatMap(
      (model) =>
        [
          { model, mode: 'normal', row: REGISTERS.esc.speedLimitNormalKmh },
          { model, mode: 'eco', row: REGISTERS.esc.speedLimitEcoKmh },
        ] as const,
    ),
  )(
    'once an app switches its speed limit on, keeps to the one that it reports: $model.name, mode $mode',
    async ({ model, mode, row }) => {
      const profile = [
        { seconds: 30, fromKmh: 0, toKmh: 60 },
        { seconds: 30, fromKmh: 60, toKmh: 0 },
      ];
      const ride = new Ride({
        model: { ...model, modes: FAST_MODES },
        profile,
        start: { mode: MODES[mode] },
      });
      const { controller, scooter } = createScooter({ ride, token, generation: 'miauth' });
      await switchOn({ controller, scooter });
      const { app } = connect(controller);
      expect(app.logIn(token, appRandom)).toBe('loggedIn');
      const { register } = REGISTERS.esc.speedLimit;
      app.request({ address: 0x20, command: 2, register, data: Buffer.of(1, 0) });
      const reported = app.request({
        address: 0x20,
        command: 1,
        register: row.register,
        data: Buffer.of(row.bytes),
      });
      vi.advanceTimersByTime(30_000);
      expect(scooter.state.speedKmh).toBe(decodeRegister(row, reported?.message.data ?? Buffer.alloc(0)));
    },
  );

  it.each([
    ['off', REGISTERS.esc.powerOff, [false]],
    ['off and on again', REGISTERS.esc.reboot, [false, true]],
  ] as const)('is switched %s by what an app writes', async (_, { register }, expected) => {
    const power: boolean[] = [];
    const { controller, scooter } = createScooter({ token, onPower: (isOn) => void power.push(isOn) });
    await switchOn({ controller, scooter });
    vi.advanceTimersByTime(60_000);
    const { app } = connect(controller);
    expect(app.logIn(token, appRandom)).toBe('loggedIn');
    expect(app.request({ address: 0x20, command: 2, register, data: Buffer.of(1, 0) })).toBeDefined();
    await vi.advanceTimersByTimeAsync(499);
    expect(scooter.isOn).toBe(true);
    await vi.advanceTimersByTimeAsync(10);
    expect(scooter.isOn).toBe(false);
    await vi.advanceTimersByTimeAsync(3_000);
    controller.deliverAll();
    await vi.advanceTimersByTimeAsync(10);
    expect(power).toEqual(expected);
    expect(scooter.isOn).toBe(expected.at(-1));
  });

  it('switches itself off after standing for a while, whether it is connected or not', async () => {
    const power: boolean[] = [];
    const start = RIDE_STATES.parked;
    const { controller, scooter } = createScooter({
      ride: new Ride({ start }),
      autoOffMs: 600_000,
      onPower: (isOn) => void power.push(isOn),
    });
    await switchOn({ controller, scooter });
    const { client } = connect(controller);
    vi.advanceTimersByTime(599_000);
    scooter.change({ activity: 'pushed' });
    vi.advanceTimersByTime(10_000);
    scooter.change(start);
    vi.advanceTimersByTime(599_000);
    expect(scooter.isOn).toBe(true);
    vi.advanceTimersByTime(5_000);
    expect([scooter.isOn, power]).toEqual([false, [false]]);
    client.disconnect();
    await switchOn({ controller, scooter });
    vi.advanceTimersByTime(599_000);
    expect(scooter.isOn).toBe(true);
    vi.advanceTimersByTime(2_000);
    expect(scooter.isOn).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not switch itself off at the charger, but after standing for as long without it', async () => {
    const ride = new Ride({ start: RIDE_STATES.charging, startPercent: 50 });
    const { controller, scooter } = createScooter({ ride, autoOffMs: 600_000 });
    await switchOn({ controller, scooter });
    vi.advanceTimersByTime(3_550_000);
    expect(scooter.isOn).toBe(true);
    scooter.change(RIDE_STATES.parked);
    vi.advanceTimersByTime(599_000);
    expect(scooter.isOn).toBe(true);
    vi.advanceTimersByTime(2_000);
    expect(scooter.isOn).toBe(false);
  });

  it('frozen at a moment has the values of that moment for ever', async () => {
    const { controller, scooter } = createScooter({ token, holdAtMs: 100_000 });
    await switchOn({ controller, scooter });
    const { app } = connect(controller);
    expect(app.logIn(token, appRandom)).toBe('loggedIn');
    const [state, position, live] = [scooter.state, scooter.position, readLive(app)];
    expect(state).toEqual(new Ride().at(100_000));
    vi.advanceTimersByTime(3_600_000);
    expect([scooter.state, scooter.position, readLive(app)]).toEqual([state, position, live]);
  });

  it('refuses a token that another phone has replaced', async () => {
    const { controller, scooter } = createScooter({ token });
    await switchOn({ controller, scooter });
    const { app } = connect(controller);
    scooter.bind(Buffer.alloc(12, 3));
    expect(app.logIn(token, appRandom)).toBe('loginFailed');
  });

  it('forgets its pairing if power button, throttle and brake are held while it is switched on', async () => {
    const { controller, events, scooter } = createScooter({ token });
    await switchOn({ controller, scooter });
    scooter.close();
    scooter.resetAtNextStart();
    const started = scooter.start();
    controller.deliverAll();
    await started;
    expect(events.map(({ type }) => type)).toEqual(['beep', 'factoryReset']);
    expect(connect(controller).app.logIn(token, appRandom)).toBe('notRegistered');
    scooter.close();
    scooter.bind(token);
    await switchOn({ controller, scooter });
    expect(connect(controller).app.logIn(token, appRandom)).toBe('loggedIn');
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
