import { H4, type HciSocket } from './socket.ts';

/** LE Create Connection (Bluetooth Core Vol 4 Part E, 7.8.12), with the H4 packet type. */
const CREATE_CONNECTION = { opcode: 0x200d, bytes: 29, intervalAt: 4, windowAt: 6 } as const;

/**
 * Makes the controller listen all the time while it waits for the advertisement of the device to connect to. noble asks
 * for 30 of 60 ms only, so that it misses half of the advertisements; the kernel asks for all, too. A scooter that another
 * device leaves free for a second has to be connected to by one of the first.
 */
export function withFullInitiatorWindow(socket: HciSocket): HciSocket {
  const write = socket.write.bind(socket);
  socket.write = (packet) => write(isCreateConnection(packet) ? withFullWindow(packet) : packet);
  return socket;
}

function isCreateConnection(packet: Buffer): boolean {
  const { opcode, bytes } = CREATE_CONNECTION;
  return packet[0] === H4.command && packet.length === bytes && packet.readUInt16LE(1) === opcode;
}

function withFullWindow(packet: Buffer): Buffer {
  const { intervalAt, windowAt } = CREATE_CONNECTION;
  const changed = Buffer.from(packet);
  changed.writeUInt16LE(packet.readUInt16LE(intervalAt), windowAt);
  return changed;
}
