import { H4 } from '../../../hci/socket.ts';

/** The commands of noble and bleno, by opcode (Bluetooth Core Vol 4 Part E, 7.1 to 7.8). */
const COMMANDS: Readonly<Record<number, string>> = {
  0x0406: 'Disconnect',
  0x0c01: 'Set Event Mask',
  0x0c03: 'Reset',
  0x0c6c: 'Read LE Host Support',
  0x0c6d: 'Write LE Host Support',
  0x1001: 'Read Local Version Information',
  0x1009: 'Read BD_ADDR',
  0x1405: 'Read RSSI',
  0x2001: 'LE Set Event Mask',
  0x2002: 'LE Read Buffer Size',
  0x2006: 'LE Set Advertising Parameters',
  0x2008: 'LE Set Advertising Data',
  0x2009: 'LE Set Scan Response Data',
  0x200a: 'LE Set Advertising Enable',
  0x200b: 'LE Set Scan Parameters',
  0x200c: 'LE Set Scan Enable',
  0x200d: 'LE Create Connection',
  0x200e: 'LE Create Connection Cancel',
  0x2013: 'LE Connection Update',
  0x2019: 'LE Enable Encryption',
};
const DISCONNECT = 0x0406;

/** Events by code, or by LE meta event code and subevent code. */
const EVENTS: Readonly<Record<string, { readonly name: string; readonly handleAt?: number }>> = {
  '05': { name: 'Disconnection Complete', handleAt: 4 },
  '08': { name: 'Encryption Change', handleAt: 4 },
  '13': { name: 'Number Of Completed Packets', handleAt: 4 },
  '3e01': { name: 'LE Connection Complete', handleAt: 5 },
  '3e02': { name: 'LE Advertising Report' },
  '3e03': { name: 'LE Connection Update Complete', handleAt: 5 },
};

/** Answers to commands: offsets of the opcode and of the contents. */
const ANSWERS: Readonly<
  Record<string, { readonly name: string; readonly opcodeAt: number; readonly at: number }>
> = {
  '0e': { name: 'Command Complete', opcodeAt: 4, at: 6 },
  '0f': { name: 'Command Status', opcodeAt: 5, at: 3 },
};

const LE_META = '3e';
const BOUNDARY_SHIFT = 12;

const hex = (bytes: Buffer): string => bytes.toString('hex');
const commandName = (opcode: number): string => COMMANDS[opcode] ?? `command ${opcode.toString(16)}`;

/** Formats an H4 packet as one line, without connection handles, which every controller chooses for itself. */
export function formatPacket(packet: Buffer): string {
  if (packet[0] === H4.command) return formatCommand(packet);
  if (packet[0] === H4.event) return formatEvent(packet);
  return `data ${packet.readUInt16LE(1) >> BOUNDARY_SHIFT}: ${hex(packet.subarray(5))}`;
}

function formatCommand(packet: Buffer): string {
  const opcode = packet.readUInt16LE(1);
  return `${commandName(opcode)}: ${hex(opcode === DISCONNECT ? without(packet.subarray(4), 0) : packet.subarray(4))}`;
}

function formatEvent(packet: Buffer): string {
  const code = hex(packet.subarray(1, 2));
  const answer = ANSWERS[code];
  if (answer) {
    // Command Status has one status byte; Command Complete may have return parameters after it.
    const contents =
      answer.name === 'Command Status'
        ? packet.subarray(answer.at, answer.at + 1)
        : packet.subarray(answer.at);
    return `${answer.name}, ${commandName(packet.readUInt16LE(answer.opcodeAt))}: ${hex(contents)}`;
  }
  const kind = code === LE_META ? code + hex(packet.subarray(3, 4)) : code;
  const { name, handleAt } = EVENTS[kind] ?? { name: `event ${kind}` };
  const bodyAt = code === LE_META ? 4 : 3;
  const body = packet.subarray(bodyAt);
  return `${name}: ${hex(handleAt === undefined ? body : without(body, handleAt - bodyAt))}`;
}

/** Removes the two bytes of a handle. */
function without(bytes: Buffer, at: number): Buffer {
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 2)]);
}
