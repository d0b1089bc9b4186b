import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadBleno, type LoadedBleno } from './bleno.ts';
import type { LibraryProblem } from './library-problem.ts';
import { loadNoble, type LoadedNoble, type NoblePeripheral } from './noble.ts';
import { HANDLES, hciPacket } from './testing/arbitrary-packets.ts';
import { advertisingEvent, report, structure, type Report } from './testing/arbitrary-reports.ts';
import { PacketSocket } from './testing/packet-socket.ts';

/** Replies with a supported version, an address and buffers, and to the last command of the start. */
const STARTED = ['040e0c01011000' + '0a00000a0000000000', '040e0a01091000' + 'eb27b8010203'];
const BUFFERS = '040e0701022000' + '1b0008';
const NOBLE_READY = '040e04010b2000';
const BLENO_READY = '040e0401062000';

/** LE Connection Complete at handle 0x40. */
const connected = (role: 'central' | 'peripheral'): string =>
  `043e1301004000${role === 'central' ? '00' : '01'}000000009ef0c8` + '18000000f40100';
const DISCONNECTED = HANDLES.map((handle) =>
  Buffer.of(0x04, 0x05, 4, 0, handle & 0xff, handle >> 8, 0x13).toString('hex'),
);

const written = vi.fn();
const rejected = vi.fn();
let problems: LibraryProblem[];
let close: (() => void)[];
beforeEach(() => {
  problems = [];
  close = [];
  written.mockReset();
  rejected.mockReset();
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation(written);
  for (const method of ['log', 'warn', 'error'] as const)
    vi.spyOn(console, method).mockImplementation(written);
  process.on('unhandledRejection', rejected);
});
afterEach(() => {
  process.off('unhandledRejection', rejected);
  vi.restoreAllMocks();
  for (const each of close) each();
});

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Opens sockets, and finds the one for HCI. */
function adapter(): { open: () => PacketSocket; deviceId: number; socket: () => PacketSocket } {
  const sockets: PacketSocket[] = [];
  const open = (): PacketSocket => {
    const socket = new PacketSocket();
    sockets.push(socket);
    return socket;
  };
  const socket = (): PacketSocket =>
    sockets.find(({ isControl }) => !isControl) ?? expect.unreachable('no socket is open');
  return { open, deviceId: 0, socket };
}

interface StartedNoble {
  readonly socket: PacketSocket;
  readonly loaded: LoadedNoble;
  readonly found: NoblePeripheral[];
}

/** A scanning noble on a socket of its own, and the peripherals that it has reported. */
function startNoble(ready = NOBLE_READY): StartedNoble {
  const on = adapter();
  const loaded = loadNoble(on, (problem) => problems.push(problem));
  close.push(loaded.close);
  const socket = on.socket();
  for (const packet of [...STARTED, ready, BUFFERS]) socket.receive(packet);
  if (ready === NOBLE_READY) loaded.noble.startScanning([], true);
  const found: NoblePeripheral[] = [];
  loaded.noble.on('discover', (peripheral: NoblePeripheral) => found.push(peripheral));
  return { socket, loaded, found };
}

interface StartedBleno {
  readonly socket: PacketSocket;
  readonly loaded: LoadedBleno;
  readonly accepted: () => void;
}

function startBleno(ready = BLENO_READY): StartedBleno {
  const on = adapter();
  const loaded = loadBleno(on, { maxMtu: 23 }, (problem) => problems.push(problem));
  close.push(loaded.close);
  const { bleno } = loaded;
  bleno.setServices([new bleno.PrimaryService({ uuid: 'fff0', characteristics: [] })]);
  for (const packet of [...STARTED, ready, BUFFERS]) on.socket().receive(packet);
  const accepted = vi.fn();
  bleno.on('accept', accepted);
  return { socket: on.socket(), loaded, accepted };
}

const EXAMPLES: readonly (readonly [string, readonly string[]])[] = [
  ['a Command Complete event without a command', ['040e03010000']],
  ['an LE event that consists of its code', ['043e0102', '043e0155']],
  ['an empty LE event', ['043e00']],
  ['a failed command that returns its status only', ['040e0401011001', '040e0401091001', '040e0401022001']],
  [
    'an Encryption Change event that nobody asked for',
    [connected('central'), '04080400400001', connected('peripheral')],
  ],
  ['a Number Of Completed Packets event for more links than it contains', ['0413050340000100']],
  ['a connection that ends at once', [connected('central'), DISCONNECTED[1] ?? '']],
  ['the supported commands, which another host has asked for', ['040e4401021000' + 'ff'.repeat(64)]],
  ['buffers of no bytes', ['040e0701022000' + '000000', '040e0b01051000' + '00000001000000']],
  ['no buffers', ['040e0701022000' + '1b0000', '040e0b01051000' + 'fb000000000000']],
];

