import { ACL_BUFFERS, LMP_FEATURES, supportedCommands, TX_POWER_DBM, VERSION } from './capabilities.ts';
import { isBoolean, onConnection, type Command } from './hci-command.ts';
import { encodeAddress } from './device-address.ts';
import { commandStatus, u16 } from './events.ts';
import { LE_COMMANDS } from './le-commands.ts';
import { STATUS } from './status.ts';

/** Reasons for which a host may end a connection (Bluetooth Core Vol 4 Part E, 7.1.6). */
const DISCONNECT_REASONS: readonly number[] = [0x05, 0x13, 0x14, 0x15, 0x1a, 0x29, 0x3b];

/** The commands that this controller implements, by opcode (Bluetooth Core Vol 4 Part E, 7.1 to 7.8). */
export const COMMANDS: Readonly<Record<number, Command>> = {
  0x0406: {
    name: 'Disconnect',
    section: '7.1.6',
    supported: [0, 5],
    bytes: 3,
    answer: commandStatus,
    ...onConnection({
      run: (connection, parameters) => {
        const reason = parameters.readUInt8(2);
        if (!DISCONNECT_REASONS.includes(reason)) return STATUS.invalidParameters;
        connection.terminate(reason);
      },
    }),
  },
  0x041d: {
    name: 'Read Remote Version Information',
    section: '7.1.23',
    supported: [2, 7],
    bytes: 2,
    answer: commandStatus,
    ...onConnection({ after: (connection) => connection.readRemoteVersion() }),
  },
  0x0c01: {
    name: 'Set Event Mask',
    section: '7.3.1',
    supported: [5, 6],
    bytes: 8,
    run: ({ host }, parameters) => host.eventMask.set(parameters),
  },
  0x0c03: {
    name: 'Reset',
    section: '7.3.2',
    supported: [5, 7],
    bytes: 0,
    run: (linkLayer) => linkLayer.reset(),
  },
  0x0c2d: {
    name: 'Read Transmit Power Level',
    section: '7.3.35',
    supported: [10, 2],
    bytes: 3,
    resultBytes: 1,
    ...onConnection({
      run: (_, parameters) => (isBoolean(parameters[2]) ? STATUS.success : STATUS.invalidParameters),
      result: () => [TX_POWER_DBM],
    }),
  },
  0x0c6c: {
    name: 'Read LE Host Support',
    section: '7.3.78',
    supported: [24, 5],
    bytes: 0,
    resultBytes: 2,
    result: ({ leHostSupport }) => [leHostSupport, 0],
  },
  0x0c6d: {
    name: 'Write LE Host Support',
    section: '7.3.79',
    supported: [24, 6],
    bytes: 2,
    run: (linkLayer, [supported = 0]) => {
      if (!isBoolean(supported)) return STATUS.invalidParameters;
      linkLayer.leHostSupport = supported;
    },
  },
  0x1001: {
    name: 'Read Local Version Information',
    section: '7.4.1',
    supported: [14, 3],
    bytes: 0,
    resultBytes: 8,
    result: () => {
      const { core, revision, manufacturer, subversion } = VERSION;
      return [core, ...u16(revision), core, ...u16(manufacturer), ...u16(subversion)];
    },
  },
  0x1002: {
    name: 'Read Local Supported Commands',
    section: '7.4.2',
    supported: [14, 4],
    bytes: 0,
    resultBytes: 64,
    result: () => supportedCommands(Object.values(COMMANDS).map(({ supported }) => supported)),
  },
  0x1003: {
    name: 'Read Local Supported Features',
    section: '7.4.3',
    supported: [14, 5],
    bytes: 0,
    resultBytes: 8,
    result: () => LMP_FEATURES,
  },
  0x1005: {
    name: 'Read Buffer Size',
    section: '7.4.5',
    supported: [14, 7],
    bytes: 0,
    resultBytes: 7,
    // The zeros are the buffers of synchronous connections, which LE does not have.
    result: () => [...u16(ACL_BUFFERS.bytes), 0, ...u16(ACL_BUFFERS.count), ...u16(0)],
  },
  0x1009: {
    name: 'Read BD_ADDR',
    section: '7.4.6',
    supported: [15, 1],
    bytes: 0,
    resultBytes: 6,
    result: ({ identity }) => encodeAddress(identity.address),
  },
  0x1405: {
    name: 'Read RSSI',
    section: '7.5.4',
    supported: [15, 5],
    bytes: 2,
    resultBytes: 1,
    ...onConnection({ result: ({ rssi }) => [rssi & 0xff] }),
  },
  ...LE_COMMANDS,
};
