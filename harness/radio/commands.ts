import type { Controller } from './controller.ts';
import {
  commandComplete,
  commandStatus,
  decodeAddress,
  encodeAddress,
  STATUS,
  type ConnectionParameters,
} from './events.ts';
import type { Link } from './link.ts';

/** Answers of Read Local Version Information: a Bluetooth 5.0 chip of nobody in particular. */
const VERSION = { hci: 9, revision: 0, lmp: 9, manufacturer: 0xffff, subversion: 0 } as const;
/** ACL buffers of the chip: 27 bytes is what every LE chip has. */
const ACL_BUFFERS = { bytes: 27, count: 8 } as const;
const ADVERTISING_DATA_BYTES = 31;
const RANDOM_ADDRESS = 0x01;

interface Command {
  readonly name: string;
  /** Length of the parameters in bytes. */
  readonly bytes: number;
  /** Answers the host, and acts. */
  readonly run: (controller: Controller, parameters: Buffer, opcode: number) => void;
}

const EMPTY: Buffer = Buffer.alloc(0);

function complete(controller: Controller, opcode: number, status: number, result = EMPTY): void {
  controller.tell(commandComplete(opcode, status, result));
}

/** A command that only says yes. */
const accepted = (name: string, bytes: number): Command => ({
  name,
  bytes,
  run: (controller, _parameters, opcode) => complete(controller, opcode, STATUS.success),
});

/** A command that returns fixed parameters. */
const constant = (name: string, result: (controller: Controller) => Buffer): Command => ({
  name,
  bytes: 0,
  run: (controller, _parameters, opcode) => complete(controller, opcode, STATUS.success, result(controller)),
});

/** A command that acts unless it is disallowed just now. */
const action = (
  name: string,
  bytes: number,
  act: (controller: Controller, parameters: Buffer) => void,
  allowed: (controller: Controller, parameters: Buffer) => boolean = () => true,
): Command => ({
  name,
  bytes,
  run: (controller, parameters, opcode) => {
    if (!allowed(controller, parameters)) {
      complete(controller, opcode, STATUS.commandDisallowed);
      return;
    }
    act(controller, parameters);
    complete(controller, opcode, STATUS.success);
  },
});

/** A command on a connection: answered by its status first, carried out afterwards. */
const onLink = (
  name: string,
  bytes: number,
  act: (link: Link, controller: Controller, parameters: Buffer) => void,
): Command => ({
  name,
  bytes,
  run: (controller, parameters, opcode) => {
    const link = controller.linkOf(parameters.readUInt16LE(0));
    controller.tell(commandStatus(opcode, link ? STATUS.success : STATUS.unknownConnection));
    if (link) act(link, controller, parameters);
  },
});

function u16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => bytes.writeUInt16LE(value, index * 2));
  return bytes;
}

/** Length byte, then up to 31 bytes of AD structures, padded. */
function advertisingData(parameters: Buffer): Buffer {
  return Buffer.from(parameters.subarray(1, 1 + Math.min(parameters.readUInt8(0), ADVERTISING_DATA_BYTES)));
}

/** A controller takes the longest interval that it may: it saves power. */
function connectionParameters(parameters: Buffer, offset: number): ConnectionParameters {
  return {
    interval: parameters.readUInt16LE(offset + 2),
    latency: parameters.readUInt16LE(offset + 4),
    supervisionTimeout: parameters.readUInt16LE(offset + 6),
  };
}

