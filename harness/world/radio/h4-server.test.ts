import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAdapter, type Adapter } from '../../../hci/adapter.ts';
import { loadNoble, type Noble, type NoblePeripheral, type NobleService } from '../../../hci/noble.ts';
import { NORDIC_UART, XIAOMI, normalizeUuid } from '../../../protocol/gatt.ts';
import { VirtualScooter } from '../../../simulator/scooter.ts';
import { seededRandom } from '../random.ts';
import { Air } from './air.ts';
import { Controller } from './controller.ts';
import { H4Server } from './h4-server.ts';
import { H4Host } from './testing/h4-host.ts';
import { VirtualSocket } from './virtual-socket.ts';
import { once, withinDeadline } from '../../../hci/testing/deadline.ts';

const SCOOTER = 'c8:f0:9e:00:00:01';
const SCAN = '010c20020100';
const ADVERTISE = '010a200101';
/** LE Set Advertising Parameters: every 20 ms. */
const FASTER = `0106200f20002000${'00'.repeat(9)}0700`;
const PARAMETERS = { minInterval: 6, maxInterval: 6, latency: 0, timeout: 500 };

/** LE Create Connection to a random address (last byte first), with an interval of 7.5 ms. */
const createConnection = (peer: string, supervisionTimeoutMs: number): string =>
  `010d2019600030000001${peer}00060006000000${u16(supervisionTimeoutMs / 10)}04000600`;

const u16 = (value: number): string => Buffer.of(value & 0xff, value >> 8).toString('hex');

let air: Air;
let folder: string;
let lines: string[];
const open: { close(): void | Promise<void> }[] = [];
beforeEach(async () => {
  air = new Air({ random: seededRandom(1).unit });
  folder = await mkdtemp(join(tmpdir(), 'martinete-air-'));
  lines = [];
});
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
  await rm(folder, { recursive: true });
});

async function serve(name = 'tcp:127.0.0.1:0'): Promise<H4Server> {
  const server = await H4Server.listen(name, {
    air,
    identity: (connection) => ({ address: `c0:00:00:00:00:0${connection}`, type: 'random' }),
    log: (line) => lines.push(line),
  });
  open.push(server);
  return server;
}

async function startScooter(adapter: Adapter, address = SCOOTER): Promise<VirtualScooter> {
  const { bytes } = seededRandom(2);
  const scooter = new VirtualScooter({ adapter, address, random: bytes });
  open.push(scooter);
  await scooter.start();
  return scooter;
}

/** An adapter with a controller in this process. */
function localAdapter(address: string): Adapter {
  const controller = new Controller(air, { identity: { address, type: 'random' } });
  return { open: () => new VirtualSocket(controller), deviceId: 0 };
}

/** Loads noble on an adapter, and waits until it is powered on. */
async function central(adapter: string): Promise<Noble> {
  const loaded = loadNoble(parseAdapter(adapter));
  open.push(loaded);
  if (loaded.noble.state !== 'poweredOn') await once(loaded.noble, 'stateChange');
  expect(loaded.noble.state).toBe('poweredOn');
  return loaded.noble;
}

async function find(noble: Noble, address: string): Promise<NoblePeripheral> {
  const found = new Promise<NoblePeripheral>((resolve) => {
    noble.on('discover', (peripheral: NoblePeripheral) => {
      if (peripheral.address === address) resolve(peripheral);
    });
  });
  noble.startScanning([], true);
  const peripheral = await withinDeadline(found, `advertisements of ${address}`);
  noble.stopScanning();
  await once(noble, 'scanStop');
  return peripheral;
}

/** The UUIDs of a peripheral's services and characteristics. */
async function discover(peripheral: NoblePeripheral): Promise<string[][]> {
  const found = new Promise<NobleService[]>((resolve) => {
    peripheral.discoverServices([], (_error, services) => resolve(services));
  });
  const services = await withinDeadline(found, 'the services');
  const lists: string[][] = [];
  for (const service of services) {
    const characteristics = new Promise<string[]>((resolve) => {
      service.discoverCharacteristics([], (_error, all) => resolve(all.map(({ uuid }) => uuid)));
    });
    lists.push([service.uuid, ...(await withinDeadline(characteristics, 'the characteristics'))]);
  }
  return lists;
}

