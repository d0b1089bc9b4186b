import { createCipheriv } from 'node:crypto';
import { ACCEPT_LIST_SIZE, ACL_BUFFERS, LE_FEATURES, LE_STATES, TX_POWER_DBM } from './capabilities.ts';
import { ifValid, isBoolean, onConnection, type Command } from './hci-command.ts';
import { decodeAddress } from './device-address.ts';
import { commandStatus, u16 } from './events.ts';
import {
  decodeAcceptListDevice,
  decodeAdvertisingData,
  decodeAdvertisingParameters,
  decodeConnectionParameters,
  decodeConnectionRequest,
  decodeScanParameters,
} from './parameters.ts';
import { STATUS } from './status.ts';

/** The only supported PHY, as a bit of the host's preferences. */
const LE_1M = 0b001;

/** Checks LE Set Default PHY: bits for directions without a preference, then the preference for each direction. */
function checkPhys([noPreference = 0, ...preferences]: Buffer): number | void {
  const requested = preferences.filter((_, direction) => ((noPreference >> direction) & 1) === 0);
  if (requested.includes(0)) return STATUS.invalidParameters;
  if (requested.some((phys) => phys !== LE_1M)) return STATUS.unsupportedParameter;
}

/** Encrypts one block by AES-128, in the byte order of HCI: least significant first (Bluetooth Core Vol 4 Part E, 7.8.22). */
function encrypt(key: Buffer, plaintext: Buffer): Buffer {
  const cipher = createCipheriv('aes-128-ecb', Buffer.from(key).reverse(), null).setAutoPadding(false);
  return cipher.update(Buffer.from(plaintext).reverse()).reverse();
}

