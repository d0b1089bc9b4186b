import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { virtualClock, type Clock } from '../world/clock.ts';
import { Air } from './air.ts';
import { Controller } from './controller.ts';
import { PI, SCOOTER } from './testing/devices.ts';
import { Host } from './testing/host.ts';

/** Every command that is answered, with parameters that are accepted by an idle chip, and the answer. */
const ACCEPTED = [
  { name: 'Set Event Mask', opcode: 0x0c01, parameters: 'fffffbff07f8bf3d', answer: '040e0401010c00' },
  { name: 'Reset', opcode: 0x0c03, parameters: '', answer: '040e0401030c00' },
  { name: 'Read LE Host Support', opcode: 0x0c6c, parameters: '', answer: '040e06016c0c000100' },
  { name: 'Write LE Host Support', opcode: 0x0c6d, parameters: '0100', answer: '040e04016d0c00' },
  { name: 'Read Local Version', opcode: 0x1001, parameters: '', answer: '040e0c0101100009000009ffff0000' },
  { name: 'Read Buffer Size', opcode: 0x1005, parameters: '', answer: '040e0b01051000' + '1b000008000000' },
  { name: 'Read BD_ADDR', opcode: 0x1009, parameters: '', answer: '040e0a01091000' + '010000eb27b8' },
  { name: 'LE Set Event Mask', opcode: 0x2001, parameters: '1f00000000000000', answer: '040e0401012000' },
  { name: 'LE Read Buffer Size', opcode: 0x2002, parameters: '', answer: '040e0701022000' + '1b0008' },
  {
    name: 'LE Set Advertising Parameters',
    opcode: 0x2006,
    parameters: 'a000a0000000000000000000000700',
    answer: '040e0401062000',
  },
  {
    name: 'LE Set Advertising Data',
    opcode: 0x2008,
    parameters: '1f'.padEnd(64, '0'),
    answer: '040e0401082000',
  },
  {
    name: 'LE Set Scan Response Data',
    opcode: 0x2009,
    parameters: '00'.padEnd(64, '0'),
    answer: '040e0401092000',
  },
  { name: 'LE Set Advertising Enable', opcode: 0x200a, parameters: '01', answer: '040e04010a2000' },
  { name: 'LE Set Scan Parameters', opcode: 0x200b, parameters: '01120012000000', answer: '040e04010b2000' },
  { name: 'LE Set Scan Enable', opcode: 0x200c, parameters: '0101', answer: '040e04010c2000' },
  {
    name: 'LE Create Connection',
    opcode: 0x200d,
    parameters: '6000300000' + '01' + '0100009ef0c8' + '00' + '060006000000f401' + '04000600',
    answer: '040f0400010d20',
  },
  { name: 'LE Set Default PHY', opcode: 0x2031, parameters: '000505', answer: '040e0401312000' },
] as const;

/** Those that need something to be going on, with parameters of the right length. */
const CONDITIONAL = [
  { name: 'Disconnect', opcode: 0x0406, parameters: '400013', kind: 'status' },
  { name: 'Read RSSI', opcode: 0x1405, parameters: '4000', kind: 'complete' },
  { name: 'LE Create Connection Cancel', opcode: 0x200e, parameters: '', kind: 'complete' },
  {
    name: 'LE Connection Update',
    opcode: 0x2013,
    parameters: '4000' + '060006000000f401' + '00000000',
    kind: 'status',
  },
  { name: 'LE Enable Encryption', opcode: 0x2019, parameters: '4000'.padEnd(56, '0'), kind: 'status' },
] as const;

const bytesOf = (hex: string): number[] => [...Buffer.from(hex, 'hex')];
const opcodeHex = (opcode: number): string => Buffer.from([opcode & 0xff, opcode >> 8]).toString('hex');

/** The answer to a refused command. */
const refusal = (kind: 'complete' | 'status', opcode: number, status: string): string =>
  kind === 'status' ? `040f04${status}01${opcodeHex(opcode)}` : `040e0401${opcodeHex(opcode)}${status}`;

let clock: Clock;
let host: Host;
let peer: Host;
beforeEach(() => {
  clock = virtualClock();
  const air = new Air({ random: () => 0.5 });
  host = new Host(new Controller(air, { identity: PI }));
  peer = new Host(new Controller(air, { identity: SCOOTER, rssi: -71 }));
});
afterEach(() => clock.close());

