import dns from 'node:dns';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AdapterError, parseAdapter } from './adapter.ts';
import { loadBleno } from './bleno.ts';
import { H4Decoder } from './h4.ts';
import { loadNoble } from './noble.ts';
import type { HciSocket } from './socket.ts';

const RESET = Buffer.from('01030c00', 'hex');
const RESET_DONE = Buffer.from('040e0401030c00', 'hex');

/** What the chip's commands return after their status; nothing for the others. */
const RESULTS: Readonly<Record<string, string>> = {
  '0110': '09000009ffff0000',
  '0910': '010000eb27b8',
  '0220': '1b0008',
  '6c0c': '0100',
};

/** A controller at the other end of a stream, that answers every command with success. */
class FakeController {
  readonly server: Server;
  readonly connections: Socket[] = [];
  /** Packets that it got, in hex. */
  readonly received: string[] = [];
  isResponding = true;

  constructor() {
    this.server = createServer((connection) => {
      this.connections.push(connection);
      connection.on('error', () => undefined);
      const decoder = new H4Decoder();
      connection.on('data', (chunk) => {
        for (const packet of decoder.decode(chunk)) this.#onPacket(connection, packet);
      });
    });
  }

  /** Starts at a free port, or at a path; @returns the adapter's name. */
  async listen(path?: string): Promise<string> {
    this.server.listen(path === undefined ? { host: '127.0.0.1', port: 0 } : { path });
    await once(this.server, 'listening');
    const address = this.server.address() as AddressInfo;
    return path === undefined ? `tcp:127.0.0.1:${address.port}` : `unix:${path}`;
  }

  async connection(): Promise<Socket> {
    if (this.connections.length === 0) await once(this.server, 'connection');
    return this.connections[0] ?? expect.unreachable();
  }

  async close(): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }

  #onPacket(connection: Socket, packet: Buffer): void {
    this.received.push(packet.toString('hex'));
    this.server.emit('packet');
    if (!this.isResponding) return;
    const opcode = packet.toString('hex', 1, 3);
    const result = Buffer.from(RESULTS[opcode] ?? '', 'hex');
    connection.write(
      Buffer.concat([
        Buffer.from([4, 0x0e, 4 + result.length, 1]),
        packet.subarray(1, 3),
        Buffer.of(0),
        result,
      ]),
    );
  }
}

let chip: FakeController;
let name: string;
let folder: string;
const opened: { stop(): void }[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'martinete-h4-'));
  chip = new FakeController();
  name = await chip.listen();
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  for (const socket of opened.splice(0)) socket.stop();
  await chip.close();
  await rm(folder, { recursive: true });
});

/** A socket that is not bound yet, and what it has said. */
function open(adapter = name): { socket: HciSocket; heard: string[]; errors: Error[] } {
  const socket = parseAdapter(adapter).open();
  opened.push(socket);
  const [heard, errors] = [[] as string[], [] as Error[]];
  socket.on('data', (packet: Buffer) => heard.push(packet.toString('hex')));
  socket.on('error', (error: Error) => errors.push(error));
  return { socket, heard, errors };
}

async function until(emitter: NodeJS.EventEmitter, event: string, done: () => boolean): Promise<void> {
  while (!done()) await once(emitter, event);
}

const failureOf = async (socket: HciSocket): Promise<Error> => {
  const error = new Promise<Error>((resolve) => socket.once('error', resolve));
  return await error;
};

const LIBRARIES = [
  [
    'noble',
    (adapter: string) => {
      const { noble, close } = loadNoble(parseAdapter(adapter));
      return { host: noble, stop: close };
    },
  ],
  [
    'bleno',
    (adapter: string) => {
      const { bleno, close } = loadBleno(parseAdapter(adapter), { maxMtu: 23 });
      return { host: bleno, stop: close };
    },
  ],
] as const;

