import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../random.ts';
import { Controller } from '../controller.ts';
import { OTHER_SCOOTER } from '../testing/devices.ts';
import { TestHost } from '../testing/test-host.ts';
import { HANDLE, Scene } from './scene.ts';

const BUFFERS = 8;
const BUFFER_BYTES = 27;
const OTHER_HANDLE = '4100';
const OTHER_ADDRESS = '01' + '0200009ef0c8';
const OVERFLOW = '041a01' + '01';
const DISCONNECTED = '040504' + '00' + HANDLE + '16';
/** Where the handle stands in an ACL packet and in Number Of Completed Packets, in hex. */
const CREDITED = /^041305(01)(....)(....)$/;

let scene: Scene;
beforeEach(async () => {
  scene = new Scene(seededRandom(1).unit);
  await scene.connect();
  await scene.after(0);
});
afterEach(() => scene.close());

/** Number Of Completed Packets. */
const credit = (count: number, handle = HANDLE): string => `04130501${handle}0${count}00`;

/** Credits by handle, as one host has heard them. */
function credits(heard: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const event of heard) {
    const [, , handle = '', count = ''] = CREDITED.exec(event) ?? [];
    if (handle) counts[handle] = (counts[handle] ?? 0) + Buffer.from(count, 'hex').readUInt16LE(0);
  }
  return counts;
}

/** A second connection of the same host. */
async function connectToAnother(): Promise<TestHost> {
  const other = new TestHost(new Controller(scene.air, { identity: OTHER_SCOOTER }));
  await scene.connect(scene.host, other, OTHER_ADDRESS);
  await scene.after(0);
  other.takeReceived();
  return other;
}

const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => index.toString(16).padStart(2, '0'));

describe('data on a connection (Bluetooth Core Vol 4 Part E, 5.4.2)', () => {
  it('cross in the pieces that the host made, in order, marked as controllers do', async () => {
    scene.data('1f00' + '0400' + 'aa'.repeat(23));
    scene.data('bb'.repeat(8), { handle: '4010' });
    scene.data('0100' + '0400' + 'cc', { handle: '4020' });
    expect((await scene.after(100)).peer).toEqual([
      '0240201b00' + '1f00' + '0400' + 'aa'.repeat(23),
      '0240100800' + 'bb'.repeat(8),
      '0240200500' + '0100' + '0400' + 'cc',
    ]);
  });

  it.each([
    ['for no connection', '0241000100ff'],
    ['for a handle that cannot be', '02ff0f0100ff'],
    ['flagged as no fragment', '0240300100ff'],
    ['flagged for many', '0240400100ff'],
    ['flagged by what nobody knows', '0240800100ff'],
    ['that are shorter than they say', '0240000200ff'],
    ['that are longer than they say', '0240000100ffff'],
    ['without a length', '02400001'],
  ])('%s are ignored', async (_what, packet) => {
    scene.host.controller.receive(Buffer.from(packet, 'hex'));
    scene.data('dd');
    expect(await scene.after(100)).toEqual({ host: [credit(1)], peer: ['0240200100dd'] });
  });

  it('that are empty cross as nothing, and give their credit back', async () => {
    scene.data('');
    scene.data('', { handle: '4010' });
    expect(await scene.after(100)).toEqual({ host: [credit(1), credit(1)], peer: [] });
  });
});

