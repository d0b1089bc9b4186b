import { createConnection, ENCRYPT, HANDLE, ABSENT, SCOOTER_ADDRESS, type Situation } from './rig.ts';

/** A command of the controller, and how it is answered. */
export interface CommandRow {
  readonly name: string;
  /** Of Bluetooth Core Vol 4 Part E. */
  readonly section: string;
  readonly opcode: number;
  /** Command Complete by default. */
  readonly answeredBy?: 'status';
  /** A state in which the command is accepted; `idle` by default. */
  readonly situation?: Situation;
  /** Parameters that are accepted in that state, in hex. */
  readonly parameters?: string;
  /** Return parameters of Command Complete after the status, in hex. */
  readonly result?: string;
  /** Whether parameters and return parameters begin with a connection handle. */
  readonly hasHandle?: true;
  /** Events that follow immediately, in hex. */
  readonly events?: readonly string[];
}

/** The non-zero octets of Read Local Supported Commands. */
const SUPPORTED: ReadonlyMap<number, string> = new Map([
  [0, '20'],
  [2, '80'],
  [5, 'c0'],
  [10, '04'],
  [14, 'b8'],
  [15, '22'],
  [24, '60'],
  [25, 'f7'],
  [26, 'ff'],
  [27, 'e7'],
  [28, '0f'],
  [35, '20'],
]);
const supported = Array.from({ length: 64 }, (_, octet) => SUPPORTED.get(octet) ?? '00').join('');

/** The example of FIPS-197, C.1, in the byte order of HCI. */
const AES_KEY = '0f0e0d0c0b0a09080706050403020100';
const AES_PLAIN = 'ffeeddccbbaa99887766554433221100';
const AES_CIPHER = '5ac5b47080b7cdd830047b6ad8e0c469';

