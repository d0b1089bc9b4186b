import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createConnection,
  ENCRYPT,
  HANDLE,
  ABSENT,
  Rig,
  SCOOTER_ADDRESS,
  statusOf,
  type Situation,
} from './rig.ts';

const DONE = '00';
const EXISTS = '0b';
const DISALLOWED = '0c';
const INVALID = '12';
const UNSUPPORTED = '1a';

const ADDRESS = '0605040302c1';
const ADVERTISING = 'a000a000' + '0000' + '00'.repeat(7) + '0700';
const UPDATE = HANDLE + '060006000000f401' + '00000000';
const NO_DATA = '00'.repeat(32);
const KEY = HANDLE + '00'.repeat(16);

/** The status of a command by situation; sections of Bluetooth Core Vol 4 Part E. */
const ROWS: readonly (readonly [
  section: string,
  situation: Situation,
  what: string,
  opcode: number,
  parameters: string,
  status: string,
])[] = [
  ['7.8.4', 'advertising', 'a random address', 0x2005, ADDRESS, DISALLOWED],
  ['7.8.4', 'scanning', 'a random address', 0x2005, ADDRESS, DISALLOWED],
  ['7.8.4', 'initiating', 'a random address', 0x2005, ADDRESS, DISALLOWED],
  ['7.8.4', 'connected', 'a random address', 0x2005, ADDRESS, DONE],
  ['7.8.5', 'advertising', 'advertising parameters', 0x2006, ADVERTISING, DISALLOWED],
  ['7.8.5', 'scanning', 'advertising parameters', 0x2006, ADVERTISING, DONE],
  ['7.8.7', 'advertising', 'advertising data', 0x2008, NO_DATA, DONE],
  ['7.8.8', 'advertising', 'scan response data', 0x2009, NO_DATA, DONE],
  ['7.8.9', 'advertising', 'advertising again', 0x200a, '01', DONE],
  ['7.8.9', 'idle', 'a stop of no advertising', 0x200a, '00', DONE],
  ['7.8.9', 'connected as peripheral', 'advertising', 0x200a, '01', DONE],
  ['7.8.10', 'scanning', 'scan parameters', 0x200b, '00100010000000', DISALLOWED],
  ['7.8.10', 'initiating', 'scan parameters', 0x200b, '00100010000000', DONE],
  ['7.8.11', 'scanning', 'a scan again', 0x200c, '0101', DONE],
  ['7.8.11', 'idle', 'a stop of no scan', 0x200c, '0000', DONE],
  ['7.8.12', 'initiating', 'a second attempt', 0x200d, createConnection(SCOOTER_ADDRESS), DISALLOWED],
  ['7.8.12', 'scanning', 'an attempt', 0x200d, createConnection(ABSENT), DONE],
  ['7.8.12', 'connected', 'an attempt at the same device', 0x200d, createConnection(SCOOTER_ADDRESS), EXISTS],
  ['7.8.12', 'connected', 'an attempt at another device', 0x200d, createConnection(ABSENT), DONE],
  ['7.8.13', 'idle', 'a cancel of no attempt', 0x200e, '', DISALLOWED],
  ['7.8.13', 'connected', 'a cancel after success', 0x200e, '', DISALLOWED],
  ['7.8.18', 'connected as peripheral', 'new connection parameters', 0x2013, UPDATE, UNSUPPORTED],
  ['7.8.24', 'connected as peripheral', 'encryption', 0x2019, ENCRYPT, DISALLOWED],
  ['7.8.25', 'connected as peripheral', 'an unrequested key', 0x201a, KEY, DISALLOWED],
  ['7.8.25', 'connected', 'a key of the central', 0x201a, KEY, DISALLOWED],
  ['7.8.26', 'connected as peripheral', 'an unrequested denial of the key', 0x201b, HANDLE, DISALLOWED],
];

/** Commands that change the filter accept list. */
const LIST_CHANGES: readonly (readonly [
  section: string,
  what: string,
  opcode: number,
  parameters: string,
])[] = [
  ['7.8.15', 'cleared', 0x2010, ''],
  ['7.8.16', 'added to', 0x2011, ABSENT],
  ['7.8.17', 'removed from', 0x2012, ABSENT],
];

/** Uses of the filter accept list: the commands that begin one, and the command that ends it. */
const LIST_USES: readonly (readonly [what: string, begin: [number, string][], end: [number, string]])[] = [
  ...['01', '02', '03'].map((policy): [string, [number, string][], [number, string]] => [
    `advertising of policy ${policy}`,
    [
      [0x2006, ADVERTISING.slice(0, -2) + policy],
      [0x200a, '01'],
    ],
    [0x200a, '00'],
  ]),
  [
    'a scan',
    [
      [0x200b, '00100010000001'],
      [0x200c, '0100'],
    ],
    [0x200c, '0000'],
  ],
  ['a connection attempt', [[0x200d, createConnection(ABSENT).replace(/^(.{8})00/, '$101')]], [0x200e, '']],
];

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});
afterEach(() => rig.close());