/** The LE controller commands by opcode (Bluetooth Core Vol 4 Part E, 7.8). */
export const LE_COMMANDS: Readonly<Record<number, Command>> = {
  0x2001: {
    name: 'LE Set Event Mask',
    section: '7.8.1',
    supported: [25, 0],
    bytes: 8,
    run: ({ host }, parameters) => host.eventMask.setLe(parameters),
  },
  0x2002: {
    name: 'LE Read Buffer Size',
    section: '7.8.2',
    supported: [25, 1],
    bytes: 0,
    resultBytes: 3,
    result: () => [...u16(ACL_BUFFERS.bytes), ACL_BUFFERS.count],
  },
  0x2003: {
    name: 'LE Read Local Supported Features',
    section: '7.8.3',
    supported: [25, 2],
    bytes: 0,
    resultBytes: 8,
    result: () => LE_FEATURES,
  },
  0x2005: {
    name: 'LE Set Random Address',
    section: '7.8.4',
    supported: [25, 4],
    bytes: 6,
    run: (linkLayer, parameters) => {
      if (linkLayer.advertiser.isEnabled || linkLayer.isListening) return STATUS.commandDisallowed;
      linkLayer.addresses.random = { address: decodeAddress(parameters), type: 'random' };
    },
  },
  0x2006: {
    name: 'LE Set Advertising Parameters',
    section: '7.8.5',
    supported: [25, 5],
    bytes: 15,
    run: ({ advertiser }, parameters) => {
      if (advertiser.isEnabled) return STATUS.commandDisallowed;
      return ifValid(
        decodeAdvertisingParameters(parameters),
        (requested) => void (advertiser.parameters = requested),
      );
    },
  },
  0x2007: {
    name: 'LE Read Advertising Physical Channel Tx Power',
    section: '7.8.6',
    supported: [25, 6],
    bytes: 0,
    resultBytes: 1,
    result: () => [TX_POWER_DBM],
  },
  0x2008: {
    name: 'LE Set Advertising Data',
    section: '7.8.7',
    supported: [25, 7],
    bytes: 32,
    run: ({ advertiser }, parameters) =>
      ifValid(decodeAdvertisingData(parameters), (data) => void (advertiser.advertisingData = data)),
  },
  0x2009: {
    name: 'LE Set Scan Response Data',
    section: '7.8.8',
    supported: [26, 0],
    bytes: 32,
    run: ({ advertiser }, parameters) =>
      ifValid(decodeAdvertisingData(parameters), (data) => void (advertiser.scanResponseData = data)),
  },
  0x200a: {
    name: 'LE Set Advertising Enable',
    section: '7.8.9',
    supported: [26, 1],
    bytes: 1,
    run: (linkLayer, [enabled]) => {
      const { advertiser } = linkLayer;
      const hasAddress = linkLayer.addresses.get(advertiser.parameters.addressType) !== undefined;
      if (!isBoolean(enabled) || (enabled === 1 && !hasAddress)) return STATUS.invalidParameters;
      advertiser.enable(enabled === 1);
    },
  },
  0x200b: {
    name: 'LE Set Scan Parameters',
    section: '7.8.10',
    supported: [26, 2],
    bytes: 7,
    run: ({ scanner }, parameters) => {
      if (scanner.isEnabled) return STATUS.commandDisallowed;
      return ifValid(decodeScanParameters(parameters), (requested) => void (scanner.parameters = requested));
    },
  },
  0x200c: {
    name: 'LE Set Scan Enable',
    section: '7.8.11',
    supported: [26, 3],
    bytes: 2,
    run: (linkLayer, [enabled, filterDuplicates]) => {
      const { addresses, scanner } = linkLayer;
      const isValid =
        isBoolean(filterDuplicates) && addresses.get(scanner.parameters.addressType) !== undefined;
      if (!isBoolean(enabled) || (enabled === 1 && !isValid)) return STATUS.invalidParameters;
      if (enabled === 1 && linkLayer.rejectsScans) return STATUS.commandDisallowed;
      linkLayer.scan(enabled === 1, filterDuplicates === 1);
    },
  },
  0x200d: {
    name: 'LE Create Connection',
    section: '7.8.12',
    supported: [26, 4],
    bytes: 25,
    answer: commandStatus,
    run: (linkLayer, parameters) => {
      if (linkLayer.isInitiating || linkLayer.rejectsConnections) return STATUS.commandDisallowed;
      if (linkLayer.holdsConnection) return STATUS.connectionExists;
      return ifValid(decodeConnectionRequest(parameters), (request) => {
        const { addressType, peer, parameters: requested, scan } = request;
        if (!linkLayer.addresses.get(addressType)) return STATUS.invalidParameters;
        if (peer && linkLayer.isConnectedTo(peer.address)) return STATUS.connectionExists;
        linkLayer.initiate(peer, requested, addressType, scan);
      });
    },
  },
  0x200e: {
    name: 'LE Create Connection Cancel',
    section: '7.8.13',
    supported: [26, 5],
    bytes: 0,
    run: ({ isInitiating }) => (isInitiating ? STATUS.success : STATUS.commandDisallowed),
    after: (linkLayer) => linkLayer.cancelInitiation(),
  },
  0x200f: {
    name: 'LE Read Filter Accept List Size',
    section: '7.8.14',
    supported: [26, 6],
    bytes: 0,
    resultBytes: 1,
    result: () => [ACCEPT_LIST_SIZE],
  },
  0x2010: {
    name: 'LE Clear Filter Accept List',
    section: '7.8.15',
    supported: [26, 7],
    bytes: 0,
    run: ({ usesAcceptList, acceptList }) => {
      if (usesAcceptList) return STATUS.commandDisallowed;
      acceptList.clear();
    },
  },
  0x2011: {
    name: 'LE Add Device To Filter Accept List',
    section: '7.8.16',
    supported: [27, 0],
    bytes: 7,
    run: ({ usesAcceptList, acceptList }, parameters) => {
      if (usesAcceptList) return STATUS.commandDisallowed;
      return ifValid(decodeAcceptListDevice(parameters), (device) =>
        acceptList.add(device) ? STATUS.success : STATUS.memoryFull,
      );
    },
  },
  0x2012: {
    name: 'LE Remove Device From Filter Accept List',
    section: '7.8.17',
    supported: [27, 1],
    bytes: 7,
    run: ({ usesAcceptList, acceptList }, parameters) => {
      if (usesAcceptList) return STATUS.commandDisallowed;
      return ifValid(decodeAcceptListDevice(parameters), (device) => acceptList.remove(device));
    },
  },
  0x2013: {
    name: 'LE Connection Update',
    section: '7.8.18',
    supported: [27, 2],
    bytes: 14,
    answer: commandStatus,
    ...onConnection({
      run: ({ isCentral, link }, parameters) =>
        ifValid(decodeConnectionParameters(parameters.subarray(2)), (requested) => {
          // A peripheral needs the Connection Parameters Request procedure, or requests them by L2CAP instead.
          if (!isCentral) return STATUS.unsupportedRemoteFeature;
          link.update(requested);
        }),
    }),
  },
  0x2016: {
    name: 'LE Read Remote Features',
    section: '7.8.21',
    supported: [27, 5],
    bytes: 2,
    answer: commandStatus,
    ...onConnection({ after: (connection) => connection.readRemoteFeatures() }),
  },
  0x2017: {
    name: 'LE Encrypt',
    section: '7.8.22',
    supported: [27, 6],
    bytes: 32,
    resultBytes: 16,
    result: (_, parameters) => encrypt(parameters.subarray(0, 16), parameters.subarray(16)),
  },
  0x2018: {
    name: 'LE Rand',
    section: '7.8.23',
    supported: [27, 7],
    bytes: 0,
    resultBytes: 8,
    result: ({ air }) => Array.from({ length: 8 }, () => Math.floor(air.random() * 0x100)),
  },
  0x2019: {
    name: 'LE Enable Encryption',
    section: '7.8.24',
    supported: [28, 0],
    bytes: 28,
    answer: commandStatus,
    ...onConnection({
      run: ({ encryption }) => (encryption.canStart ? STATUS.success : STATUS.commandDisallowed),
      after: ({ encryption }, parameters) =>
        encryption.start(parameters.subarray(2, 12), parameters.subarray(12)),
    }),
  },
  0x201a: {
    name: 'LE Long Term Key Request Reply',
    section: '7.8.25',
    supported: [28, 1],
    bytes: 18,
    ...onConnection({
      run: ({ encryption }) => (encryption.canReply ? STATUS.success : STATUS.commandDisallowed),
      after: ({ encryption }, parameters) => encryption.reply(parameters.subarray(2)),
    }),
  },
  0x201b: {
    name: 'LE Long Term Key Request Negative Reply',
    section: '7.8.26',
    supported: [28, 2],
    bytes: 2,
    ...onConnection({
      run: ({ encryption }) => (encryption.canReply ? STATUS.success : STATUS.commandDisallowed),
      after: ({ encryption }) => encryption.reply(undefined),
    }),
  },
  0x201c: {
    name: 'LE Read Supported States',
    section: '7.8.27',
    supported: [28, 3],
    bytes: 0,
    resultBytes: 8,
    result: () => LE_STATES,
  },
  0x2031: {
    name: 'LE Set Default PHY',
    section: '7.8.48',
    supported: [35, 5],
    bytes: 3,
    run: (_, parameters) => checkPhys(parameters),
  },
};
