import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMAND_TABLE } from './command-table.ts';
import { createConnection, HANDLE, ABSENT, Rig, statusOf } from './rig.ts';

const DONE = '00';
/** Unsupported Feature or Parameter Value: valid by the specification, but not supported by this controller. */
const UNSUPPORTED = '11';
/** Invalid HCI Command Parameters: invalid by the specification. */
const INVALID = '12';

type Rows = readonly (readonly [what: string, parameters: string, status: string])[];

/** LE Create Connection; `head` is scan interval, window and filter policy, `tail` the event lengths. */
const create = (
  parameters: string,
  { head = '6000300000', peer = ABSENT, own = '00', tail = '04000600' } = {},
): string => head + peer + own + parameters + tail;
const GOOD = '060006000000f401';
/** LE Set Advertising Parameters. */
const advertise = ({
  interval = 'a000a000',
  type = '00',
  own = '00',
  channels = '07',
  policy = '00',
}): string => interval + type + own + '00'.repeat(7) + channels + policy;

/** From interval to supervision timeout. */
const CONNECTION: Rows = [
  ['the minimum of all', '06000600' + '0000' + '0a00', DONE],
  ['the maximum of all', '0600800c' + '0000' + '800c', DONE],
  ['an interval below 7.5 ms', '050005000000f401', INVALID],
  ['an interval above 4 s', '0600810c0000800c', INVALID],
  ['a maximum interval below the minimum', '070006000000f401', INVALID],
  ['a latency above 499', '06000600f401800c', INVALID],
  ['a supervision timeout below 100 ms', '0600060000000900', INVALID],
  ['a supervision timeout above 32 s', '060006000000810c', INVALID],
  ['a supervision timeout shorter than two intervals', '0600500000001400', INVALID],
  ['a supervision timeout equal to two intervals with latency', '06000600' + '6300' + '9600', INVALID],
  ['a supervision timeout just above two intervals with latency', '06000600' + '6300' + '9700', DONE],
];

const ADVERTISING_DATA: Rows = [
  ['31 bytes', '1f'.padEnd(64, 'a'), DONE],
  ['32 bytes', '20'.padEnd(64, 'a'), INVALID],
  ['255 bytes', 'ff'.padEnd(64, 'a'), INVALID],
];

const ACCEPTED_DEVICE: Rows = [
  ['a public address', '00' + ABSENT.slice(2), DONE],
  ['a random address', '01' + ABSENT.slice(2), DONE],
  ['another type', '02' + ABSENT.slice(2), INVALID],
  ['anonymous advertisers', 'ff' + ABSENT.slice(2), UNSUPPORTED],
];

