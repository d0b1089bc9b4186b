import { H4, type HciSocket } from '../../../hci/socket.ts';
import { decodeAcl } from '../../world/radio/acl.ts';
import { EVENT, LE_EVENT } from '../../world/radio/events.ts';
import { STATUS } from '../../world/radio/status.ts';
import type { Mutation } from '../../scenario/player/play.ts';

/** HCI commands, by the opcodes of Bluetooth Core Vol 4 Part E, 7.1 and 7.8. */
const OPCODE = { disconnect: 0x0406, createConnection: 0x200d } as const;

/** Disconnects from a scooter that has not sent anything for `silenceMs` after a packet. */
export function disconnectsAfter(silenceMs: number): Mutation {
  return withSockets((socket) => {
    let timer: NodeJS.Timeout | undefined;
    onWrite(socket, (packet, write) => {
      write(packet);
      const handle = packet[0] === H4.acl ? decodeAcl(packet)?.handle : undefined;
      if (handle !== undefined) timer ??= setTimeout(() => write(disconnect(handle)), silenceMs);
    });
    socket.on('data', (packet: Buffer) => {
      if (packet[0] !== H4.acl) return;
      clearTimeout(timer);
      timer = undefined;
    });
  });
}

/** Hears no advertisement after the first connection, so that every pause between two attempts lasts its full time. */
export function sleepsBetweenAttempts(): Mutation {
  return withSockets((socket) => {
    let hasConnected = false;
    const emit = socket.emit.bind(socket);
    socket.emit = (event: string, ...values: unknown[]): boolean => {
      const subevent = event === 'data' ? leSubevent(values[0]) : undefined;
      hasConnected ||= subevent === LE_EVENT.connectionComplete;
      return (hasConnected && subevent === LE_EVENT.advertisingReport) || emit(event, ...values);
    };
  });
}

function leSubevent(packet: unknown): number | undefined {
  const isLeEvent = Buffer.isBuffer(packet) && packet[0] === H4.event && packet[1] === EVENT.leMeta;
  return isLeEvent ? packet[3] : undefined;
}

/** Leaks an interval for each connection attempt. */
export function leaksTimers(everyMs: number): Mutation {
  return withSockets((socket) => {
    onWrite(socket, (packet, write) => {
      if (packet[0] === H4.command && packet.readUInt16LE(1) === OPCODE.createConnection) {
        setInterval(() => undefined, everyMs);
      }
      write(packet);
    });
  });
}

function disconnect(handle: number): Buffer {
  const packet = Buffer.from([H4.command, 0, 0, 3, 0, 0, STATUS.remoteUserTerminated]);
  packet.writeUInt16LE(OPCODE.disconnect, 1);
  packet.writeUInt16LE(handle, 4);
  return packet;
}

type Write = HciSocket['write'];

/** Calls `act` in place of each write to the adapter. */
function onWrite(socket: HciSocket, act: (packet: Buffer, write: Write) => void): void {
  const write = socket.write.bind(socket);
  socket.write = (packet) => act(packet, write);
}

/** Applies `alter` to every socket of the adapter. */
function withSockets(alter: (socket: HciSocket) => void): Mutation {
  return {
    platform: (platform) => ({
      ...platform,
      adapter: (name) => {
        const adapter = platform.adapter(name);
        const open = (): HciSocket => {
          const socket = adapter.open();
          alter(socket);
          return socket;
        };
        return { ...adapter, open };
      },
    }),
  };
}