describe.each(LIBRARIES)('%s', (_name, load) => {
  it.each([
    ['in the user channel', '1'],
    ['in raw mode', undefined],
  ])('comes up on a controller elsewhere %s, over one connection', async (_mode, userChannel) => {
    vi.stubEnv('HCI_CHANNEL_USER', userChannel);
    const loaded = load(name);
    opened.push(loaded);
    await until(loaded.host, 'stateChange', () => loaded.host.state === 'poweredOn');
    expect(chip.received.includes(RESET.toString('hex'))).toBe(userChannel === '1');
    expect(chip.connections).toHaveLength(1);
    loaded.stop();
    await once(await chip.connection(), 'close');
  });

  it('comes up on a controller at a path', async () => {
    await chip.close();
    chip = new FakeController();
    const loaded = load(await chip.listen(join(folder, 'chip')));
    opened.push(loaded);
    await until(loaded.host, 'stateChange', () => loaded.host.state === 'poweredOn');
    expect(chip.connections).toHaveLength(1);
  });
});

describe('an H4 socket', () => {
  it('keeps what is written before it is connected, and sends it in order', async () => {
    chip.isResponding = false;
    const { socket } = open();
    socket.bindUser(0);
    const packets = Array.from({ length: 20 }, (_, index) => Buffer.from([1, index, 0x10, 0]));
    const expected = packets.map((packet) => packet.toString('hex'));
    for (const packet of packets) {
      socket.write(packet);
      packet.fill(0);
    }
    await until(chip.server, 'packet', () => chip.received.length === packets.length);
    expect(chip.received).toEqual(expected);
  });

  it('hands over one packet a macrotask and in order, however many come at once', async () => {
    const { socket, heard } = open();
    socket.bindRaw(0);
    const packets = Array.from({ length: 50 }, (_, index) => Buffer.from([4, 0xff, 1, index]));
    (await chip.connection()).write(Buffer.concat(packets));
    let inThisTask = 0;
    const taskOf: number[] = [];
    socket.on('data', () => {
      taskOf.push(++inThisTask);
      queueMicrotask(() => (inThisTask = 0));
    });
    await until(socket, 'data', () => heard.length === packets.length);
    expect(heard).toEqual(packets.map((packet) => packet.toString('hex')));
    expect(Math.max(...taskOf)).toBe(1);
  });

  it('reads no more than its library takes: a peer that floods fills no memory', async () => {
    const { socket } = open();
    socket.bindUser(0);
    const peer = await chip.connection();
    const packet = Buffer.alloc(258, 0xff);
    packet[0] = 4;
    peer.write(Buffer.concat(Array.from({ length: 250_000 }, () => packet)));
    let taken = 0;
    socket.on('data', () => taken++);
    await until(socket, 'data', () => taken === 5000);
    // Of 64 MB the systems' buffers have taken some.
    expect(peer.writableLength).toBeGreaterThan(32e6);
    socket.stop();
  });

  it('of the management channel connects to nobody, and its writes go nowhere', async () => {
    const control = open();
    control.socket.bindControl();
    control.socket.start();
    control.socket.write(Buffer.from('1300000000', 'hex'));
    const { socket } = open();
    socket.bindUser(0);
    socket.write(RESET);
    await until(chip.server, 'packet', () => chip.received.length > 0);
    expect(chip.connections).toHaveLength(1);
    expect(chip.received).toEqual([RESET.toString('hex')]);
    expect(control.socket.isDevUp()).toBe(false);
  });

  it('is up from its binding to its end', async () => {
    const { socket } = open();
    expect(socket.isDevUp()).toBe(false);
    expect(socket.bindUser(3)).toBe(3);
    expect(socket.isDevUp()).toBe(true);
    await chip.connection();
    socket.stop();
    expect(socket.isDevUp()).toBe(false);
  });

  it('that is stopped hangs up, and says nothing more', async () => {
    const { socket, heard, errors } = open();
    socket.bindUser(0);
    const peer = await chip.connection();
    peer.write(Buffer.concat([RESET_DONE, RESET_DONE, RESET_DONE]));
    await once(socket, 'data');
    socket.stop();
    socket.stop();
    socket.write(RESET);
    await once(peer, 'close');
    expect([heard.length, errors]).toEqual([1, []]);
  });

  it('that is stopped while it connects leaves nothing behind', async () => {
    const { socket, errors } = open();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    socket.bindUser(0);
    expect(vi.getTimerCount()).toBe(1);
    socket.stop();
    expect(vi.getTimerCount()).toBe(0);
    expect(errors).toEqual([]);
    vi.useRealTimers();
    const other = open();
    other.socket.bindUser(0);
    other.socket.write(RESET);
    await once(other.socket, 'data');
    expect(errors).toEqual([]);
  });
});

