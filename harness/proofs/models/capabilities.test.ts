import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { byteAddress } from '../../../protocol/registers/codec.ts';
import { type Block, BLOCKS, ROWS } from '../../../protocol/registers/table.ts';
import type { ScooterModel } from '../../../simulator/models/model.ts';
import { findModel, MODELS } from '../../../simulator/models/models.ts';
import type { RideState } from '../../../simulator/ride/ride-state.ts';
import { TestRide, TOKEN } from '../rides/testing/test-ride.ts';
import { AppSession } from './testing/app-session.ts';
import { OTHER_REGISTERS } from './testing/other-registers.ts';
import { PLAIN_BLOCKS, type PlainRead } from './testing/plain-reads.ts';
import { REFUSED_WRITES, word, WRITE_COMMANDS, WRITES, type WriteCommand } from './testing/writes.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** Values seen, by what was tried: `--reporter=json` writes them down, for a table of all models. */
    seen?: Record<string, string>;
  }
}

const ADDRESS = 'c8:f0:9e:00:00:01';
const ACCEPTED = Buffer.of(1);
const REFUSED = Buffer.of(0);
const ONE = word(1);
/** The client's supervision timeout, and some time to notice it. */
const LINK_LOSS_MS = 6_000;
const CHARGING_MS = 600_000;

const VARIANTS = Object.entries(MODELS).flatMap(([id, { generations }]) =>
  Object.values(generations).map(({ generation }): [string, ScooterModel] => [
    `${id}, ${generation}`,
    findModel(id, { generation }),
  ]),
);

let ride: TestRide;
let app: AppSession | undefined;
/** State of the ride at each reply since the last read was checked. */
let states: RideState[];
beforeEach(() => {
  ride = new TestRide();
  ride.configure({ scooter: 'authentication = "optional"' });
  app = undefined;
  states = [];
  ride.onEvent('replied', () => states.push(ride.world.scooter.state));
});
afterEach(async () => {
  await app?.close();
  await ride.close();
});

/** Starts a scooter to which the app is already paired, if its generation has that, and connects to it. */
async function connectTo(model: ScooterModel, state: Partial<RideState['conditions']>): Promise<AppSession> {
  await ride.start({ model, ...(model.generation === 'miauth' && { token: TOKEN }) });
  ride.world.scooter.change(state);
  return await reconnect();
}

async function reconnect(): Promise<AppSession> {
  await app?.close();
  app = await AppSession.open(ride);
  return app;
}

/** The block of the table at this position, which knows how it may be split; or else one without rows. */
function blockOf({ device, register, bytes }: PlainRead): Block {
  const known = Object.values<Block>(BLOCKS).find(
    (each) => each.device === device && each.register === register,
  );
  return known ?? { device, register, bytes, rows: {} };
}

/** Reads registers, and compares every value in the reply with the state of the ride when the scooter replied. */
async function checkRead(session: AppSession, model: ScooterModel, plain: PlainRead): Promise<Buffer> {
  states = [];
  const bytes = await session.readBlock(blockOf(plain));
  expect(bytes, plain.title).toHaveLength(plain.bytes);
  for (const [name, read, expected] of plain.fields) {
    const possible = states.map((state) => expected({ model, state }));
    expect(possible, `${plain.title}: ${name}`).toContain(read(bytes));
  }
  return bytes;
}

const repliesTo = (command: number): number =>
  ride.scooterEvents.filter((event) => event.type === 'replied' && event.command === command).length;

/** Writes a register with either command, and checks that it is acknowledged as it should be. */
const WRITERS: Readonly<
  Record<WriteCommand, (session: AppSession, ...write: Parameters<AppSession['write']>) => Promise<void>>
> = {
  acknowledged: async (session, ...write) => {
    expect(await session.write(...write)).toEqual(ACCEPTED);
  },
  silent: async (session, ...write) => {
    await session.writeSilently(...write);
    expect(repliesTo(0x03)).toBe(0);
  },
};

/** Uptime, which a restart resets, and energy recovery, which it does not. */
async function readAfterStart(session: AppSession): Promise<readonly [uptimeS: number, kers: number]> {
  const [uptime, kers] = [await session.read('esc', 0xba, 2), await session.read('esc', 0x7b, 2)];
  return [uptime.readUInt16LE(), kers.readUInt16LE()];
}

const live = (session: AppSession): Promise<Buffer> => session.readBlock(BLOCKS.live);
const speedKmh = (bytes: Buffer): number => bytes.readInt16LE(10) / 1000;
const odometerM = (bytes: Buffer): number => bytes.readUInt32LE(14);