/** Parameters by opcode, with the status of the answer. */
const PARAMETERS: Readonly<Record<number, Rows>> = {
  0x0c2d: [
    ['the current level', HANDLE + '00', DONE],
    ['the maximum level', HANDLE + '01', DONE],
    ['another level', HANDLE + '02', INVALID],
  ],
  0x0c6d: [
    ['no support', '0000', DONE],
    ['an invalid value', '0200', INVALID],
    ['an ignored value', '0101', DONE],
  ],
  0x2006: [
    ['the shortest interval', advertise({ interval: '20002000' }), DONE],
    ['the longest interval', advertise({ interval: '00400040' }), DONE],
    ['an interval below 20 ms', advertise({ interval: '1f00a000' }), UNSUPPORTED],
    ['an interval above 10.24 s', advertise({ interval: 'a0000140' }), UNSUPPORTED],
    ['a maximum interval below the minimum', advertise({ interval: 'a100a000' }), INVALID],
    ['high duty directed advertising', advertise({ type: '01' }), UNSUPPORTED],
    ['scannable advertising', advertise({ type: '02' }), DONE],
    ['non-connectable advertising', advertise({ type: '03' }), DONE],
    ['low duty directed advertising', advertise({ type: '04' }), UNSUPPORTED],
    ['another type', advertise({ type: '05' }), INVALID],
    ['a random own address', advertise({ own: '01' }), DONE],
    ['a resolvable own address', advertise({ own: '02' }), UNSUPPORTED],
    ['a resolvable or random own address', advertise({ own: '03' }), UNSUPPORTED],
    ['another own address', advertise({ own: '04' }), INVALID],
    ['one channel', advertise({ channels: '02' }), DONE],
    ['no channel', advertise({ channels: '00' }), INVALID],
    ['none of the three channels', advertise({ channels: 'f8' }), INVALID],
    ['a filter policy', advertise({ policy: '03' }), DONE],
    ['another filter policy', advertise({ policy: '04' }), INVALID],
  ],
  0x2008: ADVERTISING_DATA,
  0x2009: ADVERTISING_DATA,
  0x200a: [
    ['an invalid enable value', '02', INVALID],
    ['an invalid value', 'ff', INVALID],
  ],
  0x200b: [
    ['the minimum', '00' + '04000400' + '0000', DONE],
    ['the maximum', '01' + '00400040' + '0000', DONE],
    ['another type', '02' + '10001000' + '0000', INVALID],
    ['an interval below 2.5 ms', '00' + '03000300' + '0000', INVALID],
    ['an interval above 10.24 s', '00' + '01401000' + '0000', INVALID],
    ['a window below 2.5 ms', '00' + '10000300' + '0000', INVALID],
    ['a window longer than the interval', '00' + '10001100' + '0000', INVALID],
    ['a resolvable own address', '00' + '10001000' + '0200', UNSUPPORTED],
    ['another own address', '00' + '10001000' + '0400', INVALID],
    ['only accepted devices', '00' + '10001000' + '0001', DONE],
    ['a policy for resolvable addresses', '00' + '10001000' + '0002', UNSUPPORTED],
    ['another policy', '00' + '10001000' + '0004', INVALID],
  ],
  0x200c: [
    ['an invalid enable value', '0200', INVALID],
    ['an invalid filter value', '0102', INVALID],
    ['an ignored filter value when a scan is disabled', '00ff', DONE],
  ],
  0x200d: [
    ...CONNECTION.map(([what, parameters, status]) => [what, create(parameters), status] as const),
    ['a scan interval below 2.5 ms', create(GOOD, { head: '0300030000' }), INVALID],
    ['a scan interval above 10.24 s', create(GOOD, { head: '0140040000' }), INVALID],
    ['a scan window longer than the interval', create(GOOD, { head: '1000110000' }), INVALID],
    ['only accepted devices', create(GOOD, { head: '1000100001' }), DONE],
    [
      'accepted devices, and a peer',
      create(GOOD, { head: '1000100001', peer: 'ff' + ABSENT.slice(2) }),
      DONE,
    ],
    ['another filter policy', create(GOOD, { head: '1000100002' }), INVALID],
    ['a public identity', create(GOOD, { peer: '02' + ABSENT.slice(2) }), UNSUPPORTED],
    ['another type of peer', create(GOOD, { peer: '04' + ABSENT.slice(2) }), INVALID],
    ['a resolvable own address', create(GOOD, { own: '02' }), UNSUPPORTED],
    ['another own address', create(GOOD, { own: '04' }), INVALID],
    ['a maximum event length below the minimum', create(GOOD, { tail: '06000400' }), INVALID],
  ],
  0x2011: ACCEPTED_DEVICE,
  0x2012: ACCEPTED_DEVICE,
  0x2013: [
    ...CONNECTION.map(
      ([what, parameters, status]) => [what, HANDLE + parameters + '00000000', status] as const,
    ),
    ['a maximum event length below the minimum', HANDLE + GOOD + '06000400', INVALID],
  ],
  0x2031: [
    ['no preference', '030000', DONE],
    ['LE 1M', '000101', DONE],
    ['LE 2M to send', '000301', UNSUPPORTED],
    ['LE Coded to receive', '000105', UNSUPPORTED],
    ['no PHY to send', '020001', INVALID],
    ['no PHY to receive', '010100', INVALID],
  ],
};

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});
afterEach(() => rig.close());

describe.each(COMMAND_TABLE.filter(({ opcode }) => opcode in PARAMETERS))(
  '$name (Bluetooth Core Vol 4 Part E, $section)',
  ({ opcode, hasHandle }) => {
    it.each(PARAMETERS[opcode] ?? [])('given %s', async (_what, parameters, status) => {
      if (hasHandle) await rig.connect();
      expect(statusOf(rig.exchange(opcode, parameters)[0])).toBe(status);
    });
  },
);

it('a connection attempt with invalid parameters is not started', () => {
  rig.exchange(0x200d, create('050005000000f401'));
  expect(rig.host.controller.isInitiating).toBe(false);
  rig.exchange(0x200d, createConnection(ABSENT));
  expect(rig.host.controller.isInitiating).toBe(true);
});