const send = (name: (typeof ACCEPTED)[number]['name'], to = host): string[] => {
  const command = ACCEPTED.find((accepted) => accepted.name === name);
  return to.command(command?.opcode ?? 0, bytesOf(command?.parameters ?? ''));
};

/** Connects the host to the peer; both call the connection 0x40. */
async function connect(): Promise<void> {
  send('LE Set Advertising Parameters', peer);
  send('LE Set Advertising Enable', peer);
  send('LE Create Connection');
  await clock.advance(200);
  host.take();
  peer.take();
}

describe('a command', () => {
  it.each(ACCEPTED)('$name is answered', ({ opcode, parameters, answer }) => {
    expect(host.command(opcode, bytesOf(parameters))).toEqual([answer]);
  });

  it.each([...ACCEPTED.map((command) => ({ kind: undefined, ...command })), ...CONDITIONAL])(
    '$name is refused with 0x12 where its length is wrong',
    ({ opcode, parameters, kind, ...rest }) => {
      const answeredBy = kind ?? ('answer' in rest && rest.answer.startsWith('040f') ? 'status' : 'complete');
      const right = bytesOf(parameters);
      const expected = [refusal(answeredBy, opcode, '12')];
      expect(host.command(opcode, [...right, 0])).toEqual(expected);
      if (right.length > 0) expect(host.command(opcode, right.slice(1))).toEqual(expected);
      host.controller.receive(Buffer.from([1, opcode & 0xff, opcode >> 8, right.length + 1, ...right]));
      expect(host.take()).toEqual(expected);
    },
  );

  it.each([0x0000, 0x0c5a, 0x2041, 0x2043, 0xffff])(
    'that no one knows (%i) is refused with Command Status 0x01',
    (opcode) => {
      expect(host.command(opcode, [1, 2, 3])).toEqual([refusal('status', opcode, '01')]);
    },
  );

  it('that is cut off before its length is not answered', () => {
    host.controller.receive(Buffer.from([1, 0x03, 0x0c]));
    host.controller.receive(Buffer.from([1]));
    host.controller.receive(Buffer.alloc(0));
    expect(host.take()).toEqual([]);
  });
});

describe('a command on a connection', () => {
  it.each([
    ['Disconnect', 0x0406, '410013', '040f0402010604'],
    // Every byte of the result even then: noble reads them unseen.
    ['Read RSSI', 0x1405, '4100', '040e0701051402' + '410000'],
    ['LE Connection Update', 0x2013, '4100060006000000f40100000000', '040f0402011320'],
    ['LE Enable Encryption', 0x2019, '4100'.padEnd(56, '0'), '040f0402011920'],
  ])(
    '%s is refused with 0x02 where there is no such connection',
    async (_name, opcode, parameters, answer) => {
      await connect();
      expect(host.command(opcode, bytesOf(parameters))).toEqual([answer]);
    },
  );

  it('tells how strong the peer is heard', async () => {
    await connect();
    expect(host.command(0x1405, [0x40, 0])).toEqual(['040e07010514004000b9']);
    expect(peer.command(0x1405, [0x40, 0])).toEqual(['040e07010514004000c4']);
  });

  it('passes the reason for a disconnect on', async () => {
    await connect();
    expect(host.command(0x0406, [0x40, 0, 0x15])).toEqual(['040f0400010604']);
    await clock.advance(10);
    expect(host.take()).toEqual(['0405040040' + '0016']);
    expect(peer.take()).toEqual(['0405040040' + '0015']);
  });

  it('tells both ends of new parameters', async () => {
    await connect();
    expect(host.command(0x2013, bytesOf('4000' + '060010000000c800' + '00000000'))).toEqual([
      '040f0400011320',
    ]);
    await clock.advance(10);
    const updated = '043e0a03004000' + '10000000c800';
    expect([host.take(), peer.take()]).toEqual([[updated], [updated]]);
  });

  it('tells both ends that the connection is encrypted', async () => {
    await connect();
    expect(host.command(0x2019, bytesOf('4000'.padEnd(56, '0')))).toEqual(['040f0400011920']);
    await clock.advance(10);
    const encrypted = '0408040040' + '0001';
    expect([host.take(), peer.take()]).toEqual([[encrypted], [encrypted]]);
  });
});

