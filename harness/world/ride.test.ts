import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { main } from '../../client/cli.ts';
import { ADDRESSES } from '../../protocol/message.ts';
import { decodeBlock } from '../../protocol/registers/codec.ts';
import { BLOCKS, type Block } from '../../protocol/registers/table.ts';
import type { FirmwareEvent } from '../../simulator/firmware/firmware.ts';
import { virtualClock, type Clock } from './clock.ts';
import type { World } from './world.ts';

const TOKEN = Buffer.from('31a9a237bafb37de67886d35', 'hex');
const OTHER_TOKEN = Buffer.from('aff48da496e5f76e39f73f9a', 'hex');
const SEED = 7;
const EARLIER_FIELDS = Object.keys(
  JSON.parse(readFileSync('fixtures/legacy/payloads.jsonl', 'utf8').split('\n')[0] ?? '') as object,
);

interface Payload extends Record<string, unknown> {
  readonly gpsinfo: Record<string, unknown> & {
    latitude: number;
    longitude: number;
    time: string;
    fix: boolean;
  };
  readonly battery_info: Record<string, unknown>;
  readonly seq: number;
}

/** A client in a virtual world, as its owner would start it from a terminal. */
class Ride {
  readonly folder = mkdtempSync(join(tmpdir(), 'martinete-ride-'));
  readonly configPath = join(this.folder, 'martinete.toml');
  readonly tokenPath = join(this.folder, '.mi-token');
  readonly clock: Clock = virtualClock();
  readonly events: FirmwareEvent[] = [];
  readonly payloads: Payload[] = [];
  said = '';
  readonly #stop = new AbortController();
  #world: World | undefined;
  #main: typeof main | undefined;
  #closing: (() => Promise<unknown>)[] = [];

  get world(): World {
    if (!this.#world) throw new Error('no world yet');
    return this.#world;
  }

  configure(extra: { scooter?: string; serial?: boolean } = {}): void {
    const serial = extra.serial === false ? '' : '[serial]\nserial_port = "/dev/ttyUSB2"\n';
    writeFileSync(
      this.configPath,
      `[mqtt]\nbroker = "tcp://127.0.0.1:1883"\ntopic = "vehicle/1/realtime"\n` +
        `[scooter]\nmac = "c8f09e000001"\nadapter = "virtual"\n${extra.scooter ?? ''}\n${serial}`,
    );
  }

  /** Builds the world; the client's token and the scooter's. */
  async begin({
    token,
    bound = token,
  }: { token?: Buffer; bound?: Buffer | null | undefined } = {}): Promise<void> {
    if (token) writeFileSync(this.tokenPath, token, { mode: 0o600 });
    // Loaded under the virtual clock, and before it moves.
    const { main } = await import('../../client/cli.ts');
    const { loadConfig } = await import('../../client/config/load.ts');
    const { World } = await import('./world.ts');
    const { Subscriber } = await import('./broker.ts');
    const config = loadConfig(this.configPath);
    this.#main = main;
    const sink = { write: (text: string) => (this.said += text) };
    this.#world = await this.clock.until(
      World.start({
        seed: SEED,
        config,
        ride: { startOdometerM: 1_306_083, startPercent: 63 },
        onScooterEvent: (event) => this.events.push(event),
        out: sink,
        log: sink,
        ...(bound && { token: bound }),
      }),
    );
    const subscriber = new Subscriber(this.world.broker.open, {
      url: config.mqtt.broker,
      topic: config.mqtt.topic,
      onMessage: (payload) => this.payloads.push(JSON.parse(payload) as Payload),
    });
    this.#closing.push(
      () => subscriber.close(),
      () => this.world.close(),
    );
  }

  /** Starts a command of the binary; resolves to its exit code. */
  async command(...args: string[]): Promise<number> {
    const code = await this.#main?.(
      [...args, '--config', this.configPath],
      this.world.edges,
      this.#stop.signal,
    );
    if (code === undefined) throw new Error('the ride has not begun');
    return code;
  }

  stop(): void {
    this.#stop.abort();
  }

  async end(): Promise<void> {
    this.stop();
    for (const close of this.#closing) await this.clock.until(close());
    const left = this.clock.pending();
    this.clock.close();
    rmSync(this.folder, { recursive: true });
    expect(left, 'timers that outlive the world').toBe(0);
  }

  /** What the scooter answered to one kind of read, oldest first. */
  replies({ device, register }: Block): Buffer[] {
    return this.events.flatMap((event) =>
      event.type === 'replied' && event.address === ADDRESSES[device].reply && event.register === register
        ? [event.data]
        : [],
    );
  }

  count(type: FirmwareEvent['type']): number {
    return this.events.filter((event) => event.type === type).length;
  }
}

let ride: Ride;
beforeEach(() => {
  ride = new Ride();
  ride.configure();
});
afterEach(() => ride.end());

