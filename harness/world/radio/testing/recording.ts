import { H4 } from '../../../../hci/socket.ts';
import type { Controller } from '../controller.ts';

const DISCONNECTION_COMPLETE = 0x05;
const LE_META = 0x3e;

/** An H4 packet between a controller and its host. */
export interface Packet {
  readonly atMs: number;
  readonly direction: 'toHost' | 'fromHost';
  readonly bytes: Buffer;
}

/** Records every packet between a controller and its host from now on. */
export function record(controller: Controller): Packet[] {
  const packets: Packet[] = [];
  const add = (direction: Packet['direction'], bytes: Buffer): void => {
    packets.push({ atMs: performance.now(), direction, bytes: Buffer.from(bytes) });
  };
  const { host } = controller;
  const [send, receive] = [host.send.bind(host), controller.receive.bind(controller)];
  host.send = (bytes) => {
    add('toHost', bytes);
    send(bytes);
  };
  controller.receive = (bytes) => {
    add('fromHost', bytes);
    receive(bytes);
  };
  return packets;
}

/** Formats packets as lines, for comparison. */
export function transcript(packets: readonly Packet[]): string[] {
  return packets.map(({ atMs, direction, bytes }) => `${atMs} ${direction} ${bytes.toString('hex')}`);
}

/** The events of one kind to the host. */
export function eventsOf(packets: readonly Packet[], code: number): Packet[] {
  return packets.filter(
    ({ direction, bytes }) => direction === 'toHost' && bytes[0] === H4.event && bytes[1] === code,
  );
}

/** LE meta events of one kind. */
export function leEventsOf(packets: readonly Packet[], subevent: number): Packet[] {
  return eventsOf(packets, LE_META).filter(({ bytes }) => bytes[3] === subevent);
}

/** Reasons of the Disconnection Complete events to the host. */
export function disconnectReasons(packets: readonly Packet[]): number[] {
  return eventsOf(packets, DISCONNECTION_COMPLETE).map(({ bytes }) => bytes.readUInt8(6));
}
