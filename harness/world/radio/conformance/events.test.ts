import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConnection, ENCRYPT, HANDLE, NOBODY, Scene, SCOOTER_ADDRESS, statusOf } from './scene.ts';

const LE_META_BIT = 61;
const ALL = 'ff'.repeat(8);
const NONE = '00'.repeat(8);

/** Eight bytes that have exactly these bits. */
function mask(...bits: readonly number[]): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(bits.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n));
  return bytes.toString('hex');
}

/** All other bits. */
const without = (bit: number): string =>
  mask(...Array.from({ length: 64 }, (_, other) => other).filter((other) => other !== bit));

interface Row {
  readonly name: string;
  /** In Bluetooth Core Vol 4 Part E. */
  readonly section: string;
  /** In Set Event Mask; LE events share one. */
  readonly bit?: number;
  /** In LE Set Event Mask. */
  readonly leBit?: number;
  /** How it begins, in hex. */
  readonly event: string;
  /** What has to be before. */
  readonly given?: (scene: Scene) => unknown;
  readonly cause: (scene: Scene) => unknown;
}

const connected = (scene: Scene): Promise<void> => scene.connect();

const encrypted = async (scene: Scene): Promise<void> => {
  await scene.connect();
  await scene.encrypt();
};

/** Every event that can be masked, and its bit. */
const ROWS: readonly Row[] = [
  {
    name: 'Disconnection Complete',
    section: '7.7.5',
    bit: 4,
    event: '040504' + '00' + HANDLE + '16',
    given: connected,
    cause: (scene) => scene.order(0x0406, HANDLE + '13'),
  },
  {
    name: 'Encryption Change',
    section: '7.7.8',
    bit: 7,
    event: '040804' + '00' + HANDLE + '01',
    given: connected,
    cause: (scene) => scene.encrypt(),
  },
  {
    name: 'Read Remote Version Information Complete',
    section: '7.7.12',
    bit: 11,
    event: '040c08' + '00' + HANDLE,
    given: connected,
    cause: (scene) => scene.order(0x041d, HANDLE),
  },
  {
    name: 'Data Buffer Overflow',
    section: '7.7.26',
    bit: 25,
    event: '041a01' + '01',
    given: connected,
    cause: (scene) => scene.data('00'.repeat(28)),
  },
  {
    name: 'Encryption Key Refresh Complete',
    section: '7.7.39',
    bit: 47,
    event: '043003' + '00' + HANDLE,
    given: encrypted,
    cause: (scene) => scene.encrypt(),
  },
  {
    name: 'LE Connection Complete',
    section: '7.7.65.1',
    leBit: 0,
    event: '043e13' + '01' + '00' + HANDLE + '00' + SCOOTER_ADDRESS,
    cause: (scene) => scene.connect(),
  },
  {
    name: 'LE Advertising Report',
    section: '7.7.65.2',
    leBit: 1,
    event: '043e0c' + '02' + '0100' + SCOOTER_ADDRESS + '00' + 'b9',
    given: (scene) => scene.order(0x200a, '01', scene.peer),
    cause: (scene) => scene.order(0x200c, '0100'),
  },
  {
    name: 'LE Connection Update Complete',
    section: '7.7.65.3',
    leBit: 2,
    event: '043e0a' + '03' + '00' + HANDLE + '06000000f401',
    given: connected,
    cause: (scene) => scene.order(0x2013, HANDLE + '060006000000f401' + '00000000'),
  },
  {
    name: 'LE Read Remote Features Complete',
    section: '7.7.65.4',
    leBit: 3,
    event: '043e0c' + '04' + '00' + HANDLE,
    given: connected,
    cause: (scene) => scene.order(0x2016, HANDLE),
  },
  {
    name: 'LE Long Term Key Request',
    section: '7.7.65.5',
    leBit: 4,
    event: '043e0d' + '05' + HANDLE + '1122334455667788' + 'aabb',
    given: (scene) => scene.bring('connected as peripheral'),
    cause: (scene) => scene.order(0x2019, ENCRYPT, scene.peer),
  },
];

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

const heard = async ({ cause }: Row): Promise<string[]> => {
  scene.host.takeReceived();
  await cause(scene);
  return (await scene.after(2000)).host;
};

describe.each(ROWS)('$name (Bluetooth Core Vol 4 Part E, $section)', (row) => {
  const { bit = LE_META_BIT, leBit, event, given } = row;
  const expected = expect.arrayContaining([expect.stringMatching(`^${event}`)]) as string[];

  beforeEach(async () => {
    await given?.(scene);
  });

  it('is heard where its bit is set, and no other', async () => {
    scene.order(0x0c01, mask(bit));
    scene.order(0x2001, leBit === undefined ? NONE : mask(leBit));
    expect(await heard(row)).toEqual(expected);
  });

  it('is not heard where its bit is off, and all others are set', async () => {
    scene.order(0x0c01, leBit === undefined ? without(bit) : ALL);
    scene.order(0x2001, leBit === undefined ? ALL : without(leBit));
    expect(await heard(row)).not.toEqual(expected);
  });

  if (leBit === undefined) return;
  it('is not heard where LE events are not', async () => {
    scene.order(0x0c01, without(LE_META_BIT));
    scene.order(0x2001, ALL);
    expect(await heard(row)).not.toEqual(expected);
  });
});

describe('an event mask', () => {
  it('silences no answer and no credit', async () => {
    await scene.connect();
    expect([statusOf(scene.say(0x0c01, NONE)[0]), statusOf(scene.say(0x2001, NONE)[0])]).toEqual([
      '00',
      '00',
    ]);
    expect(statusOf(scene.say(0x041d, HANDLE)[0])).toBe('00');
    scene.data('00');
    expect((await scene.after(100)).host).toEqual(['04130501' + HANDLE + '0100']);
  });

  it('is after a reset that of Bluetooth 1.2, without LE events (Bluetooth Core Vol 4 Part E, 7.3.1)', async () => {
    scene.say(0x0c03);
    await scene.connect();
    expect(scene.host.takeReceived()).toEqual(['040f0400010d20']);
    for (const opcode of [0x2016, 0x041d]) scene.say(opcode, HANDLE);
    expect((await scene.after(100)).host).toEqual([expect.stringMatching(/^040c/)]);
    scene.say(0x0406, HANDLE + '13');
    expect((await scene.after(100)).host).toEqual(['040504' + '00' + HANDLE + '16']);
  });

  it('lets after a reset the first five LE events through, once LE events are (7.8.1)', () => {
    scene.say(0x0c03);
    scene.say(0x0c01, mask(LE_META_BIT));
    scene.say(0x200d, createConnection(NOBODY));
    expect(scene.say(0x200e)).toHaveLength(2);
  });

  it('that masks LE events is set anew by every reset', () => {
    scene.say(0x200d, createConnection(NOBODY));
    expect(scene.say(0x200e)).toHaveLength(2);
    scene.say(0x0c03);
    scene.say(0x200d, createConnection(NOBODY));
    expect(scene.say(0x200e)).toHaveLength(1);
  });

  it('of noble and bleno lets through what they listen to', () => {
    scene.say(0x0c01, 'fffffbff07f8bf3d');
    scene.say(0x2001, '1f00000000000000');
    scene.say(0x200d, createConnection(NOBODY));
    expect(scene.say(0x200e)).toHaveLength(2);
  });
});
