import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Config } from '../../../client/config/schema.ts';
import { encodeAdvertisement, type Generation } from '../../../protocol/advertisement.ts';
import { ADDRESSES } from '../../../protocol/message.ts';
import { decodeBlock } from '../../../protocol/registers/codec.ts';
import { type Block, BLOCKS, REGISTERS } from '../../../protocol/registers/table.ts';
import type { FirmwareEvent } from '../../../simulator/firmware/firmware.ts';
import type { ModelId } from '../../../simulator/models/models.ts';
import type { VirtualScooter } from '../../../simulator/scooter.ts';
import { TestRide, TOKEN } from './testing/test-ride.ts';

const ADDRESS = 'c8:f0:9e:00:00:01';
const NAME = 'MIScooter0001';
const MODEL_TYPE = 0x28;

let ride: TestRide;
let scooter: VirtualScooter | undefined;
let events: FirmwareEvent[];
beforeEach(() => {
  ride = new TestRide();
  ride.configure({ scooter: 'authentication = "optional"' });
  events = [];
});
afterEach(async () => {
  scooter?.close();
  scooter = undefined;
  await ride.close();
});

/** Starts the world with another model of scooter. */
async function startScooter(model: ModelId, generation?: Generation): Promise<void> {
  await ride.start();
  await replaceScooter(model, generation);
}

/** Replaces the scooter of the world by another model at the same address. */
async function replaceScooter(model: ModelId, generation?: Generation): Promise<void> {
  ride.world.switchOff();
  scooter?.close();
  const { VirtualScooter } = await import('../../../simulator/scooter.ts');
  const { MODELS } = await import('../../../simulator/models/models.ts');
  const { Ride } = await import('../../../simulator/ride/ride.ts');
  const { VirtualAdapter } = await import('../../world/radio/virtual-adapter.ts');
  scooter = new VirtualScooter({
    adapter: new VirtualAdapter(ride.world.scooterController),
    address: ADDRESS,
    ride: new Ride({ model: MODELS[model], startOdometerM: 250_000 }),
    random: (count) => Buffer.alloc(count, 1),
    onEvent: (event) => events.push(event),
    ...(generation && { generation }),
  });
  await ride.clock.until(scooter.start());
}

/** Replaces the advertisement of the scooter. */
function advertise(advertisement: Buffer): void {
  ride.world.scooterController.advertiser.advertisingData = advertisement;
}

/** An advertisement with corrupted manufacturer data. */
function corrupted(generation: Generation): Buffer {
  const { advertisement } = encodeAdvertisement({ name: NAME, modelType: MODEL_TYPE, generation });
  advertisement.writeUInt8(advertisement.readUInt8(advertisement.length - 1) ^ 1, advertisement.length - 1);
  return advertisement;
}

const count = (type: FirmwareEvent['type']): number => events.filter((event) => event.type === type).length;

function replies({ device, register }: Block): Buffer[] {
  return events.flatMap((event) =>
    event.type === 'replied' && event.address === ADDRESSES[device].reply && event.register === register
      ? [event.data]
      : [],
  );
}

async function runFor(ms: number): Promise<void> {
  const run = ride.command('run');
  await ride.clock.advance(ms);
  ride.stop();
  expect(await ride.clock.until(run)).toBe(0);
}

