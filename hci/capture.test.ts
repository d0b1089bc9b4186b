import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { btsnoopHeader, btsnoopRecord, type CapturedPacket } from './btsnoop.ts';
import { captureAdapter } from './capture.ts';
import { loadBleno } from './bleno.ts';
import type { HciSocket } from './socket.ts';

const WALL_MS = 1_777_874_400_250;
const RESET = Buffer.from('01030c00', 'hex');
const RESET_DONE = Buffer.from('040e0401030c00', 'hex');

/** A socket that records its calls. */
class RecordingSocket extends EventEmitter implements HciSocket {
  readonly calls: unknown[][] = [];

  bindRaw(deviceId?: number): number {
    this.calls.push(['bindRaw', deviceId]);
    return 7;
  }

  bindUser(deviceId?: number): number {
    this.calls.push(['bindUser', deviceId]);
    return 8;
  }

  bindControl(): number {
    this.calls.push(['bindControl']);
    return 9;
  }

  isDevUp(): boolean {
    this.calls.push(['isDevUp']);
    return true;
  }

  setFilter(filter: Buffer): void {
    this.calls.push(['setFilter', filter]);
  }

  start(): void {
    this.calls.push(['start']);
  }

  stop(): void {
    this.calls.push(['stop']);
  }

  write(packet: Buffer): void {
    this.calls.push(['write', packet]);
  }
}

function capture(): { open: () => HciSocket; sockets: RecordingSocket[]; file: Buffer[]; deviceId: number } {
  const [sockets, file] = [[] as RecordingSocket[], [] as Buffer[]];
  const open = (): RecordingSocket => {
    const socket = new RecordingSocket();
    sockets.push(socket);
    return socket;
  };
  return { ...captureAdapter({ open, deviceId: 5 }, (bytes) => file.push(bytes)), sockets, file };
}

const recorded = (direction: CapturedPacket['direction'], packet: Buffer): Buffer =>
  btsnoopRecord({ direction, packet, wallMs: WALL_MS });

beforeEach(() => void vi.useFakeTimers({ now: WALL_MS }));
afterEach(() => void vi.useRealTimers());

describe('a captured adapter', () => {
  it('writes the file header at the start, and every packet of every socket immediately', () => {
    const { open, sockets, file, deviceId } = capture();
    expect(deviceId).toBe(5);
    expect(file).toEqual([btsnoopHeader()]);
    const [first, second] = [open(), open()];
    first.bindUser(5);
    second.bindRaw(5);
    first.write(RESET);
    sockets[1]?.emit('data', RESET_DONE);
    expect(file.slice(1)).toEqual([recorded('sent', RESET), recorded('received', RESET_DONE)]);
  });

  it('forwards all calls and events', () => {
    const { open, sockets } = capture();
    const socket = open();
    const [received, errors] = [[] as Buffer[], [] as Error[]];
    socket.on('data', (packet: Buffer) => received.push(packet));
    socket.on('error', (error: Error) => errors.push(error));
    const filter = Buffer.alloc(16);
    expect([socket.bindRaw(1), socket.bindUser(2), socket.isDevUp()]).toEqual([7, 8, true]);
    socket.setFilter(filter);
    socket.start();
    socket.write(RESET);
    socket.stop();
    expect(sockets[0]?.calls).toEqual([
      ...[['bindRaw', 1], ['bindUser', 2], ['isDevUp'], ['setFilter', filter]],
      ...[['start'], ['write', RESET], ['stop']],
    ]);
    const failure = new Error('EPIPE');
    sockets[0]?.emit('data', RESET_DONE);
    sockets[0]?.emit('error', failure);
    expect([received, errors]).toEqual([[RESET_DONE], [failure]]);
  });

  it('omits the packets of the management channel, which bleno opens', () => {
    const { open, sockets, file } = capture();
    const control = open();
    expect(control.bindControl()).toBe(9);
    control.write(Buffer.from('130000000200', 'hex'));
    sockets[0]?.emit('data', Buffer.from('0100', 'hex'));
    expect(file).toEqual([btsnoopHeader()]);
  });

  it('works with bleno', () => {
    const { open, file } = capture();
    loadBleno({ open, deviceId: 0 }, { maxMtu: 23 }).close();
    expect(file).toEqual([btsnoopHeader(), recorded('sent', RESET)]);
  });
});
