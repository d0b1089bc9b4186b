import os from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadNoble } from '../../../hci/noble.ts';
import { AdapterError } from '../../../hci/adapter.ts';
import { Controller } from './controller.ts';
import { Bench } from './testing/bench.ts';
import { OTHER_PI, PI } from './testing/devices.ts';
import { VirtualAdapter } from './virtual-adapter.ts';
import { VirtualSocket } from './virtual-socket.ts';

const RESET = Buffer.from([0x01, 0x03, 0x0c, 0x00]);

let bench: Bench;
let controller: Controller;
beforeEach(() => {
  bench = new Bench();
  controller = new Controller(bench.air, { identity: PI });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  bench.close();
});

describe('a virtual socket', () => {
  it('delivers one packet per macrotask, in order', async () => {
    const socket = new VirtualSocket(controller);
    const delivered: string[] = [];
    socket.on('data', (packet: Buffer) => {
      delivered.push(packet.toString('hex', 4, 6));
      process.nextTick(() => delivered.push('tick'));
    });
    socket.bindUser(0);
    socket.write(RESET);
    socket.write(Buffer.from([0x01, 0x09, 0x10, 0x00]));
    expect(delivered).toEqual([]);
    await bench.clock.advance(0);
    expect(delivered).toEqual(['030c', 'tick', '0910', 'tick']);
  });

  it('copies written packets', () => {
    const socket = new VirtualSocket(controller);
    socket.bindUser(0);
    const received: Buffer[] = [];
    controller.receive = (packet) => received.push(packet);
    const packet = Buffer.from(RESET);
    socket.write(packet);
    packet.fill(0);
    expect(received).toEqual([RESET]);
  });

  it('uses the adapter exclusively, as the user channel does', async () => {
    const socket = new VirtualSocket(controller);
    socket.bindUser(0);
    expect(() => new VirtualSocket(controller).bindUser(0)).toThrow(
      expect.objectContaining({ code: 'EBUSY' }),
    );
    const { failed, close } = loadNoble(new VirtualAdapter(controller));
    await bench.clock.advance(10_000);
    expect(failed.reason).toBeInstanceOf(AdapterError);
    close();
    expect(controller.host.isAttached).toBe(true);
    socket.stop();
    new VirtualSocket(controller).bindUser(0);
  });

  it('that is stopped delivers nothing, and reports ENETDOWN for a write', async () => {
    const socket = new VirtualSocket(controller);
    const errors: Error[] = [];
    socket.on('error', (error: Error) => errors.push(error));
    socket.on('data', () => expect.unreachable());
    socket.bindUser(0);
    expect(socket.isDevUp()).toBe(true);
    socket.write(RESET);
    socket.stop();
    expect(socket.isDevUp()).toBe(false);
    expect(bench.clock.pendingTimers()).toBe(0);
    await bench.clock.advance(10);
    socket.write(RESET);
    expect(errors.map(({ message }) => message)).toEqual(['Network is down']);
  });

  it('that is bound again does not deliver earlier packets', async () => {
    const socket = new VirtualSocket(controller);
    const delivered: string[] = [];
    socket.on('data', (packet: Buffer) => delivered.push(packet.toString('hex', 4, 6)));
    socket.bindUser(0);
    socket.write(Buffer.from([0x01, 0x09, 0x10, 0x00]));
    socket.stop();
    socket.bindUser(0);
    socket.write(RESET);
    await bench.clock.advance(10);
    expect(delivered).toEqual(['030c']);
  });

  it('of the control channel neither opens nor closes the adapter', () => {
    const control = new VirtualSocket(controller);
    control.bindControl();
    const socket = new VirtualSocket(controller);
    socket.bindUser(0);
    control.stop();
    expect(socket.isDevUp()).toBe(true);
    expect(controller.host.isAttached).toBe(true);
  });
});

describe('in raw mode', () => {
  it('noble and bleno connect, and leave no timer when they are closed', async () => {
    vi.stubEnv('HCI_CHANNEL_USER', undefined);
    const scooter = await bench.peripheral();
    const central = await bench.central({ identity: OTHER_PI });
    const { received } = await central.open();
    scooter.notify(Buffer.from('raw'));
    await bench.clock.advance(5000);
    expect(received.map(String)).toEqual(['raw']);
    // Each of them polls the state of its adapter every second.
    expect(bench.clock.pendingTimers()).toBe(2);
    bench.closeLibraries();
    await bench.clock.advance(1000);
    expect(bench.clock.pendingTimers()).toBe(0);
  });
});

describe.each(['darwin', 'win32'] as const)('on %s', (platform) => {
  it('noble and bleno connect over virtual sockets', async () => {
    vi.spyOn(os, 'platform').mockReturnValue(platform);
    const scooter = await bench.peripheral();
    const central = await bench.central({ identity: OTHER_PI });
    const { received } = await central.open();
    scooter.notify(Buffer.from('anywhere'));
    await bench.clock.advance(1000);
    expect(received.map(String)).toEqual(['anywhere']);
  });
});