/** Reads the live block once a second. */
async function follow(session: AppSession, seconds: number): Promise<Buffer[]> {
  const blocks: Buffer[] = [];
  for (let second = 0; second < seconds; second++) {
    await ride.clock.advance(1_000);
    blocks.push(await live(session));
  }
  return blocks;
}

const maxSpeedKmh = (blocks: readonly Buffer[]): number => Math.max(...blocks.map(speedKmh));

/** A setting, or that of a model. */
type SettingOf = number | ((model: ScooterModel) => number);

/** Writes while riding, and the speed that the scooter reaches after each of them, up to 5 % less or more. */
const LIMITED_RIDES: readonly {
  readonly title: string;
  readonly writes: readonly (readonly [command: WriteCommand, register: number, value: SettingOf])[];
  readonly maxKmh: (model: ScooterModel) => number;
}[] = [
  {
    title: 'limit 10 km/h',
    writes: [
      ['acknowledged', 0x73, 10_000],
      ['silent', 0x72, 1],
    ],
    maxKmh: () => 10,
  },
  {
    title: 'eco',
    writes: [
      ['acknowledged', 0x72, 0],
      ['silent', 0x75, 1],
    ],
    maxKmh: ({ modes }) => modes.eco?.limitKmh ?? NaN,
  },
  { title: 'locked', writes: [['silent', 0x70, 1]], maxKmh: () => 0 },
  {
    title: 'unlocked, fastest mode',
    writes: [
      ['acknowledged', 0x71, 1],
      ['acknowledged', 0x75, ({ modes }) => (modes.sport ? 2 : 0)],
    ],
    maxKmh: ({ topSpeedKmh }) => topSpeedKmh,
  },
];

describe('the reads of this test', () => {
  it('contain every block and every register of the table', () => {
    const positions = Object.entries<Block>(BLOCKS).map(([title, { device, register, bytes }]) => ({
      ...{ title, device, register, bytes },
    }));
    expect(PLAIN_BLOCKS).toMatchObject(positions);
    const unread = ROWS.filter(
      (row) =>
        ![...PLAIN_BLOCKS, ...OTHER_REGISTERS].some(
          ({ device, register, bytes }) =>
            device === row.device &&
            byteAddress(row) >= 2 * register &&
            byteAddress(row) + row.bytes <= 2 * register + bytes,
        ),
    );
    expect(unread).toEqual([]);
  });
});