async function expectScooter(noble: Noble, address: string, name: string): Promise<void> {
  const peripheral = await find(noble, address);
  expect(peripheral.advertisement.localName).toBe(name);
  const connected = once(peripheral, 'connect');
  peripheral.connect(PARAMETERS);
  expect(await connected).toEqual([null]);
  const services = await discover(peripheral);
  expect(services).toContainEqual(
    [NORDIC_UART.service, NORDIC_UART.write, NORDIC_UART.notify].map(normalizeUuid),
  );
  expect(services.map(([service]) => service)).toContain(normalizeUuid(XIAOMI.service));
  const disconnected = once(peripheral, 'disconnect');
  peripheral.disconnect();
  await disconnected;
}

describe('an H4 server', () => {
  it.each(['tcp:127.0.0.1:0', 'unix'])(
    'lets unmodified noble at %s find a scooter, connect to it and discover it',
    async (name) => {
      const server = await serve(name === 'unix' ? `unix:${folder}/air` : name);
      const scooter = await startScooter(localAdapter(SCOOTER));
      await expectScooter(await central(server.name), SCOOTER, scooter.name);
    },
  );

  it('lets unmodified noble find a scooter of unmodified bleno, each over a connection of its own', async () => {
    const server = await serve();
    const scooter = await startScooter(parseAdapter(server.name));
    await expectScooter(await central(server.name), 'c0:00:00:00:00:01', scooter.name);
    expect(lines).toEqual([
      `${server.name}: connection 1 from 127.0.0.1 opened as c0:00:00:00:00:01`,
      `${server.name}: connection 2 from 127.0.0.1 opened as c0:00:00:00:00:02`,
    ]);
  });

  it('gives every connection a controller with an address of its own, and logs its start and end', async () => {
    const server = await serve(`unix:${folder}/air`);
    const hosts = [await H4Host.connect(server.name), await H4Host.connect(server.name)];
    expect(await Promise.all(hosts.map((host) => host.address()))).toEqual(['c00000000001', 'c00000000002']);
    const [first, second] = hosts;
    first?.socket.end();
    await first?.ended;
    expect(await second?.address()).toBe('c00000000002');
    expect(lines).toEqual([
      `unix:${folder}/air: connection 1 opened as c0:00:00:00:00:01`,
      `unix:${folder}/air: connection 2 opened as c0:00:00:00:00:02`,
      `unix:${folder}/air: connection 1 closed by the host`,
    ]);
  });

  it('removes the controller of a vanished host: its peer loses the link by supervision, others are not affected', async () => {
    const server = await serve();
    const peripheral = await H4Host.connect(server.name);
    const other = await H4Host.connect(server.name);
    peripheral.send(FASTER, ADVERTISE);
    await peripheral.waitFor('040e04010a2000');
    const vanishing = await H4Host.connect(server.name);
    vanishing.send(createConnection('0100000000c0', 100));
    const [handle] = [await vanishing.waitFor('043e130100'), await peripheral.waitFor('043e130100')].map(
      (complete) => complete.slice(10, 14),
    );
    vanishing.socket.resetAndDestroy();
    expect(await peripheral.waitFor('040504')).toBe(`04050400${handle}08`);
    expect(await other.address()).toBe('c00000000002');
    expect(lines.at(-1)).toBe(`${server.name}: connection 3 from 127.0.0.1 lost: read ECONNRESET`);
    other.send(SCAN);
    await other.waitFor('040e04010c2000');
    expect([
      ...air.receiversOf(new Controller(air, { identity: { address: SCOOTER, type: 'random' } })),
    ]).toHaveLength(1);
  });

  it('closes all its connections, controllers and handles', async () => {
    const handles = (): string[] => process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP'));
    expect(handles()).toEqual([]);
    const server = await serve();
    const hosts = await Promise.all([1, 2, 3].map(() => H4Host.connect(server.name)));
    for (const host of hosts) {
      host.send(SCAN);
      await host.waitFor('040e04010c2000');
    }
    const listener = new Controller(air, { identity: { address: SCOOTER, type: 'random' } });
    expect([...air.receiversOf(listener)]).toHaveLength(3);
    await server.close();
    expect([...air.receiversOf(listener)]).toEqual([]);
    expect(lines.slice(3).sort()).toEqual(
      [1, 2, 3].map(
        (number) => `${server.name}: connection ${number} from 127.0.0.1 closed: the server is shutting down`,
      ),
    );
    await server.close();
    for (const host of hosts) await host.ended;
    expect(handles()).toEqual([]);
    const next = await serve(server.name);
    expect(await (await H4Host.connect(next.name)).address()).toBe('c00000000001');
  });
});
