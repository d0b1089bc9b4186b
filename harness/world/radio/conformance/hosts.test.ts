import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HANDLE, PI_ADDRESS, Rig, SCOOTER_ADDRESS, statusOf, type Situation } from './rig.ts';

type Packets = readonly (readonly [opcode: number, parameters?: string])[];

/** Command sequences of real hosts. */
const HOSTS: readonly (readonly [host: string, situation: Situation, packets: Packets])[] = [
  [
    'noble, in the HCI user channel',
    'idle',
    [
      [0x0c03],
      [0x0c01, 'fffffbff07f8bf3d'],
      [0x2001, '1f00000000000000'],
      [0x1001],
      [0x1009],
      [0x200c, '0001'],
      [0x200b, '01120012000000'],
      [0x2002],
      [0x200c, '0101'],
    ],
  ],
  [
    'bleno, in raw mode beside the kernel',
    'idle',
    [
      [0x0c01, 'fffffbff07f8bf3d'],
      [0x2001, '1f00000000000000'],
      [0x1001],
      [0x0c6d, '0100'],
      [0x0c6c],
      [0x1009],
      [0x2002],
      [0x200a, '00'],
      [0x2006, 'a000a000' + '0000' + '00'.repeat(7) + '0700'],
      [0x2009, '00'.repeat(32)],
      [0x2008, '00'.repeat(32)],
      [0x200a, '01'],
    ],
  ],
  [
    'BlueZ, at start',
    'idle',
    [
      [0x0c03],
      [0x1003],
      [0x1001],
      [0x1009],
      [0x1002],
      [0x2003],
      [0x2002],
      [0x201c],
      [0x0c01, '9088000200800020'],
      [0x2001, '1f00000000000000'],
      [0x2007],
      [0x200f],
      [0x2010],
      [0x2031, '000101'],
    ],
  ],
  [
    'BlueZ, while it waits for a known device, with a random address of its own',
    'idle',
    [
      [0x2005, '0605040302c1'],
      [0x2011, SCOOTER_ADDRESS],
      [0x200b, '00600030000101'],
      [0x200c, '0101'],
      [0x200c, '0000'],
      [0x2012, SCOOTER_ADDRESS],
      [0x200d, '60003000' + '00' + SCOOTER_ADDRESS + '01' + '180028000000' + '2a00' + '00000000'],
    ],
  ],
  [
    'BlueZ, connected',
    'connected',
    [
      [0x2016, HANDLE],
      [0x041d, HANDLE],
      [0x1405, HANDLE],
      [0x0c2d, HANDLE + '00'],
      [0x2013, HANDLE + '180028000000' + '2a00' + '00000000'],
      [0x2019, HANDLE + '00'.repeat(26)],
      [0x0406, HANDLE + '13'],
    ],
  ],
  [
    'Zephyr, as a peripheral',
    'idle',
    [
      [0x0c03],
      [0x1003],
      [0x1001],
      [0x1002],
      [0x2003],
      [0x2018],
      [0x2002],
      [0x201c],
      [0x2001, '1f00000000000000'],
      [0x0c01, '9080000200800020'],
      [0x1009],
      [0x2005, '0605040302c1'],
      [0x2006, '30006000' + '0001' + '00'.repeat(7) + '0700'],
      [0x2008, '03020106'.padEnd(64, '0')],
      [0x2009, '00'.repeat(32)],
      [0x200a, '01'],
    ],
  ],
  [
    'Zephyr, at a key request',
    'key requested',
    [
      [0x2016, HANDLE],
      [0x2017, '00'.repeat(32)],
      [0x201b, HANDLE],
    ],
  ],
  [
    'Bumble',
    'idle',
    [
      [0x0c03],
      [0x1002],
      [0x1001],
      [0x2003],
      [0x0c01, 'ffffffffffffbf3d'],
      [0x2001, 'ffffffff07000000'],
      [0x1005],
      [0x2002],
      [0x1009],
      [0x0c6d, '0100'],
      [0x2005, '0605040302c1'],
      [0x2011, PI_ADDRESS],
      [0x200b, '01600060000100'],
      [0x200c, '0100'],
    ],
  ],
];

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});
afterEach(() => rig.close());

it.each(HOSTS)('the commands of %s are accepted', async (_host, situation, packets) => {
  await rig.enter(situation);
  for (const [opcode, parameters] of packets) {
    const [answer] = rig.exchange(opcode, parameters);
    expect({ opcode, status: statusOf(answer) }).toEqual({ opcode, status: '00' });
  }
});

describe('what a controller reports as supported', () => {
  it('is every command that it implements, and no other (Bluetooth Core Vol 4 Part E, 6.27)', () => {
    const [answer = ''] = rig.exchange(0x1002);
    // Extended advertising, the resolving list and long data packets are not supported.
    const optional = [0x2022, 0x2023, 0x2029, 0x202a, 0x202f, 0x2036, 0x2039, 0x2041, 0x2042, 0x2043];
    for (const opcode of optional) expect(statusOf(rig.exchange(opcode)[0])).toBe('01');
    const octets = Buffer.from(answer, 'hex').subarray(7);
    expect(octets).toHaveLength(64);
    expect(octets.subarray(36).every((octet) => octet === 0)).toBe(true);
  });

  it('is LE without BR/EDR (Bluetooth Core Vol 2 Part C, 3.3)', () => {
    const features = Buffer.from(rig.exchange(0x1003)[0] ?? '', 'hex').subarray(7);
    expect(features[4]).toBe(0b0110_0000);
  });
});
