import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { virtualClock, type Clock } from '../clock/clock.ts';
import { Air } from './air.ts';
import { Controller } from './controller.ts';
import { PI } from './testing/devices.ts';
import { VirtualAdapter } from './virtual-adapter.ts';

const RESET = Buffer.from('01030c00', 'hex');
const READ_ADDRESS = Buffer.from('01091000', 'hex');
const SET_SCAN_ENABLE = Buffer.from('010c20020100', 'hex');

let clock: Clock;
let adapter: VirtualAdapter;
beforeEach(() => {
  clock = virtualClock();
  adapter = new VirtualAdapter(new Controller(new Air({ random: () => 0 }), { identity: PI }));
});
afterEach(() => clock.close());

/** Opens the adapter, and collects what it sends: the event code and, of a reply, the opcode. */
function open(): { write: (packet: Buffer) => void; received: string[]; errors: Error[]; stop: () => void } {
  const socket = adapter.open();
  const received: string[] = [];
  const errors: Error[] = [];
  socket.on('data', (packet: Buffer) => {
    const opcode = packet[1] === 0x0e ? ` ${packet.readUInt16LE(4).toString(16)}` : '';
    received.push(`${packet.readUInt8(1).toString(16)}${opcode}`);
  });
  socket.on('error', (error: Error) => errors.push(error));
  socket.bindUser(0);
  return { write: (packet) => socket.write(packet), received, errors, stop: () => socket.stop() };
}

describe('an adapter with late replies', () => {
  it('executes commands at once, and replies after the delay, in order', async () => {
    const { write, received, stop } = open();
    adapter.replyDelays.add(() => 2_000);
    write(SET_SCAN_ENABLE);
    expect(adapter.controller.isScanning).toBe(true);
    await clock.advance(1_999);
    expect(received).toEqual([]);
    write(RESET);
    adapter.replyDelays.clear();
    write(READ_ADDRESS);
    await clock.advance(1);
    expect(received).toEqual(['e 200c']);
    await clock.advance(1_999);
    expect(received).toEqual(['e 200c', 'e c03', 'e 1009']);
    stop();
  });

  it('sends other events at once', async () => {
    const { received, stop } = open();
    adapter.replyDelays.add(() => 2_000);
    adapter.controller.failHardware(true);
    await clock.advance(0);
    expect(received).toEqual(['10']);
    stop();
  });

  it('leaves no timer once its socket is stopped', () => {
    const { write, stop } = open();
    adapter.replyDelays.add(() => 2_000);
    write(RESET);
    stop();
    expect(clock.pendingTimers()).toBe(0);
  });
});

describe('an adapter that loses replies', () => {
  it('executes the commands', async () => {
    const { write, received, stop } = open();
    adapter.replyDelays.add(() => undefined);
    write(SET_SCAN_ENABLE);
    await clock.advance(10_000);
    expect(received).toEqual([]);
    expect(adapter.controller.isScanning).toBe(true);
    stop();
  });
});

describe('a controller whose hardware fails', () => {
  it('stops everything, and reports it only if it should', async () => {
    const { write, received, stop } = open();
    for (const isReported of [true, false]) {
      write(SET_SCAN_ENABLE);
      adapter.controller.failHardware(isReported);
      expect(adapter.controller.isScanning).toBe(false);
    }
    await clock.advance(0);
    expect(received).toEqual(['e 200c', '10', 'e 200c']);
    stop();
  });
});

describe('an adapter that another program takes', () => {
  it('cannot be opened until that ends', async () => {
    const release = adapter.take();
    const refused = open();
    await clock.advance(5_000);
    expect(refused.errors.map(({ message }) => message)).toEqual([
      expect.stringContaining('another program uses it exclusively'),
    ]);
    refused.stop();
    release();
    const { write, received, stop } = open();
    write(RESET);
    await clock.advance(0);
    expect(received).toEqual(['e c03']);
    stop();
  });

  it('stays with the program that has it open, and is taken when that closes it', async () => {
    const { write, received, stop } = open();
    const release = adapter.take();
    write(RESET);
    await clock.advance(0);
    expect(received).toEqual(['e c03']);
    stop();
    const next = open();
    await clock.advance(1_000);
    release();
    await clock.advance(100);
    next.write(RESET);
    await clock.advance(0);
    expect(next.received).toEqual(['e c03']);
    expect(next.errors).toEqual([]);
    next.stop();
  });

  it('is not powered on by a Bluetooth service before', () => {
    const stopService = adapter.autoEnable(100);
    const release = adapter.take();
    stopService();
    release();
    const { errors, stop } = open();
    expect(errors).toEqual([]);
    stop();
  });
});