describe.each(['plain', 'xor'] as const)('an M365 of the generation %s', (generation) => {
  const start = (): Promise<void> => startScooter('m365', generation);

  it('needs no token, and each sample has the values of its registers', async () => {
    await start();
    await runFor(60_000);
    expect(existsSync(ride.tokenPath)).toBe(false);
    expect(ride.output).toContain(`model M365, generation ${generation}`);
    expect(ride.payloads.length).toBeGreaterThanOrEqual(10);
    ride.payloads.forEach((payload, index) => {
      const live = decodeBlock(BLOCKS.live, replies(BLOCKS.live)[index] ?? Buffer.alloc(0));
      const battery = decodeBlock(BLOCKS.battery, replies(BLOCKS.battery)[index] ?? Buffer.alloc(0));
      expect(payload).toMatchObject({
        seq: index + 1,
        total_distance_m: live.odometerM,
        trip_distance_m: live.tripM,
        uptime_sec: live.uptimeS,
        battery_info: { capacity: battery.remainingMah, voltage: battery.voltageV },
      });
    });
    expect(ride.payloads.at(-1)?.['total_distance_m']).toBeGreaterThan(250_100);
  });

  it('stays connected over a radio gap of 3 s', async () => {
    await start();
    ride.radioGap(3_000, 14_000);
    await runFor(33_000);
    expect(count('connected')).toBe(1);
    expect(ride.payloads.length).toBeGreaterThanOrEqual(6);
  });

  it('is reconnected after a lost connection', async () => {
    await start();
    ride.radioGap(6_000, 14_000);
    await runFor(40_000);
    expect(count('connected')).toBe(2);
    expect(ride.payloads.map(({ seq }) => seq)).toEqual(ride.payloads.map((_, index) => index + 1));
    expect(ride.payloads.length).toBeGreaterThanOrEqual(6);
  });

  it('is polled although some notifications are corrupted, and others duplicated', async () => {
    await start();
    let sent = 0;
    ride.onNotify = ({ bytes }) => {
      sent += 1;
      if (sent % 10 === 0) return [Buffer.alloc(bytes.length, 0x55)];
      return sent % 3 === 0 ? [bytes, bytes] : [bytes];
    };
    await runFor(60_000);
    expect(count('connected')).toBe(1);
    expect(ride.payloads.length).toBeGreaterThanOrEqual(8);
    for (const payload of ride.payloads) expect(payload['total_distance_m']).toBeGreaterThanOrEqual(250_000);
  });

  it('is recognised by its services if its advertisement is corrupted', async () => {
    await start();
    advertise(corrupted(generation));
    await runFor(10_000);
    expect(ride.payloads.length).toBeGreaterThan(0);
  });

  it('has to be rid of its old token before it is read, and `register` says so', async () => {
    await start();
    writeFileSync(ride.tokenPath, TOKEN, { mode: 0o600 });
    expect(await ride.clock.until(ride.command('register', ADDRESS, '--overwrite'))).toBe(0);
    expect(ride.output).toContain(`remove ${ride.tokenPath}`);
    expect(readFileSync(ride.tokenPath)).toEqual(TOKEN);
  });

  it('needs no pairing, and `register` reports that', async () => {
    await start();
    expect(await ride.clock.until(ride.command('register', ADDRESS))).toBe(0);
    expect(ride.output).toContain('needs no pairing and no token');
    expect(existsSync(ride.tokenPath)).toBe(false);
    expect(count('beep')).toBe(0);
  });
});

describe.each(['plain', 'xor'] as const)(
  'a device that offers %s frames at the address of a scooter with a token',
  (offered) => {
    /** What may be at `token_file_path`. */
    const TOKENS = {
      'a token': () => writeFileSync(ride.tokenPath, TOKEN, { mode: 0o600 }),
      'the pending token of an interrupted pairing': () =>
        writeFileSync(`${ride.tokenPath}.pending`, TOKEN, { mode: 0o600 }),
    };

    const configure = (authentication: Config['scooter']['authentication']): void =>
      ride.configure({ scooter: `authentication = "${authentication}"\nreconnect_window = 120` });

    beforeEach(() => configure('required'));

    it.each(
      (['required', 'optional'] as const).flatMap((authentication) =>
        Object.entries(TOKENS).map(([what, write]) => ({ authentication, what, write })),
      ),
    )('is not read if there is $what and authentication is "$authentication"', async (given) => {
      configure(given.authentication);
      await startScooter('m365', offered);
      given.write();
      expect(await ride.clock.until(ride.command('run'), 180_000)).toBe(75);
      expect(ride.output.match(/offers no login with a token/g)).toHaveLength(1);
      expect(ride.output).toContain('remove the token file');
      expect(count('connected')).toBeGreaterThan(3);
      expect(count('replied')).toBe(0);
      expect(ride.payloads).toEqual([]);
    });

    it.each([undefined, 'plain', 'xor'] as const)(
      'is not read until the end of the reconnect window, whatever it advertises (%s)',
      async (generation) => {
        await startScooter('m365', offered);
        TOKENS['a token']();
        if (generation)
          advertise(encodeAdvertisement({ name: NAME, modelType: 0x20, generation }).advertisement);
        else advertise(corrupted(offered));
        expect(await ride.clock.until(ride.command('run'), 180_000)).toBe(75);
        expect(ride.output.match(/offers no login with a token/g)).toHaveLength(1);
        expect(count('connected')).toBeGreaterThan(3);
        expect(count('replied')).toBe(0);
        expect(ride.payloads).toEqual([]);
      },
    );

    it('is neither read nor ends the client once the scooter has logged in', async () => {
      await ride.start({ token: TOKEN });
      const run = ride.command('run');
      await ride.clock.advance(20_000);
      await replaceScooter('m365', offered);
      await ride.clock.advance(5_000);
      const before = ride.payloads.length;
      await ride.clock.advance(60_000);
      expect(count('connected')).toBeGreaterThan(3);
      expect(count('replied')).toBe(0);
      expect(ride.payloads).toHaveLength(before);
      ride.stop();
      expect(await ride.clock.until(run)).toBe(0);
    });

    it('is read once the owner has removed the token file, as the log advises', async () => {
      configure('optional');
      await startScooter('m365', offered);
      TOKENS['a token']();
      const run = ride.command('run');
      await ride.clock.advance(20_000);
      expect(ride.payloads).toEqual([]);
      rmSync(ride.tokenPath);
      await ride.clock.advance(60_000);
      expect(ride.payloads.length).toBeGreaterThan(0);
      ride.stop();
      expect(await ride.clock.until(run)).toBe(0);
    });
  },
);