/** Disconnection Complete of handle 0x40, with a status. */
const disconnected = (status: number): string =>
  Buffer.of(0x04, 0x05, 4, status, 0x40, 0, 0x13).toString('hex');
/** Replies to the last command of the start, with status "Command Disallowed". */
const REFUSED = { noble: '040e04010b200c', bleno: '040e040106200c' };

/** Version of an adapter without Bluetooth Low Energy, at which both libraries print. */
const UNSUPPORTED = '040e0c01011000' + '0500000500000000';

const packets = fc.array(hciPacket, { maxLength: 30 });

/** Checks that nothing was printed and nothing is rejected. */
async function expectSilence(): Promise<void> {
  await nextTurn();
  await nextTurn();
  expect(written.mock.calls).toEqual([]);
  expect(rejected.mock.calls).toEqual([]);
}

describe('noble', () => {
  /** Sends packets, then checks that noble still finds a device, connects and sends. */
  async function expectToSurvive(sent: readonly (Buffer | string)[]): Promise<void> {
    const { socket, found } = startNoble();
    for (const packet of sent) socket.receive(packet);
    await expectSilence();
    for (const packet of DISCONNECTED) socket.receive(packet);
    // A device that cannot be connected to is reported at once.
    socket.receive('043e0c02010300' + 'aabbccddeeff' + '00' + 'c0');
    expect(found.at(-1)?.address).toBe('ff:ee:dd:cc:bb:aa');
    socket.written.length = 0;
    socket.receive(connected('central'));
    await expectSilence();
    expect(socket.written.filter((packet) => packet.startsWith('02'))).toEqual([
      '024000' + '0700' + '03000400' + '020001',
    ]);
    for (const each of close.splice(0)) each();
  }

  it.each(EXAMPLES)('survives %s', async (_, sent) => {
    await expectToSurvive(sent);
  });

  it('survives, silently, whatever packets a controller sends, and works afterwards', async () => {
    await fc.assert(fc.asyncProperty(packets, expectToSurvive), { numRuns: 200 });
  });

  /** What noble reports of a device, for those of its fields that reports can contain. */
  const contentOf = ({ address, advertisement }: NoblePeripheral): object => ({
    address,
    localName: advertisement.localName,
    manufacturerData: advertisement.manufacturerData?.toString('hex'),
    serviceData: advertisement.serviceData?.map(({ uuid, data }) => ({ uuid, data: data.toString('hex') })),
  });

  const expectedOf = ({ address, structures }: Report): object => {
    const meanings = structures.flatMap(({ meaning }) => meaning ?? []);
    return {
      address,
      localName: meanings.findLast(({ localName }) => localName !== undefined)?.localName,
      manufacturerData: meanings.findLast(({ manufacturerData }) => manufacturerData !== undefined)
        ?.manufacturerData,
      serviceData: meanings.flatMap(({ serviceData }) => serviceData ?? []),
    };
  };

  it('gets everything that is well-formed in an event with malformed advertisements', async () => {
    const reports = fc.uniqueArray(report(structure, fc.constant(3)), {
      maxLength: 4,
      selector: ({ address }) => address,
    });
    await fc.assert(
      fc.asyncProperty(reports, fc.nat({ max: 20 }), async (all, missingBytes) => {
        const { socket, found } = startNoble();
        const parameters = advertisingEvent(all);
        const received = parameters.subarray(0, Math.max(2, parameters.length - missingBytes));
        socket.receive(Buffer.concat([Buffer.of(0x04, 0x3e, received.length), received]));
        let end = 2;
        const complete = all.filter(({ bytes }) => (end += bytes.length) <= received.length);
        expect(found.map(contentOf)).toEqual(complete.map(expectedOf));
        await expectSilence();
        const isMalformed =
          complete.length < all.length ||
          complete.some(({ structures }) => structures.some(({ meaning }) => !meaning));
        expect(problems.splice(0).map(({ kind }) => kind)).toEqual(isMalformed ? ['dropped'] : []);
        for (const each of close.splice(0)) each();
      }),
      { numRuns: 200 },
    );
  });

  it('is not affected by a scan response with solicited services of a new device', async () => {
    const { socket, found } = startNoble();
    socket.receive(
      '043e1a0202' + '0400010203040506' + '04' + '03140d18' + 'c0' + '0300aabbccddeeff' + '00' + 'c0',
    );
    expect(found.map(({ address }) => address)).toEqual(['06:05:04:03:02:01', 'ff:ee:dd:cc:bb:aa']);
    await expectSilence();
  });
});

