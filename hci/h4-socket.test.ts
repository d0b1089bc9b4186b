import dns from 'node:dns';
import type { EventEmitter } from 'node:events';
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
import { once, onceThat, withinDeadline } from './testing/deadline.ts';

const RESET = Buffer.from('01030c00', 'hex');
const RESET_DONE = Buffer.from('040e0401030c00', 'hex');

/** Return parameters of the controller's commands, after the status; none for other commands. */
const RESULTS: Readonly<Record<string, string>> = {
  '0110': '09000009ffff0000',
  '0910': '010000eb27b8',
  '0220': '1b0008',
  '6c0c': '0100',
};

/** An external controller that completes every command with success. */
class FakeController {
  readonly server: Server;
  readonly connections: Socket[] = [];
  /** Received packets, in hex. */
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

  /** Listens at a free port, or at a path; returns the adapter's name. */
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

let controller: FakeController;
let name: string;
let folder: string;
const opened: { stop(): void }[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'martinete-h4-'));
  controller = new FakeController();
  name = await controller.listen();
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  for (const socket of opened.splice(0)) socket.stop();
  await controller.close();
  await rm(folder, { recursive: true });
});

/** A socket that is not bound yet, and its events. */
function open(adapter = name): { socket: HciSocket; received: string[]; errors: Error[] } {
  const socket = parseAdapter(adapter).open();
  opened.push(socket);
  const [received, errors] = [[] as string[], [] as Error[]];
  socket.on('data', (packet: Buffer) => received.push(packet.toString('hex')));
  socket.on('error', (error: Error) => errors.push(error));
  return { socket, received, errors };
}

async function until(emitter: EventEmitter, event: string, done: () => boolean): Promise<void> {
  await onceThat(done, [emitter, event], `"${event}" events so that ${String(done)}`);
}

const failureOf = async (socket: HciSocket): Promise<Error> => {
  const error = new Promise<Error>((resolve) => socket.once('error', resolve));
  return await withinDeadline(error, 'an error of the socket');
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
  ])('is powered on with an external controller %s, over one connection', async (_mode, userChannel) => {
    vi.stubEnv('HCI_CHANNEL_USER', userChannel);
    const loaded = load(name);
    opened.push(loaded);
    await until(loaded.host, 'stateChange', () => loaded.host.state === 'poweredOn');
    expect(controller.received.includes(RESET.toString('hex'))).toBe(userChannel === '1');
    expect(controller.connections).toHaveLength(1);
    loaded.stop();
    await once(await controller.connection(), 'close');
  });

  it('is powered on with a controller at a path', async () => {
    await controller.close();
    controller = new FakeController();
    const loaded = load(await controller.listen(join(folder, 'controller')));
    opened.push(loaded);
    await until(loaded.host, 'stateChange', () => loaded.host.state === 'poweredOn');
    expect(controller.connections).toHaveLength(1);
  });
});