describe('a scooter that XORs its frames', () => {
  it('is read in small parts if it answers no long reads, with the same values', async () => {
    await startScooter('pro', 'xor');
    scooter?.quirks.add({ withholdsReply: ({ data: [byteCount = 0] }) => byteCount > 9 });
    await runFor(60_000);
    expect(ride.output).toContain('reading the registers in small parts');
    expect(ride.payloads.length).toBeGreaterThanOrEqual(8);
    expect(ride.payloads.map(({ total_distance_m }) => total_distance_m)).toEqual(
      replies({ ...BLOCKS.live, register: REGISTERS.esc.odometerM.register })
        .slice(0, ride.payloads.length)
        .map((bytes) => bytes.readUInt32LE()),
    );
    expect(ride.payloads.map(({ battery_info }) => battery_info['voltage'])).toEqual(
      replies(BLOCKS.battery)
        .slice(0, ride.payloads.length)
        .map((bytes) => bytes.readUInt16LE(6) / 100),
    );
  });

  it('is read again after an incomplete discovery, without its key', async () => {
    await startScooter('pro', 'plain');
    const { advertisement } = encodeAdvertisement({ name: NAME, modelType: 0x22, generation: 'xor' });
    advertise(advertisement);
    const run = ride.command('run');
    while (count('disconnected') === 0 && ride.clock.now() < 60_000) await ride.clock.advance(10);
    await replaceScooter('pro', 'xor');
    await ride.clock.advance(20_000);
    expect(ride.payloads.length).toBeGreaterThan(0);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
  });

  it('is looked for again, however often a device at its address lacks the key, once it was read', async () => {
    await startScooter('pro', 'xor');
    const run = ride.command('run');
    await ride.clock.advance(20_000);
    const before = ride.payloads.length;
    await replaceScooter('pro', 'plain');
    advertise(encodeAdvertisement({ name: NAME, modelType: 0x22, generation: 'xor' }).advertisement);
    await ride.clock.advance(60_000);
    expect(count('connected')).toBeGreaterThan(5);
    expect(ride.payloads).toHaveLength(before);
    await replaceScooter('pro', 'xor');
    await ride.clock.advance(40_000);
    expect(ride.payloads.length).toBeGreaterThan(before);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
  });

  it('ends the client with 78 if it never has a key', async () => {
    await startScooter('pro', 'plain');
    advertise(encodeAdvertisement({ name: NAME, modelType: 0x22, generation: 'xor' }).advertisement);
    expect(await ride.clock.until(ride.command('run'))).toBe(78);
    expect(ride.output).toContain('no characteristic 0014');
    expect(count('connected')).toBe(3);
    expect(count('replied')).toBe(0);
  });
});

describe('a scooter with MiAuth', () => {
  it.each(['plain', 'xor'] as const)(
    'is logged in to although it advertises %s frames',
    async (generation) => {
      await ride.start({ token: TOKEN });
      advertise(encodeAdvertisement({ name: NAME, modelType: MODEL_TYPE, generation }).advertisement);
      await runFor(10_000);
      expect(ride.countEvents('loggedIn')).toBe(1);
      expect(ride.payloads.length).toBeGreaterThan(0);
    },
  );

  it('is not connected to without a token', async () => {
    await ride.start();
    expect(await ride.clock.until(ride.command('run'))).toBe(77);
    expect(ride.output).toContain('martinete register');
    expect(ride.countEvents('connected')).toBe(0);
  });

  it('ends the client with 77 without a token, even if its advertisement is corrupted', async () => {
    await ride.start();
    advertise(corrupted('miauth'));
    expect(await ride.clock.until(ride.command('run'))).toBe(77);
    expect(ride.output).toContain('martinete register');
    expect(ride.countEvents('connected')).toBe(1);
  });

  it.each(['miauth', undefined] as const)(
    'is paired with although its first discovery is incomplete (advertised: %s)',
    async (generation) => {
      await startScooter('m365', 'plain');
      advertise(
        generation
          ? encodeAdvertisement({ name: NAME, modelType: MODEL_TYPE, generation }).advertisement
          : corrupted('miauth'),
      );
      const register = ride.command('register', ADDRESS);
      while (count('disconnected') === 0 && ride.clock.now() < 60_000) await ride.clock.advance(10);
      scooter?.close();
      ride.onNext('beep', () => ride.world.scooter.pressButton());
      await ride.clock.until(ride.world.switchOn());
      expect(await ride.clock.until(register, 120_000)).toBe(0);
      expect(readFileSync(ride.tokenPath)).toEqual(ride.world.scooter.token);
    },
  );

  it('ends with 78 if it advertises MiAuth but lacks its characteristics', async () => {
    await startScooter('m365');
    advertise(encodeAdvertisement({ name: NAME, modelType: 0x20, generation: 'miauth' }).advertisement);
    expect(await ride.clock.until(ride.command('register', ADDRESS))).toBe(78);
    expect(ride.output).toContain('no characteristic 0019');
  });
});