describe('a ride with a paired scooter', () => {
  it('publishes in each sample what the registers held when the scooter answered', async () => {
    await ride.begin({ token: TOKEN });
    const run = ride.command('run');
    await ride.clock.advance(120_000);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);

    expect(ride.payloads.length).toBeGreaterThanOrEqual(22);
    ride.payloads.forEach((payload, index) => {
      const live = decodeBlock(BLOCKS.live, ride.replies(BLOCKS.live)[index] ?? Buffer.alloc(0));
      const battery = decodeBlock(BLOCKS.battery, ride.replies(BLOCKS.battery)[index] ?? Buffer.alloc(0));
      const range = decodeBlock(BLOCKS.range, ride.replies(BLOCKS.range)[index] ?? Buffer.alloc(0));
      expect(payload).toMatchObject({
        seq: index + 1,
        speed_kmh: Math.max(0, live.speedKmh),
        total_distance_m: live.odometerM,
        trip_distance_m: live.tripM,
        trip_distance_left_km: range.remainingRangeKm,
        uptime_sec: live.uptimeS,
        frame_temp: live.frameTemperatureC,
        battery_info: {
          capacity: battery.remainingMah,
          percent: battery.chargePercent,
          current: battery.currentA,
          voltage: battery.voltageV,
          temperature_1: battery.temperature1C,
          temperature_2: battery.temperature2C,
        },
      });
    });
    const odometers = ride.payloads.map((payload) => Number(payload['total_distance_m']));
    expect(odometers.at(-1)).toBeGreaterThan((odometers[0] ?? 0) + 300);
  });

  it('publishes the place on the route where the scooter was when the satellites said so', async () => {
    await ride.begin({ token: TOKEN });
    const truth = new Map<string, { latitude: number; longitude: number }>();
    ride.world.gps.behaviours.add({
      position: (position) => {
        if (position) truth.set(new Date().toISOString(), position);
        return position;
      },
    });
    const run = ride.command('run');
    await ride.clock.advance(60_000);
    ride.stop();
    await ride.clock.until(run);

    const fixes = ride.payloads.map(({ gpsinfo }) => gpsinfo).filter(({ fix }) => fix);
    expect(fixes.length).toBeGreaterThanOrEqual(10);
    for (const { latitude, longitude, time, age_sec: age } of fixes) {
      const nearest = truth.get(time);
      expect(nearest, `the route at ${time}`).toBeDefined();
      expect(latitude).toBeCloseTo(nearest?.latitude ?? 0, 5);
      expect(longitude).toBeCloseTo(nearest?.longitude ?? 0, 5);
      expect(age).toBeLessThan(1.2);
    }
  });

  it('keeps the field names and their order that earlier consumers read', async () => {
    await ride.begin({ token: TOKEN });
    const run = ride.command('run');
    await ride.clock.advance(10_000);
    ride.stop();
    await ride.clock.until(run);
    const [payload] = ride.payloads;
    expect(Object.keys(payload ?? {}).slice(0, EARLIER_FIELDS.length)).toEqual(EARLIER_FIELDS);
    expect(Object.keys(payload?.gpsinfo ?? {}).slice(0, 4)).toEqual([
      'latitude',
      'longitude',
      'altitude',
      'gps_speed',
    ]);
  });

  it('goes on in the same session over a gap of 3 s', async () => {
    await ride.begin({ token: TOKEN });
    const run = ride.command('run');
    await ride.clock.advance(14_000);
    const release = ride.world.air.block(ride.world.scooterController);
    await ride.clock.advance(3_000);
    release();
    await ride.clock.advance(20_000);
    ride.stop();
    await ride.clock.until(run);
    expect(ride.count('loggedIn')).toBe(1);
    expect(ride.payloads.map(({ seq }) => seq)).toEqual(ride.payloads.map((_, index) => index + 1));
    expect(ride.payloads.length).toBeGreaterThanOrEqual(6);
  });

  it('logs in again after a gap of 6 s, and counts on', async () => {
    await ride.begin({ token: TOKEN });
    const run = ride.command('run');
    await ride.clock.advance(14_000);
    const release = ride.world.air.block(ride.world.scooterController);
    await ride.clock.advance(6_000);
    release();
    await ride.clock.advance(20_000);
    ride.stop();
    await ride.clock.until(run);
    expect(ride.count('loggedIn')).toBe(2);
    expect(ride.payloads.map(({ seq }) => seq)).toEqual(ride.payloads.map((_, index) => index + 1));
    expect(ride.payloads.length).toBeGreaterThanOrEqual(6);
  });

  it('stores samples while there is no broker, and says so once', async () => {
    await ride.begin({ token: TOKEN });
    await ride.clock.until(ride.world.broker.close());
    const run = ride.command('run');
    await ride.clock.advance(60_000);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
    expect(ride.payloads).toEqual([]);
    expect(ride.replies(BLOCKS.live).length).toBeGreaterThanOrEqual(10);
    expect(ride.said.match(/no connection to the broker/g)).toHaveLength(1);
  });

  it('publishes without a position where the receiver is missing, and says so once', async () => {
    await ride.begin({ token: TOKEN });
    ride.world.gps.stop();
    ride.world.unplugGps();
    const run = ride.command('run');
    await ride.clock.advance(30_000);
    ride.stop();
    await ride.clock.until(run);
    expect(ride.payloads.length).toBeGreaterThanOrEqual(5);
    for (const { gpsinfo } of ride.payloads)
      expect(gpsinfo).toMatchObject({ latitude: 0, longitude: 0, fix: false });
    expect(ride.said.match(/no GPS receiver/g)).toHaveLength(1);
  });

  it('never tells the token', async () => {
    await ride.begin({ token: TOKEN });
    const run = ride.command('run');
    await ride.clock.advance(20_000);
    ride.stop();
    await ride.clock.until(run);
    const everything = ride.said + JSON.stringify(ride.payloads);
    for (const spelling of ['hex', 'base64', 'latin1'] as const) {
      expect(everything).not.toContain(TOKEN.toString(spelling));
    }
  });
});

