import type { Controller } from './controller.ts';
import { commandComplete, commandStatus, decodeAddress, encodeAddress, STATUS } from './events.ts';
import type { Link } from './link.ts';
import {
  decodeAdvertisingData,
  decodeAdvertisingInterval,
  decodeConnectionParameters,
} from './parameters.ts';

/** Read Local Version Information: a Bluetooth 5.0 chip of nobody in particular. */
const VERSION = Buffer.from([9, 0, 0, 9, 0xff, 0xff, 0, 0]);
/** ACL buffers of the chip: 27 bytes is what every LE chip has. */
const ACL_BUFFERS = { bytes: 27, count: 8 } as const;
const RANDOM_ADDRESS = 0x01;

/** Carries a command out, or returns the status with which it is refused. */
type Run = (controller: Controller, parameters: Buffer) => number | void;

interface Command {
  readonly name: string;
  /** Length of the parameters in bytes. */
  readonly bytes: number;
  /** Command Status for what ends in an event of its own, else Command Complete. */
  readonly answer?: typeof commandStatus;
  readonly run?: Run;
  /** What Command Complete returns after the status. */
  readonly result?: (controller: Controller, parameters: Buffer) => Buffer;
  /** What comes of it once it is answered. */
  readonly then?: (controller: Controller) => void;
}

/** A command on a connection, which has to exist. */
const onLink =
  (run: (link: Link, parameters: Buffer, controller: Controller) => number | void): Run =>
  (controller, parameters) => {
    const link = controller.linkOf(parameters.readUInt16LE(0));
    return link ? run(link, parameters, controller) : STATUS.unknownConnection;
  };

function u16(value: number): Buffer {
  return Buffer.from([value & 0xff, value >> 8]);
}

/** By opcode: the commands of Bluetooth Core Vol 4 Part E, 7.1 to 7.8, that noble and bleno send. */
const COMMANDS: Readonly<Record<number, Command>> = {
  0x0406: {
    name: 'Disconnect',
    bytes: 3,
    answer: commandStatus,
    run: onLink((link, parameters, controller) => link.terminate(controller, parameters.readUInt8(2))),
  },
  0x0c01: { name: 'Set Event Mask', bytes: 8 },
  0x0c03: { name: 'Reset', bytes: 0, run: (controller) => controller.reset() },
  0x0c6c: { name: 'Read LE Host Support', bytes: 0, result: () => Buffer.from([1, 0]) },
  0x0c6d: { name: 'Write LE Host Support', bytes: 2 },
  0x1001: { name: 'Read Local Version Information', bytes: 0, result: () => VERSION },
  0x1005: {
    name: 'Read Buffer Size',
    bytes: 0,
    // Between and after the ACL buffers those of synchronous connections, of which there are none.
    result: () => Buffer.concat([u16(ACL_BUFFERS.bytes), Buffer.from([0]), u16(ACL_BUFFERS.count), u16(0)]),
  },
  0x1009: { name: 'Read BD_ADDR', bytes: 0, result: ({ identity }) => encodeAddress(identity.address) },
  0x1405: {
    name: 'Read RSSI',
    bytes: 2,
    run: onLink(() => STATUS.success),
    result: (controller, handle) => {
      const rssi = controller.linkOf(handle.readUInt16LE(0))?.peerOf(controller).rssi ?? 0;
      return Buffer.concat([handle, Buffer.from([rssi & 0xff])]);
    },
  },
  0x2001: { name: 'LE Set Event Mask', bytes: 8 },
  0x2002: {
    name: 'LE Read Buffer Size',
    bytes: 0,
    result: () => Buffer.concat([u16(ACL_BUFFERS.bytes), Buffer.from([ACL_BUFFERS.count])]),
  },
  0x2006: {
    name: 'LE Set Advertising Parameters',
    bytes: 15,
    run: ({ advertiser }, parameters) => {
      const interval = decodeAdvertisingInterval(parameters);
      if (advertiser.enabled) return STATUS.commandDisallowed;
      if (interval === undefined) return STATUS.invalidParameters;
      advertiser.interval = interval;
    },
  },
  0x2008: {
    name: 'LE Set Advertising Data',
    bytes: 32,
    run: ({ advertiser }, parameters) => {
      const data = decodeAdvertisingData(parameters);
      if (!data) return STATUS.invalidParameters;
      advertiser.advertisement = data;
    },
  },
  0x2009: {
    name: 'LE Set Scan Response Data',
    bytes: 32,
    run: ({ advertiser }, parameters) => {
      const data = decodeAdvertisingData(parameters);
      if (!data) return STATUS.invalidParameters;
      advertiser.scanResponse = data;
    },
  },
  0x200a: {
    name: 'LE Set Advertising Enable',
    bytes: 1,
    run: ({ advertiser }, [enabled]) => advertiser.enable(enabled === 1),
  },
  0x200b: {
    name: 'LE Set Scan Parameters',
    bytes: 7,
    run: (controller, [active]) => {
      if (controller.scanning) return STATUS.commandDisallowed;
      controller.activeScan = active === 1;
    },
  },
  0x200c: {
    name: 'LE Set Scan Enable',
    bytes: 2,
    run: (controller, [enabled, filterDuplicates]) => controller.scan(enabled === 1, filterDuplicates === 1),
  },
  0x200d: {
    name: 'LE Create Connection',
    bytes: 25,
    answer: commandStatus,
    run: (controller, parameters) => {
      const connection = decodeConnectionParameters(parameters.subarray(13));
      const address = decodeAddress(parameters.subarray(6, 12));
      if (!connection) return STATUS.invalidParameters;
      if (controller.initiating) return STATUS.commandDisallowed;
      if (controller.isConnectedTo(address)) return STATUS.connectionExists;
      const type = parameters[5] === RANDOM_ADDRESS ? 'random' : 'public';
      controller.initiate({ address, type }, connection);
    },
  },
  0x200e: {
    name: 'LE Create Connection Cancel',
    bytes: 0,
    run: ({ initiating }) => (initiating ? STATUS.success : STATUS.commandDisallowed),
    then: (controller) => controller.cancelInitiation(),
  },
  0x2013: {
    name: 'LE Connection Update',
    bytes: 14,
    answer: commandStatus,
    run: onLink((link, parameters) => {
      const connection = decodeConnectionParameters(parameters.subarray(2));
      if (!connection) return STATUS.invalidParameters;
      link.update(connection);
    }),
  },
  0x2019: {
    name: 'LE Enable Encryption',
    bytes: 28,
    answer: commandStatus,
    run: onLink((link) => link.encrypt()),
  },
  0x2031: { name: 'LE Set Default PHY', bytes: 3 },
};

/** Opcode and parameter length. */
const COMMAND_HEADER_BYTES = 3;

/** Carries out one HCI command packet (without H4 packet type); one that is cut short is ignored. */
export function execute(controller: Controller, packet: Buffer): void {
  if (packet.length < COMMAND_HEADER_BYTES) return;
  const opcode = packet.readUInt16LE(0);
  const parameters = packet.subarray(COMMAND_HEADER_BYTES);
  const command = COMMANDS[opcode];
  if (!command) {
    controller.tell(commandStatus(opcode, STATUS.unknownCommand));
    return;
  }
  const answer = command.answer ?? commandComplete;
  if (parameters.length !== packet[2] || parameters.length !== command.bytes) {
    controller.tell(answer(opcode, STATUS.invalidParameters));
    return;
  }
  const status = command.run?.(controller, parameters) ?? STATUS.success;
  controller.tell(answer(opcode, status, command.result?.(controller, parameters)));
  if (status === STATUS.success) command.then?.(controller);
}
