import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConnection, ENCRYPT, HANDLE, ABSENT, Rig, SCOOTER_ADDRESS, statusOf } from './rig.ts';

const LE_META_BIT = 61;
const ALL = 'ff'.repeat(8);
const NONE = '00'.repeat(8);

/** A mask with exactly these bits. */
function mask(...bits: readonly number[]): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(bits.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n));
  return bytes.toString('hex');
}

/** A mask with all other bits. */
const without = (bit: number): string =>
  mask(...Array.from({ length: 64 }, (_, other) => other).filter((other) => other !== bit));

interface Row {
  readonly name: string;
  /** Of Bluetooth Core Vol 4 Part E. */
  readonly section: string;
  /** Bit in Set Event Mask; LE events share one. */
  readonly bit?: number;
  /** Bit in LE Set Event Mask. */
  readonly leBit?: number;
  /** First bytes of the event, in hex. */
  readonly event: string;
  /** Establishes the state that the event requires. */
  readonly setUp?: (rig: Rig) => unknown;
  readonly trigger: (rig: Rig) => unknown;
}

const connected = (rig: Rig): Promise<void> => rig.connect();

const encrypted = async (rig: Rig): Promise<void> => {
  await rig.connect();
  await rig.encrypt();
};

/** Every event that can be masked, and its bit. */
const ROWS: readonly Row[] = [
  {
    name: 'Disconnection Complete',
    section: '7.7.5',
    bit: 4,
    event: '040504' + '00' + HANDLE + '16',
    setUp: connected,
    trigger: (rig) => rig.sendCommand(0x0406, HANDLE + '13'),
  },
  {
    name: 'Encryption Change',
    section: '7.7.8',
    bit: 7,
    event: '040804' + '00' + HANDLE + '01',
    setUp: connected,
    trigger: (rig) => rig.encrypt(),
  },
  {
    name: 'Read Remote Version Information Complete',
    section: '7.7.12',
    bit: 11,
    event: '040c08' + '00' + HANDLE,
    setUp: connected,
    trigger: (rig) => rig.sendCommand(0x041d, HANDLE),
  },
  {
    name: 'Data Buffer Overflow',
    section: '7.7.26',
    bit: 25,
    event: '041a01' + '01',
    setUp: connected,
    trigger: (rig) => rig.sendData('00'.repeat(28)),
  },
  {
    name: 'Encryption Key Refresh Complete',
    section: '7.7.39',
    bit: 47,
    event: '043003' + '00' + HANDLE,
    setUp: encrypted,
    trigger: (rig) => rig.encrypt(),
  },
  {
    name: 'LE Connection Complete',
    section: '7.7.65.1',
    leBit: 0,
    event: '043e13' + '01' + '00' + HANDLE + '00' + SCOOTER_ADDRESS,
    trigger: (rig) => rig.connect(),
  },
  {
    name: 'LE Advertising Report',
    section: '7.7.65.2',
    leBit: 1,
    event: '043e0c' + '02' + '0100' + SCOOTER_ADDRESS + '00' + 'b9',
    setUp: (rig) => rig.sendCommand(0x200a, '01', rig.peer),
    trigger: (rig) => rig.sendCommand(0x200c, '0100'),
  },
  {
    name: 'LE Connection Update Complete',
    section: '7.7.65.3',
    leBit: 2,
    event: '043e0a' + '03' + '00' + HANDLE + '06000000f401',
    setUp: connected,
    trigger: (rig) => rig.sendCommand(0x2013, HANDLE + '060006000000f401' + '00000000'),
  },
  {
    name: 'LE Read Remote Features Complete',
    section: '7.7.65.4',
    leBit: 3,
    event: '043e0c' + '04' + '00' + HANDLE,
    setUp: connected,
    trigger: (rig) => rig.sendCommand(0x2016, HANDLE),
  },
  {
    name: 'LE Long Term Key Request',
    section: '7.7.65.5',
    leBit: 4,
    event: '043e0d' + '05' + HANDLE + '1122334455667788' + 'aabb',
    setUp: (rig) => rig.enter('connected as peripheral'),
    trigger: (rig) => rig.sendCommand(0x2019, ENCRYPT, rig.peer),
  },
];

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});
afterEach(() => rig.close());