describe('a command at the wrong time is refused with 0x0c:', () => {
  it('scan parameters during a scan', () => {
    send('LE Set Scan Enable');
    expect(send('LE Set Scan Parameters')).toEqual([refusal('complete', 0x200b, '0c')]);
    host.command(0x200c, [0, 0]);
    expect(send('LE Set Scan Parameters')).toEqual([refusal('complete', 0x200b, '00')]);
  });

  it('advertising parameters while it advertises', () => {
    send('LE Set Advertising Enable');
    expect(send('LE Set Advertising Parameters')).toEqual([refusal('complete', 0x2006, '0c')]);
    host.command(0x200a, [0]);
    expect(send('LE Set Advertising Parameters')).toEqual([refusal('complete', 0x2006, '00')]);
  });

  it('a second connection attempt during the first', () => {
    send('LE Create Connection');
    expect(send('LE Create Connection')).toEqual([refusal('status', 0x200d, '0c')]);
  });

  it('the cancel of no attempt', async () => {
    expect(host.command(0x200e)).toEqual([refusal('complete', 0x200e, '0c')]);
    await connect();
    expect(host.command(0x200e)).toEqual([refusal('complete', 0x200e, '0c')]);
  });

  it('and a second connection to the same device with 0x0b', async () => {
    await connect();
    expect(send('LE Create Connection')).toEqual([refusal('status', 0x200d, '0b')]);
  });
});

describe('impossible parameters are refused with 0x12:', () => {
  const connection = (parameters: string): string[] =>
    host.command(0x200d, bytesOf('6000300000' + '01' + '0100009ef0c8' + '00' + parameters + '04000600'));

  it.each([
    ['an interval below 7.5 ms', '050005000000f401'],
    ['an interval above 4 s', '0600810c0000800c'],
    ['an interval that ends before it begins', '070006000000f401'],
    ['a latency above 499', '06000600f401800c'],
    ['a supervision timeout below 100 ms', '0600060000000900'],
    ['a supervision timeout above 32 s', '060006000000810c'],
    ['a supervision timeout that two events do not fit in', '0600500000001400'],
    ['a supervision timeout that the latency uses up', '06000600' + '6300' + '9600'],
  ])('a connection with %s', async (_what, parameters) => {
    expect(connection(parameters)).toEqual([refusal('status', 0x200d, '12')]);
    await connect();
    const update = host.command(0x2013, bytesOf('4000' + parameters + '00000000'));
    expect(update).toEqual([refusal('status', 0x2013, '12')]);
  });

  it.each([
    ['the shortest of all', '06000600' + '0000' + '0a00'],
    ['the longest of all', '0600800c' + '0000' + '800c'],
  ])('but not a connection with %s', (_what, parameters) => {
    expect(connection(parameters)).toEqual([refusal('status', 0x200d, '00')]);
  });

  it.each(['1f001f00', '20000140', 'a100a000'])('an advertising interval of %s', (interval) => {
    const parameters = bytesOf(interval.padEnd(30, '0'));
    expect(host.command(0x2006, parameters)).toEqual([refusal('complete', 0x2006, '12')]);
  });

  it.each([0x2008, 0x2009])('advertising data of more than 31 bytes (%i)', (opcode) => {
    expect(host.command(opcode, bytesOf('20'.padEnd(64, '0')))).toEqual([refusal('complete', opcode, '12')]);
  });
});

describe('a reset', () => {
  it('ends every activity, forgets every setting, and tells nobody', async () => {
    await connect();
    send('LE Set Scan Parameters');
    send('LE Set Scan Enable');
    send('LE Set Advertising Enable');
    send('LE Set Advertising Data');
    host.command(0x200d, bytesOf('600030000001' + '060504030201' + '00' + '060006000000f401' + '04000600'));
    expect(host.command(0x0c03)).toEqual(['040e0401030c00']);
    await clock.advance(4000);
    expect(host.take()).toEqual([]);
    const { scanning, initiating, advertiser } = host.controller;
    expect({ scanning, initiating, advertising: advertiser.enabled }).toEqual({
      ...{ scanning: false, initiating: false, advertising: false },
    });
    expect(advertiser.advertisement).toHaveLength(0);
    await clock.advance(1000);
    expect(peer.take()).toEqual(['0405040040' + '0008']);
    expect(clock.pending()).toBe(0);
    send('LE Set Advertising Enable', peer);
    send('LE Set Scan Enable');
    await clock.advance(2000);
    expect(host.take()).toEqual([expect.stringMatching(/^043e..0201/)]);
    expect(host.controller.activeScan).toBe(false);
  });
});