/** Sends a command, and returns the status of the answer. */
const statusAfter = (opcode: number, parameters = ''): string =>
  statusOf(rig.exchange(opcode, parameters)[0]);

describe('a controller', () => {
  it.each(ROWS)('(Bluetooth Core Vol 4 Part E, %s), %s: the status of %s', async (...row) => {
    const [, situation, , opcode, parameters, status] = row;
    await rig.enter(situation);
    expect(statusAfter(opcode, parameters)).toBe(status);
  });

  it('rejects a second encryption request while one is pending (Bluetooth Core Vol 4 Part E, 7.8.24)', async () => {
    await rig.connect();
    expect([statusAfter(0x2019, ENCRYPT), statusAfter(0x2019, ENCRYPT)]).toEqual([DONE, DISALLOWED]);
  });

  it('accepts a command again once the activity that forbade it has ended', () => {
    expect([statusAfter(0x200c, '0100'), statusAfter(0x200b, '00100010000000')]).toEqual([DONE, DISALLOWED]);
    expect([statusAfter(0x200c, '0000'), statusAfter(0x200b, '00100010000000')]).toEqual([DONE, DONE]);
    expect([statusAfter(0x200a, '01'), statusAfter(0x2006, ADVERTISING)]).toEqual([DONE, DISALLOWED]);
    expect([statusAfter(0x200a, '00'), statusAfter(0x2006, ADVERTISING)]).toEqual([DONE, DONE]);
    expect([statusAfter(0x200d, createConnection(ABSENT)), statusAfter(0x2005, ADDRESS)]).toEqual([
      DONE,
      DISALLOWED,
    ]);
    expect([statusAfter(0x200e), statusAfter(0x2005, ADDRESS)]).toEqual([DONE, DONE]);
  });
});

describe('the filter accept list', () => {
  describe.each(LIST_CHANGES)(
    '(Bluetooth Core Vol 4 Part E, %s) is not %s',
    (_section, _what, opcode, parameters) => {
      it.each(LIST_USES)('during %s that uses it', (_use, begin, end) => {
        for (const command of begin) expect(statusAfter(...command)).toBe(DONE);
        expect(statusAfter(opcode, parameters)).toBe(DISALLOWED);
        expect(statusAfter(...end)).toBe(DONE);
        expect(statusAfter(opcode, parameters)).toBe(DONE);
      });

      it.each(['advertising', 'scanning', 'initiating'] as const)(
        'but can be while %s without it',
        async (situation) => {
          await rig.enter(situation);
          expect(statusAfter(opcode, parameters)).toBe(DONE);
        },
      );
    },
  );

  it('rejects new devices when full, but accepts known ones (Bluetooth Core Vol 4 Part E, 7.8.16)', () => {
    const devices = Array.from({ length: 9 }, (_, index) => `000${index}0504030201`);
    expect(devices.map((device) => statusAfter(0x2011, device))).toEqual([
      ...Array<string>(8).fill(DONE),
      '07',
    ]);
    expect(statusAfter(0x2011, devices[3])).toBe(DONE);
    expect([statusAfter(0x2012, devices[3]), statusAfter(0x2011, devices[8])]).toEqual([DONE, DONE]);
    expect([
      statusAfter(0x2010),
      ...devices.slice(0, 8).map((device) => statusAfter(0x2011, device)),
    ]).toEqual(Array<string>(9).fill(DONE));
  });
});

describe('an own address that the host has not set is rejected with 0x12', () => {
  const withRandom: readonly (readonly [section: string, what: string, commands: [number, string][]])[] = [
    [
      '7.8.9',
      'for advertising',
      [
        [0x2006, ADVERTISING.replace(/^(.{10})00/, '$101')],
        [0x200a, '01'],
      ],
    ],
    [
      '7.8.11',
      'for a scan',
      [
        [0x200b, '00100010000100'],
        [0x200c, '0100'],
      ],
    ],
    ['7.8.12', 'for a connection', [[0x200d, createConnection(ABSENT).replace(/^(.{24})00/, '$101')]]],
  ];

  it.each(withRandom)(
    '(Bluetooth Core Vol 4 Part E, %s) %s, until it is set',
    (_section, _what, commands) => {
      expect(commands.map((command) => statusAfter(...command)).at(-1)).toBe(INVALID);
      expect(statusAfter(0x2005, ADDRESS)).toBe(DONE);
      expect(commands.map((command) => statusAfter(...command)).at(-1)).toBe(DONE);
    },
  );
});