const received = async ({ trigger }: Row): Promise<string[]> => {
  rig.host.takeReceived();
  await trigger(rig);
  return (await rig.advance(2000)).host;
};

describe.each(ROWS)('$name (Bluetooth Core Vol 4 Part E, $section)', (row) => {
  const { bit = LE_META_BIT, leBit, event, setUp } = row;
  const expected = expect.arrayContaining([expect.stringMatching(`^${event}`)]) as string[];

  beforeEach(async () => {
    await setUp?.(rig);
  });

  it('is reported if only its bit is set', async () => {
    rig.sendCommand(0x0c01, mask(bit));
    rig.sendCommand(0x2001, leBit === undefined ? NONE : mask(leBit));
    expect(await received(row)).toEqual(expected);
  });

  it('is not reported if every bit except its own is set', async () => {
    rig.sendCommand(0x0c01, leBit === undefined ? without(bit) : ALL);
    rig.sendCommand(0x2001, leBit === undefined ? ALL : without(leBit));
    expect(await received(row)).not.toEqual(expected);
  });

  if (leBit === undefined) return;
  it('is not reported if LE events are masked', async () => {
    rig.sendCommand(0x0c01, without(LE_META_BIT));
    rig.sendCommand(0x2001, ALL);
    expect(await received(row)).not.toEqual(expected);
  });
});

describe('an event mask', () => {
  it('does not apply to command answers and completed packets', async () => {
    await rig.connect();
    expect([statusOf(rig.exchange(0x0c01, NONE)[0]), statusOf(rig.exchange(0x2001, NONE)[0])]).toEqual([
      '00',
      '00',
    ]);
    expect(statusOf(rig.exchange(0x041d, HANDLE)[0])).toBe('00');
    rig.sendData('00');
    expect((await rig.advance(100)).host).toEqual(['04130501' + HANDLE + '0100']);
  });

  it('enables the events of Bluetooth 1.2 after a reset, without LE events (Bluetooth Core Vol 4 Part E, 7.3.1)', async () => {
    rig.exchange(0x0c03);
    await rig.connect();
    expect(rig.host.takeReceived()).toEqual(['040f0400010d20']);
    for (const opcode of [0x2016, 0x041d]) rig.exchange(opcode, HANDLE);
    expect((await rig.advance(100)).host).toEqual([expect.stringMatching(/^040c/)]);
    rig.exchange(0x0406, HANDLE + '13');
    expect((await rig.advance(100)).host).toEqual(['040504' + '00' + HANDLE + '16']);
  });

  it('enables the first five LE events after a reset, once LE events are enabled (7.8.1)', () => {
    rig.exchange(0x0c03);
    rig.exchange(0x0c01, mask(LE_META_BIT));
    rig.exchange(0x200d, createConnection(ABSENT));
    expect(rig.exchange(0x200e)).toHaveLength(2);
  });

  it('is set to its default by every reset', () => {
    rig.exchange(0x200d, createConnection(ABSENT));
    expect(rig.exchange(0x200e)).toHaveLength(2);
    rig.exchange(0x0c03);
    rig.exchange(0x200d, createConnection(ABSENT));
    expect(rig.exchange(0x200e)).toHaveLength(1);
  });

  it('of noble and bleno enables the events that they handle', () => {
    rig.exchange(0x0c01, 'fffffbff07f8bf3d');
    rig.exchange(0x2001, '1f00000000000000');
    rig.exchange(0x200d, createConnection(ABSENT));
    expect(rig.exchange(0x200e)).toHaveLength(2);
  });
});