/** All commands of the controller, by ascending opcode. */
export const COMMAND_TABLE: readonly CommandRow[] = [
  {
    name: 'Disconnect',
    section: '7.1.6',
    opcode: 0x0406,
    answeredBy: 'status',
    situation: 'connected',
    hasHandle: true,
    parameters: HANDLE + '13',
  },
  {
    name: 'Read Remote Version Information',
    section: '7.1.23',
    opcode: 0x041d,
    answeredBy: 'status',
    hasHandle: true,
    situation: 'connected',
    parameters: HANDLE,
  },
  { name: 'Set Event Mask', section: '7.3.1', opcode: 0x0c01, parameters: 'fffffbff07f8bf3d' },
  { name: 'Reset', section: '7.3.2', opcode: 0x0c03 },
  {
    name: 'Read Transmit Power Level',
    section: '7.3.35',
    opcode: 0x0c2d,
    hasHandle: true,
    situation: 'connected',
    parameters: HANDLE + '00',
    result: HANDLE + '00',
  },
  { name: 'Read LE Host Support', section: '7.3.78', opcode: 0x0c6c, result: '0000' },
  { name: 'Write LE Host Support', section: '7.3.79', opcode: 0x0c6d, parameters: '0100' },
  {
    name: 'Read Local Version Information',
    section: '7.4.1',
    opcode: 0x1001,
    result: '09' + '0000' + '09' + 'ffff' + '0000',
  },
  { name: 'Read Local Supported Commands', section: '7.4.2', opcode: 0x1002, result: supported },
  { name: 'Read Local Supported Features', section: '7.4.3', opcode: 0x1003, result: '0000000060000000' },
  { name: 'Read Buffer Size', section: '7.4.5', opcode: 0x1005, result: '1b00' + '00' + '0800' + '0000' },
  { name: 'Read BD_ADDR', section: '7.4.6', opcode: 0x1009, result: '010000eb27b8' },
  {
    name: 'Read RSSI',
    section: '7.5.4',
    opcode: 0x1405,
    hasHandle: true,
    situation: 'connected',
    parameters: HANDLE,
    result: HANDLE + 'b9',
  },
  { name: 'LE Set Event Mask', section: '7.8.1', opcode: 0x2001, parameters: '1f00000000000000' },
  { name: 'LE Read Buffer Size', section: '7.8.2', opcode: 0x2002, result: '1b00' + '08' },
  { name: 'LE Read Local Supported Features', section: '7.8.3', opcode: 0x2003, result: '0900000000000000' },
  { name: 'LE Set Random Address', section: '7.8.4', opcode: 0x2005, parameters: '0605040302c1' },
  {
    name: 'LE Set Advertising Parameters',
    section: '7.8.5',
    opcode: 0x2006,
    parameters: 'a000a000' + '0000' + '00'.repeat(7) + '0700',
  },
  { name: 'LE Read Advertising Physical Channel Tx Power', section: '7.8.6', opcode: 0x2007, result: '00' },
  { name: 'LE Set Advertising Data', section: '7.8.7', opcode: 0x2008, parameters: '1f'.padEnd(64, '0') },
  { name: 'LE Set Scan Response Data', section: '7.8.8', opcode: 0x2009, parameters: '00'.padEnd(64, '0') },
  { name: 'LE Set Advertising Enable', section: '7.8.9', opcode: 0x200a, parameters: '01' },
  { name: 'LE Set Scan Parameters', section: '7.8.10', opcode: 0x200b, parameters: '01120012000000' },
  { name: 'LE Set Scan Enable', section: '7.8.11', opcode: 0x200c, parameters: '0101' },
  {
    name: 'LE Create Connection',
    section: '7.8.12',
    opcode: 0x200d,
    answeredBy: 'status',
    parameters: createConnection(SCOOTER_ADDRESS),
  },
  {
    name: 'LE Create Connection Cancel',
    section: '7.8.13',
    opcode: 0x200e,
    situation: 'initiating',
    events: ['043e130102' + '0000' + '00' + '00'.repeat(7) + '10000000f401' + '00'],
  },
  { name: 'LE Read Filter Accept List Size', section: '7.8.14', opcode: 0x200f, result: '08' },
  { name: 'LE Clear Filter Accept List', section: '7.8.15', opcode: 0x2010 },
  { name: 'LE Add Device To Filter Accept List', section: '7.8.16', opcode: 0x2011, parameters: ABSENT },
  { name: 'LE Remove Device From Filter Accept List', section: '7.8.17', opcode: 0x2012, parameters: ABSENT },
  {
    name: 'LE Connection Update',
    section: '7.8.18',
    opcode: 0x2013,
    answeredBy: 'status',
    hasHandle: true,
    situation: 'connected',
    parameters: HANDLE + '060006000000f401' + '00000000',
  },
  {
    name: 'LE Read Remote Features',
    section: '7.8.21',
    opcode: 0x2016,
    answeredBy: 'status',
    hasHandle: true,
    situation: 'connected',
    parameters: HANDLE,
  },
  {
    name: 'LE Encrypt',
    section: '7.8.22',
    opcode: 0x2017,
    parameters: AES_KEY + AES_PLAIN,
    result: AES_CIPHER,
  },
  { name: 'LE Rand', section: '7.8.23', opcode: 0x2018, result: '80'.repeat(8) },
  {
    name: 'LE Enable Encryption',
    section: '7.8.24',
    opcode: 0x2019,
    answeredBy: 'status',
    hasHandle: true,
    situation: 'connected',
    parameters: ENCRYPT,
  },
  {
    name: 'LE Long Term Key Request Reply',
    section: '7.8.25',
    opcode: 0x201a,
    hasHandle: true,
    situation: 'key requested',
    parameters: HANDLE + ENCRYPT.slice(-32),
    result: HANDLE,
  },
  {
    name: 'LE Long Term Key Request Negative Reply',
    section: '7.8.26',
    opcode: 0x201b,
    hasHandle: true,
    situation: 'key requested',
    parameters: HANDLE,
    result: HANDLE,
  },
  { name: 'LE Read Supported States', section: '7.8.27', opcode: 0x201c, result: 'f777ff1f49020000' },
  { name: 'LE Set Default PHY', section: '7.8.48', opcode: 0x2031, parameters: '000101' },
];