describe('an H4 socket', () => {
  it('buffers packets until it is connected, and sends them in order', async () => {
    controller.isResponding = false;
    const { socket } = open();
    socket.bindUser(0);
    const packets = Array.from({ length: 20 }, (_, index) => Buffer.from([1, index, 0x10, 0]));
    const expected = packets.map((packet) => packet.toString('hex'));
    for (const packet of packets) {
      socket.write(packet);
      packet.fill(0);
    }
    await until(controller.server, 'packet', () => controller.received.length === packets.length);
    expect(controller.received).toEqual(expected);
  });

  it('delivers one packet per macrotask, in order, even if many arrive at once', async () => {
    const { socket, received } = open();
    socket.bindRaw(0);
    const packets = Array.from({ length: 50 }, (_, index) => Buffer.from([4, 0xff, 1, index]));
    (await controller.connection()).write(Buffer.concat(packets));
    let inThisTask = 0;
    const taskOf: number[] = [];
    socket.on('data', () => {
      taskOf.push(++inThisTask);
      queueMicrotask(() => (inThisTask = 0));
    });
    await until(socket, 'data', () => received.length === packets.length);
    expect(received).toEqual(packets.map((packet) => packet.toString('hex')));
    expect(Math.max(...taskOf)).toBe(1);
  });

  it('applies backpressure: a peer that floods it cannot exhaust memory', async () => {
    const { socket } = open();
    socket.bindUser(0);
    const peer = await controller.connection();
    const packet = Buffer.alloc(258, 0xff);
    packet[0] = 4;
    peer.write(Buffer.concat(Array.from({ length: 250_000 }, () => packet)));
    let taken = 0;
    socket.on('data', () => taken++);
    await until(socket, 'data', () => taken === 5000);
    // The rest of the 64 MB is in the kernel's buffers.
    expect(peer.writableLength).toBeGreaterThan(32e6);
    socket.stop();
  });

  it('bound to the management channel does not connect, and discards writes', async () => {
    const control = open();
    control.socket.bindControl();
    control.socket.start();
    control.socket.write(Buffer.from('1300000000', 'hex'));
    const { socket } = open();
    socket.bindUser(0);
    socket.write(RESET);
    await until(controller.server, 'packet', () => controller.received.length > 0);
    expect(controller.connections).toHaveLength(1);
    expect(controller.received).toEqual([RESET.toString('hex')]);
    expect(control.socket.isDevUp()).toBe(false);
  });

  it('is up from binding to stopping', async () => {
    const { socket } = open();
    expect(socket.isDevUp()).toBe(false);
    expect(socket.bindUser(3)).toBe(3);
    expect(socket.isDevUp()).toBe(true);
    await controller.connection();
    socket.stop();
    expect(socket.isDevUp()).toBe(false);
  });

  it('closes the connection when it is stopped, and emits nothing more', async () => {
    const { socket, received, errors } = open();
    socket.bindUser(0);
    const peer = await controller.connection();
    peer.write(Buffer.concat([RESET_DONE, RESET_DONE, RESET_DONE]));
    await once(socket, 'data');
    socket.stop();
    socket.stop();
    socket.write(RESET);
    await once(peer, 'close');
    expect([received.length, errors]).toEqual([1, []]);
  });

  it('leaves nothing behind if it is stopped while connecting', async () => {
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

describe('an external controller fails with exactly one error and advice if', () => {
  /** Expects exactly one error, and that the socket is stopped. */
  async function expectFailure(socket: HciSocket, errors: Error[], message: string | RegExp): Promise<void> {
    await failureOf(socket);
    expect(socket.isDevUp()).toBe(false);
    socket.write(RESET);
    socket.stop();
    await new Promise((resolve) => setImmediate(resolve));
    expect(errors.map((error) => error.message)).toEqual([expect.stringMatching(message)]);
    expect(errors[0]).toBeInstanceOf(AdapterError);
  }

  it('the port refuses connections', async () => {
    await controller.close();
    const { socket, errors } = open();
    socket.bindUser(0);
    socket.write(RESET);
    await expectFailure(
      socket,
      errors,
      /^Connection refused: tcp:127\.0\.0\.1:\d+\. Start the controller there/,
    );
    expect(errors[0]).toHaveProperty('cause.code', 'ECONNREFUSED');
  });

  it('the path does not exist', async () => {
    const { socket, errors } = open(`unix:${folder}/missing`);
    socket.bindUser(0);
    await expectFailure(socket, errors, /^No such socket: unix:.*\/missing\. Start the controller there/);
  });

  it.each([
    ['its host name is unknown', 'ENOTFOUND', /^Unknown host: tcp:chip\.example:1\./],
    ['its host is unreachable', 'EHOSTUNREACH', /^Cannot reach tcp:chip\.example:1/],
    ['the error is unknown', 'EODD', /^Cannot use tcp:chip\.example:1: EODD, description$/],
  ])('%s', async (_what, code, message) => {
    vi.spyOn(dns, 'lookup').mockImplementation((...args: unknown[]) => {
      const done = args.at(-1) as (error: Error) => void;
      setImmediate(() => done(Object.assign(new Error(`${code}, description`), { code })));
    });
    const { socket, errors } = open('tcp:chip.example:1');
    socket.bindUser(0);
    await expectFailure(socket, errors, message);
  });

  it('it is not connected within ten seconds', () => {
    vi.spyOn(dns, 'lookup').mockReturnValue(undefined);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { socket, errors } = open('tcp:chip.example:1');
    socket.bindUser(0);
    vi.advanceTimersByTime(9999);
    expect(errors).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(errors.map(({ message }) => message)).toEqual([
      'Cannot reach tcp:chip.example:1: check the network connection to it (timed out after 10 s)',
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('it closes the connection', async () => {
    const { socket, errors } = open();
    socket.bindUser(0);
    (await controller.connection()).end();
    await expectFailure(socket, errors, /^tcp:127\.0\.0\.1:\d+ closed the connection/);
  });

  it('it resets the connection', async () => {
    const { socket, errors } = open();
    socket.bindUser(0);
    socket.write(RESET);
    await once(socket, 'data');
    (await controller.connection()).resetAndDestroy();
    await expectFailure(socket, errors, /^tcp:127\.0\.0\.1:\d+ closed the connection/);
  });

  it('it uses another protocol', async () => {
    const { socket, errors, received } = open();
    socket.bindUser(0);
    const peer = await controller.connection();
    peer.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    await expectFailure(
      socket,
      errors,
      /^tcp:127\.0\.0\.1:\d+ does not use H4 \(unknown packet type 0x48\): check that/,
    );
    expect(received).toEqual([]);
    if (!peer.destroyed) await once(peer, 'close');
  });
});