describe.each(VARIANTS)('%s', (_, model) => {
  const hasLogin = model.generation === 'miauth';

  it('is found, paired with and logged in to, if it has a login', async ({ task }) => {
    await ride.start({ model });
    const { out } = await ride.scan(3);
    expect(out).toEqual([expect.stringContaining(`MIScooter0001     ${model.name}`)]);
    expect(out[0]).toContain(ADDRESS);
    ride.onNext('beep', () => ride.world.scooter.pressButton());
    expect(await ride.clock.until(ride.command('register', ADDRESS))).toBe(0);
    expect(existsSync(ride.tokenPath)).toBe(hasLogin);
    const session = await reconnect();
    expect(session.hasLoggedIn).toBe(hasLogin);
    expect(ride.countEvents('loggedIn')).toBe(hasLogin ? 1 : 0);
    const outcome = (result: string): string => (hasLogin ? result : 'not needed');
    task.meta.seen = { scan: out.join(), pair: outcome('token stored'), login: outcome('logged in') };
  });

  it('answers every register with what it is and does', async ({ task }) => {
    const session = await connectTo(model, { activity: 'parked' });
    task.meta.seen = {};
    for (const plain of PLAIN_BLOCKS) {
      const bytes = await checkRead(session, model, plain);
      task.meta.seen[`read ${plain.title}`] = plain.fields
        .map(([name, read]) => `${name} ${read(bytes)}`)
        .join(', ');
    }
    for (const plain of OTHER_REGISTERS) await checkRead(session, model, plain);
  });

  it('executes every write, acknowledged or silent, and refuses what it must not', async ({ task }) => {
    const session = await connectTo(model, { activity: 'parked' });
    const seen: Record<string, string> = (task.meta.seen = {});
    for (const command of WRITE_COMMANDS) {
      for (const { title, device, register, data, effect } of WRITES) {
        await WRITERS[command](session, device, register, data[command]);
        const value = effect.read(await session.read(device, effect.register, effect.bytes));
        expect(value, `${title}, ${command}`).toBe(effect.expected[command]);
        seen[`write ${title}`] = [seen[`write ${title}`], value]
          .filter((each) => each !== undefined)
          .join(', ');
      }
    }
    for (const { title, device, register, data } of REFUSED_WRITES) {
      const before = await session.read(device, register, 2);
      expect(await session.write(device, register, data.acknowledged), title).toEqual(REFUSED);
      await session.writeSilently(device, register, data.silent);
      expect(await session.read(device, register, 2), title).toEqual(before);
      seen[`write ${title}`] = 'refused';
    }
  });

  it.for(WRITE_COMMANDS)('restarts and switches itself off, %s', async (command, { task }) => {
    const session = await connectTo(model, { activity: 'parked' });
    await ride.clock.advance(60_000);
    await WRITERS.acknowledged(session, 'esc', 0x7b, word(2));
    await WRITERS.acknowledged(session, 'ble', 0x00, Buffer.from('Rocinante\0\0\0\0'));
    const [before] = await readAfterStart(session);
    expect(before).toBeGreaterThanOrEqual(60);
    await WRITERS[command](session, 'esc', 0x78, ONE);
    await ride.clock.advance(LINK_LOSS_MS);
    expect(session.link.ended.aborted).toBe(true);

    const restarted = await reconnect();
    expect(restarted.advertisedName).toBe('Rocinante');
    const [after, kers] = await readAfterStart(restarted);
    expect(after).toBeLessThan(30);
    expect(kers).toBe(2);
    await WRITERS[command](restarted, 'esc', 0x79, ONE);
    await ride.clock.advance(LINK_LOSS_MS);
    expect(restarted.link.ended.aborted).toBe(true);
    await restarted.close();
    app = undefined;
    const { out } = await ride.scan(3);
    expect(out).toEqual([expect.stringMatching(/^No scooters found/)]);
    task.meta.seen = {
      [`write reboot, ${command}`]: `uptime ${before} s, then ${after} s; energy recovery ${kers}; advertised as ${restarted.advertisedName}`,
      [`write power off, ${command}`]: out.join().split('.')[0] ?? '',
    };
  });

  it('rides as fast as an app lets it', async ({ task }) => {
    const session = await connectTo(model, { activity: 'riding' });
    const free = await follow(session, 40);
    const [first = Buffer.alloc(32), last = Buffer.alloc(32)] = [free[0], free.at(-1)];
    const drivenM = odometerM(last) - odometerM(first);
    const summedM = free.slice(1).reduce((sum, bytes) => sum + speedKmh(bytes) / 3.6, 0);
    expect(maxSpeedKmh(free)).toBeGreaterThan(12);
    expect(maxSpeedKmh(free)).toBeLessThanOrEqual(model.topSpeedKmh + 0.5);
    expect(drivenM).toBeGreaterThan(50);
    expect(Math.abs(drivenM - summedM)).toBeLessThan(0.1 * drivenM);

    task.meta.seen = { ride: `${maxSpeedKmh(free)} km/h, ${drivenM} m in 40 s` };

    for (const { title, writes, maxKmh } of LIMITED_RIDES) {
      for (const [command, register, value] of writes) {
        const setting = typeof value === 'number' ? value : value(model);
        await WRITERS[command](session, 'esc', register, word(setting));
      }
      await follow(session, 10);
      const reachedKmh = maxSpeedKmh(await follow(session, 60));
      expect(Math.abs(reachedKmh - maxKmh(model)), title).toBeLessThanOrEqual(0.05 * maxKmh(model));
      task.meta.seen[`ride, ${title}`] = `${reachedKmh} km/h`;
    }
  });

  it('is charged', async ({ task }) => {
    const session = await connectTo(model, { activity: 'parked', isCharging: true });
    const [before, status, charges] = [
      await session.read('bms', 0x31, 10),
      await session.read('bms', 0x30, 2),
      await session.read('bms', 0x1c, 2),
    ];
    const currentA = before.readInt16LE(4) / 100;
    expect(status.readUInt16LE() & 0x40).toBe(0x40);
    expect(charges.readUInt16LE()).toBe(model.charges + 1);
    expect(currentA).toBeLessThan(-1);
    await session.close();
    app = undefined;
    await ride.clock.advance(CHARGING_MS);

    const after = await (await reconnect()).read('bms', 0x31, 10);
    const chargedMah = after.readUInt16LE(0) - before.readUInt16LE(0);
    const expectedMah = (-currentA * CHARGING_MS) / 3_600;
    expect(Math.abs(chargedMah - expectedMah)).toBeLessThan(0.05 * expectedMah);
    const percents = [before, after].map((bytes) => bytes.readUInt16LE(2));
    expect(percents[1]).toBeGreaterThan(percents[0] ?? NaN);
    task.meta.seen = {
      charge: `status 0x${status.readUInt16LE().toString(16)}, ${currentA} A, ${percents.join(' to ')} %, ${chargedMah} mAh in 10 min`,
    };
  });
});