/** Opcodes of Bluetooth Core Vol 4 Part E, 7.1 to 7.8, as noble and bleno send them. */
const COMMANDS: Readonly<Record<number, Command>> = {
  0x0c01: accepted('Set Event Mask', 8),
  0x2001: accepted('LE Set Event Mask', 8),
  0x0c6d: accepted('Write LE Host Support', 2),
  0x2031: accepted('LE Set Default PHY', 3),
  0x0c6c: constant('Read LE Host Support', () => Buffer.from([1, 0])),
  0x1001: constant('Read Local Version Information', () =>
    Buffer.concat([
      Buffer.from([VERSION.hci]),
      u16(VERSION.revision),
      Buffer.from([VERSION.lmp]),
      u16(VERSION.manufacturer, VERSION.subversion),
    ]),
  ),
  0x1005: constant('Read Buffer Size', () =>
    Buffer.concat([u16(ACL_BUFFERS.bytes), Buffer.from([0]), u16(ACL_BUFFERS.count, 0)]),
  ),
  0x1009: constant('Read BD_ADDR', ({ identity }) => encodeAddress(identity.address)),
  0x2002: constant('LE Read Buffer Size', () =>
    Buffer.concat([u16(ACL_BUFFERS.bytes), Buffer.from([ACL_BUFFERS.count])]),
  ),
  0x0c03: action('Reset', 0, (controller) => controller.reset()),
  0x2006: action(
    'LE Set Advertising Parameters',
    15,
    ({ advertiser }, parameters) => (advertiser.interval = parameters.readUInt16LE(2)),
    ({ advertiser }) => !advertiser.enabled,
  ),
  0x2008: action('LE Set Advertising Data', 32, ({ advertiser }, parameters) => {
    advertiser.advertisement = advertisingData(parameters);
  }),
  0x2009: action('LE Set Scan Response Data', 32, ({ advertiser }, parameters) => {
    advertiser.scanResponse = advertisingData(parameters);
  }),
  0x200a: action('LE Set Advertising Enable', 1, ({ advertiser }, parameters) =>
    advertiser.enable(parameters[0] === 1),
  ),
  0x200b: action(
    'LE Set Scan Parameters',
    7,
    (controller, parameters) => (controller.activeScan = parameters[0] === 1),
    (controller) => !controller.scanning,
  ),
  0x200c: action('LE Set Scan Enable', 2, (controller, parameters) =>
    controller.scan(parameters[0] === 1, parameters[1] === 1),
  ),
  0x200d: {
    name: 'LE Create Connection',
    bytes: 25,
    run: (controller, parameters, opcode) => {
      if (controller.initiating) {
        controller.tell(commandStatus(opcode, STATUS.commandDisallowed));
        return;
      }
      controller.tell(commandStatus(opcode, STATUS.success));
      controller.initiate(
        {
          type: parameters[5] === RANDOM_ADDRESS ? 'random' : 'public',
          address: decodeAddress(parameters.subarray(6, 12)),
        },
        connectionParameters(parameters, 13),
      );
    },
  },
  0x200e: {
    name: 'LE Create Connection Cancel',
    bytes: 0,
    run: (controller, _parameters, opcode) => {
      complete(controller, opcode, controller.initiating ? STATUS.success : STATUS.commandDisallowed);
      controller.cancelInitiation();
    },
  },
  0x2013: onLink('LE Connection Update', 14, (link, _controller, parameters) =>
    link.update(connectionParameters(parameters, 2)),
  ),
  0x2019: onLink('LE Enable Encryption', 28, (link) => link.encrypt()),
  0x0406: onLink('Disconnect', 3, (link, controller) => link.terminate(controller)),
  0x1405: {
    name: 'Read RSSI',
    bytes: 2,
    run: (controller, parameters, opcode) => {
      const link = controller.linkOf(parameters.readUInt16LE(0));
      const rssi = link?.peerOf(controller).rssi ?? 0;
      const result = Buffer.from([...parameters, rssi & 0xff]);
      complete(controller, opcode, link ? STATUS.success : STATUS.unknownConnection, result);
    },
  },
};

/** Opcode and parameter length. */
const COMMAND_HEADER_BYTES = 3;

/** Carries out one HCI command packet (without H4 packet type). */
export function execute(controller: Controller, packet: Buffer): void {
  if (packet.length < COMMAND_HEADER_BYTES) return;
  const opcode = packet.readUInt16LE(0);
  const parameters = packet.subarray(COMMAND_HEADER_BYTES);
  const command = COMMANDS[opcode];
  if (!command) {
    controller.tell(commandStatus(opcode, STATUS.unknownCommand));
  } else if (parameters.length !== packet[2] || parameters.length !== command.bytes) {
    complete(controller, opcode, STATUS.invalidParameters);
  } else {
    command.run(controller, parameters, opcode);
  }
}