describe('the buffers of a chip (Bluetooth Core Vol 4 Part E, 4.1.1)', () => {
  it('are as many and as long as it says', async () => {
    const announced = `040e0701022000` + '1b00' + `0${BUFFERS}`;
    expect(scene.say(0x2002)).toEqual([announced]);
    for (const number of numbered(BUFFERS)) scene.data(number.repeat(27));
    const { host, peer } = await scene.after(100);
    expect(host).toEqual([credit(4), credit(4)]);
    expect(peer).toEqual(numbered(BUFFERS).map((number) => '0240201b00' + number.repeat(27)));
  });

  it('have no room for a longer packet: it is lost, and gives its credit back', async () => {
    scene.data('ee'.repeat(28));
    expect(scene.host.takeReceived()).toEqual([OVERFLOW, credit(1)]);
    expect(await scene.after(100)).toEqual({ host: [], peer: [] });
  });

  it('have no room for one packet more: it is lost, and gives its credit back', async () => {
    for (const number of numbered(BUFFERS + 1)) scene.data(number);
    expect(scene.host.takeReceived()).toEqual([OVERFLOW, credit(1)]);
    const { host, peer } = await scene.after(100);
    expect(credits(host)).toEqual({ [HANDLE]: BUFFERS });
    expect(peer).toEqual(numbered(BUFFERS).map((number) => '0240200100' + number));
  });

  it('are shared by all connections', async () => {
    await connectToAnother();
    for (const number of numbered(BUFFERS))
      scene.data(number, { handle: number > '03' ? HANDLE : OTHER_HANDLE });
    expect(scene.host.takeReceived()).toEqual([]);
    scene.data('ff', { handle: OTHER_HANDLE });
    expect(scene.host.takeReceived()).toEqual([OVERFLOW, credit(1, OTHER_HANDLE)]);
    expect(credits((await scene.after(100)).host)).toEqual({ [HANDLE]: 4, [OTHER_HANDLE]: 4 });
  });

  it('are given back by the end of a connection alone, to all others', async () => {
    const other = await connectToAnother();
    scene.air.block(scene.peer.controller);
    for (const number of numbered(BUFFERS)) scene.data(number);
    scene.order(0x0406, HANDLE + '13');
    expect((await scene.after(6000)).host).toEqual(['040f0400010604', DISCONNECTED]);
    for (const number of numbered(BUFFERS)) scene.data(number, { handle: OTHER_HANDLE });
    expect((await scene.after(100)).host).toEqual([credit(4, OTHER_HANDLE), credit(4, OTHER_HANDLE)]);
    expect(other.takeReceived()).toHaveLength(BUFFERS);
  });

  it('are free after a reset', async () => {
    for (const number of numbered(BUFFERS)) scene.data(number);
    scene.say(0x0c03);
    scene.say(0x0c01, 'ff'.repeat(8));
    await scene.clock.advance(6000);
    await scene.connect();
    scene.host.takeReceived();
    for (const number of numbered(BUFFERS)) scene.data(number, { handle: OTHER_HANDLE });
    expect(credits((await scene.after(100)).host)).toEqual({ [OTHER_HANDLE]: BUFFERS });
  });

  it('are given back exactly once, when the data are across, and then taken again, whatever is lost on the way', async () => {
    const other = await connectToAnother();
    scene.air.conditions.loss = 0.4;
    const step = fc.record({
      handle: fc.constantFrom(HANDLE, OTHER_HANDLE),
      length: fc.integer({ min: 0, max: 32 }),
      thenMs: fc.constantFrom(0, 0, 0, 20, 45),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const sent: Record<string, number> = {};
        const heard: string[] = [];
        let [taken, across, empty, refused] = [0, 0, 0, 0];
        const pass = async (ms: number): Promise<void> => {
          const { host, peer } = await scene.after(ms);
          heard.push(...host);
          across += peer.length + other.takeReceived().length;
          const given = Object.values(credits(heard)).reduce((sum, count) => sum + count, 0);
          expect(given).toBe(across + refused + empty);
          expect(heard.filter((event) => event === OVERFLOW)).toHaveLength(refused);
        };
        for (const { handle, length, thenMs } of steps) {
          scene.data('ab'.repeat(length), { handle });
          sent[handle] = (sent[handle] ?? 0) + 1;
          if (length === 0) empty += 1;
          else if (length > BUFFER_BYTES || taken - across === BUFFERS) refused += 1;
          else taken += 1;
          await pass(thenMs);
        }
        await pass(2000);
        expect(credits(heard)).toEqual(sent);
      }),
      { numRuns: 100, seed: 1 },
    );
  });
});