describe('a scooter that cannot be had', () => {
  it('with another token ends with 77 and advice', async () => {
    await ride.begin({ token: TOKEN, bound: OTHER_TOKEN });
    expect(await ride.clock.until(ride.command('run'))).toBe(77);
    expect(ride.said).toContain('martinete register');
  });

  it('bound to nobody ends with 77', async () => {
    await ride.begin({ token: TOKEN, bound: null });
    expect(await ride.clock.until(ride.command('run'))).toBe(77);
  });

  it('without a token file ends with 77 before the radio is touched', async () => {
    await ride.begin();
    expect(await ride.clock.until(ride.command('run'))).toBe(77);
    expect(ride.said).toContain('martinete register');
  });

  it('switched off ends with 69 when the search window is over', async () => {
    ride.configure({ scooter: 'search_window = 20' });
    await ride.begin({ token: TOKEN });
    ride.world.scooter.close();
    const began = ride.clock.now();
    expect(await ride.clock.until(ride.command('run'))).toBe(69);
    expect(ride.clock.now() - began).toBeGreaterThanOrEqual(20_000);
    expect(ride.clock.now() - began).toBeLessThanOrEqual(25_000);
    expect(ride.said).toContain('switched on');
  });

  it('switched off under way ends with 75 when the reconnect window is over', async () => {
    ride.configure({ scooter: 'reconnect_window = 60' });
    await ride.begin({ token: TOKEN });
    const run = ride.command('run');
    await ride.clock.advance(20_000);
    ride.world.scooter.close();
    const gone = ride.clock.now();
    expect(await ride.clock.until(run, 120_000)).toBe(75);
    // The link is lost a supervision timeout later; the window begins then.
    expect(ride.clock.now() - gone).toBeGreaterThanOrEqual(60_000);
    expect(ride.clock.now() - gone).toBeLessThanOrEqual(5_000 + 60_000 + 5_000);
  });
});

describe('pairing', () => {
  const pressOnBeep = (): void => {
    const { events } = ride;
    const timer = setInterval(() => {
      if (events.some(({ type }) => type === 'beep')) {
        clearInterval(timer);
        ride.world.scooter.pressButton();
      }
    }, 500);
  };

  it('asks for the power button, stores the token for its owner alone, and the token works', async () => {
    await ride.begin();
    pressOnBeep();
    expect(await ride.clock.until(ride.command('register', 'C8F09E000001'))).toBe(0);
    expect(ride.said).toContain('press its power button');
    expect(readFileSync(ride.tokenPath)).toEqual(ride.world.scooter.token);
    expect(statSync(ride.tokenPath).mode & 0o777).toBe(0o600);

    const run = ride.command('run');
    await ride.clock.advance(10_000);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
    expect(ride.payloads.length).toBeGreaterThan(0);
  });

  it('gives up after five prompts in vain, and writes nothing', async () => {
    await ride.begin();
    expect(await ride.clock.until(ride.command('register', 'c8:f0:9e:00:00:01'), 120_000)).toBe(77);
    expect(ride.said.match(/press its power button/g)).toHaveLength(5);
    expect(() => readFileSync(ride.tokenPath)).toThrow('ENOENT');
  });

  it('leaves an existing token alone, and says how to replace it', async () => {
    await ride.begin({ token: TOKEN });
    expect(await ride.clock.until(ride.command('register', 'c8f09e000001'))).toBe(78);
    expect(readFileSync(ride.tokenPath)).toEqual(TOKEN);
    expect(ride.said).toContain('--overwrite');
    expect(ride.count('connected')).toBe(0);
  });

  it('keeps the old token aside when it is told to replace it', async () => {
    await ride.begin({ token: TOKEN });
    pressOnBeep();
    expect(await ride.clock.until(ride.command('register', 'c8f09e000001', '--overwrite'))).toBe(0);
    expect(readFileSync(`${ride.tokenPath}.old`)).toEqual(TOKEN);
    expect(readFileSync(ride.tokenPath)).toEqual(ride.world.scooter.token);
  });
});