describe('bleno', () => {
  /** Sends packets, then checks that bleno still accepts a connection and answers. */
  async function expectToSurvive(sent: readonly (Buffer | string)[]): Promise<void> {
    const { socket } = startBleno();
    for (const packet of sent) socket.receive(packet);
    await expectSilence();
    for (const packet of [...DISCONNECTED, connected('peripheral')]) socket.receive(packet);
    socket.written.length = 0;
    socket.receive('024020' + '0700' + '03000400' + '020001');
    await expectSilence();
    expect(socket.written).toEqual(['024000' + '0700' + '03000400' + '031700']);
    for (const each of close.splice(0)) each();
  }

  it.each(EXAMPLES)('survives %s', async (_, sent) => {
    await expectToSurvive(sent);
  });

  it.each([
    ['fails', '3c4000010000000000000018000000f40100'],
    ['is one of a central', '004000000000000000000018000000f40100'],
  ])('is not connected by a connection that %s', (_, parameters) => {
    const { socket, accepted } = startBleno();
    socket.receive(`043e1301${parameters}`);
    expect(accepted).not.toHaveBeenCalled();
    socket.receive(connected('peripheral'));
    expect(accepted).toHaveBeenCalledOnce();
  });

  it('survives, silently, whatever packets a controller sends, and works afterwards', async () => {
    await fc.assert(fc.asyncProperty(packets, expectToSurvive), { numRuns: 200 });
  });
});

describe('a disconnection that fails', () => {
  it.each([
    ['noble', () => startNoble().socket, 'central'],
    ['bleno', () => startBleno().socket, 'peripheral'],
  ] as const)('does not end the link of %s, and is counted', async (_, start, role) => {
    const socket = start();
    socket.receive(connected(role));
    socket.receive(disconnected(0x0c));
    expect(problems.filter(({ kind }) => kind === 'dropped')).toEqual([
      { kind: 'dropped', event: Buffer.from(disconnected(0x0c), 'hex') },
    ]);
    // An MTU request over the link: each library answers on a link that is up only.
    socket.written.length = 0;
    socket.receive('024020' + '0700' + '03000400' + '020001');
    await expectSilence();
    expect(socket.written.filter((packet) => packet.startsWith('024000'))).toHaveLength(1);
    socket.receive(disconnected(0));
    socket.written.length = 0;
    socket.receive('024020' + '0700' + '03000400' + '020001');
    expect(socket.written.filter((packet) => packet.startsWith('024000'))).toEqual([]);
  });
});

describe('an adapter that refuses the last command of the start', () => {
  it.each([
    [
      'noble',
      () => startNoble(REFUSED.noble).loaded,
      (loaded: object) => (loaded as LoadedNoble).noble.state,
    ],
    [
      'bleno',
      () => startBleno(REFUSED.bleno).loaded,
      (loaded: object) => (loaded as LoadedBleno).bleno.state,
    ],
  ])('fails instead of being powered on by %s', (_, start, stateOf) => {
    const loaded = start();
    expect(stateOf(loaded)).not.toBe('poweredOn');
    expect(loaded.failed.reason).toMatchObject({
      message: expect.stringMatching(
        /hci0 \(it rejects the command 0x20(06|0b) with status 0x0c\): check/,
      ) as unknown,
    });
  });

  it('later is used on', () => {
    const { socket, loaded } = startNoble();
    socket.receive(REFUSED.noble);
    expect([loaded.noble.state, loaded.failed.aborted]).toEqual(['poweredOn', false]);
  });
});

it.each([
  ['noble', () => startNoble().socket],
  ['bleno', () => startBleno().socket],
])('what %s prints is reported, and not printed', async (_, start) => {
  start().receive(UNSUPPORTED);
  await expectSilence();
  expect(problems[0]).toEqual({
    kind: 'printed',
    message: expect.stringContaining('adapter does not support Bluetooth Low Energy') as unknown,
  });
});