describe('a controller elsewhere that fails is told once and in words:', () => {
  /** Everything of a failed socket: its one error, and that nothing follows. */
  async function expectFailure(socket: HciSocket, errors: Error[], message: string | RegExp): Promise<void> {
    await failureOf(socket);
    expect(socket.isDevUp()).toBe(false);
    socket.write(RESET);
    socket.stop();
    await new Promise((resolve) => setImmediate(resolve));
    expect(errors.map((error) => error.message)).toEqual([expect.stringMatching(message)]);
    expect(errors[0]).toBeInstanceOf(AdapterError);
  }

  it('nobody listens at the port', async () => {
    await chip.close();
    const { socket, errors } = open();
    socket.bindUser(0);
    socket.write(RESET);
    await expectFailure(
      socket,
      errors,
      /^Nobody listens at tcp:127\.0\.0\.1:\d+: start the controller there/,
    );
    expect(errors[0]).toHaveProperty('cause.code', 'ECONNREFUSED');
  });

  it('nobody listens at the path', async () => {
    const { socket, errors } = open(`unix:${folder}/nobody`);
    socket.bindUser(0);
    await expectFailure(socket, errors, /^Nobody listens at unix:.*\/nobody: start the controller there/);
  });

  it.each([
    ['its host has no name that is known', 'ENOTFOUND', /^The host of tcp:chip\.example:1 is not known/],
    ['its host is out of reach', 'EHOSTUNREACH', /^tcp:chip\.example:1 is out of reach/],
    ['something else', 'EODD', /^tcp:chip\.example:1 cannot be used: EODD, some words$/],
  ])('%s', async (_what, code, message) => {
    vi.spyOn(dns, 'lookup').mockImplementation((...args: unknown[]) => {
      const done = args.at(-1) as (error: Error) => void;
      setImmediate(() => done(Object.assign(new Error(`${code}, some words`), { code })));
    });
    const { socket, errors } = open('tcp:chip.example:1');
    socket.bindUser(0);
    await expectFailure(socket, errors, message);
  });

  it('nothing comes of the connection for ten seconds', () => {
    vi.spyOn(dns, 'lookup').mockReturnValue(undefined);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { socket, errors } = open('tcp:chip.example:1');
    socket.bindUser(0);
    vi.advanceTimersByTime(9999);
    expect(errors).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(errors.map(({ message }) => message)).toEqual([
      'tcp:chip.example:1 is out of reach: check the network between here and there (no answer within 10 s)',
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('it hangs up', async () => {
    const { socket, errors } = open();
    socket.bindUser(0);
    (await chip.connection()).end();
    await expectFailure(socket, errors, /^tcp:127\.0\.0\.1:\d+ has closed the connection/);
  });

  it('it vanishes', async () => {
    const { socket, errors } = open();
    socket.bindUser(0);
    socket.write(RESET);
    await once(socket, 'data');
    (await chip.connection()).resetAndDestroy();
    await expectFailure(socket, errors, /^tcp:127\.0\.0\.1:\d+ has closed the connection/);
  });

  it('it speaks something else', async () => {
    const { socket, errors, heard } = open();
    socket.bindUser(0);
    const peer = await chip.connection();
    peer.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    await expectFailure(
      socket,
      errors,
      /^tcp:127\.0\.0\.1:\d+ does not speak H4: no packet begins with the byte 0x48; check that/,
    );
    expect(heard).toEqual([]);
    if (!peer.destroyed) await once(peer, 'close');
  });
});
