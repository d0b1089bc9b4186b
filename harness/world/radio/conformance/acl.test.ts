import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../random.ts';
import { Controller } from '../controller.ts';
import { OTHER_SCOOTER } from '../testing/devices.ts';
import { TestHost } from '../testing/test-host.ts';
import { HANDLE, Rig } from './rig.ts';

const BUFFERS = 8;
const BUFFER_BYTES = 27;
const OTHER_HANDLE = '4100';
const OTHER_ADDRESS = '01' + '0200009ef0c8';
const OVERFLOW = '041a01' + '01';
const DISCONNECTED = '040504' + '00' + HANDLE + '16';
/** Number Of Completed Packets for one connection. */
const CREDITED = /^041305(01)(....)(....)$/;

let rig: Rig;
beforeEach(async () => {
  rig = new Rig(seededRandom(1).unit);
  await rig.connect();
  await rig.advance(0);
});
afterEach(() => rig.close());

/** Number Of Completed Packets, by which the host gets its buffers back. */
const credit = (count: number, handle = HANDLE): string => `04130501${handle}0${count}00`;

/** Number of completed packets by handle. */
function credits(events: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const event of events) {
    const [, , handle = '', count = ''] = CREDITED.exec(event) ?? [];
    if (handle) counts[handle] = (counts[handle] ?? 0) + Buffer.from(count, 'hex').readUInt16LE(0);
  }
  return counts;
}

/** A second connection of the same host. */
async function connectToAnother(): Promise<TestHost> {
  const other = new TestHost(new Controller(rig.air, { identity: OTHER_SCOOTER }));
  await rig.connect(rig.host, other, OTHER_ADDRESS);
  await rig.advance(0);
  other.takeReceived();
  return other;
}

const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => index.toString(16).padStart(2, '0'));

describe('data on a connection (Bluetooth Core Vol 4 Part E, 5.4.2)', () => {
  it('are delivered in the fragments of the host, in order, with the flags of a controller', async () => {
    rig.sendData('1f00' + '0400' + 'aa'.repeat(23));
    rig.sendData('bb'.repeat(8), { handle: '4010' });
    rig.sendData('0100' + '0400' + 'cc', { handle: '4020' });
    expect((await rig.advance(100)).peer).toEqual([
      '0240201b00' + '1f00' + '0400' + 'aa'.repeat(23),
      '0240100800' + 'bb'.repeat(8),
      '0240200500' + '0100' + '0400' + 'cc',
    ]);
  });

  it.each([
    ['for an unknown handle', '0241000100ff'],
    ['for an invalid handle', '02ff0f0100ff'],
    ['with the flags of a complete packet', '0240300100ff'],
    ['with the broadcast flag', '0240400100ff'],
    ['with unknown flags', '0240800100ff'],
    ['shorter than their length field', '0240000200ff'],
    ['longer than their length field', '0240000100ffff'],
    ['without a length field', '02400001'],
  ])('%s are ignored', async (_what, packet) => {
    rig.host.controller.receive(Buffer.from(packet, 'hex'));
    rig.sendData('dd');
    expect(await rig.advance(100)).toEqual({ host: [credit(1)], peer: ['0240200100dd'] });
  });

  it('that are empty are not sent, and are completed at once', async () => {
    rig.sendData('');
    rig.sendData('', { handle: '4010' });
    expect(await rig.advance(100)).toEqual({ host: [credit(1), credit(1)], peer: [] });
  });
});

describe('the buffers of a controller (Bluetooth Core Vol 4 Part E, 4.1.1)', () => {
  it('are as many and as long as LE Read Buffer Size reports', async () => {
    const reply = `040e0701022000` + '1b00' + `0${BUFFERS}`;
    expect(rig.exchange(0x2002)).toEqual([reply]);
    for (const number of numbered(BUFFERS)) rig.sendData(number.repeat(27));
    const { host, peer } = await rig.advance(100);
    expect(host).toEqual([credit(4), credit(4)]);
    expect(peer).toEqual(numbered(BUFFERS).map((number) => '0240201b00' + number.repeat(27)));
  });

  it('overflow with a longer packet, which is lost and completed at once', async () => {
    rig.sendData('ee'.repeat(28));
    expect(rig.host.takeReceived()).toEqual([OVERFLOW, credit(1)]);
    expect(await rig.advance(100)).toEqual({ host: [], peer: [] });
  });

  it('overflow with one packet too many, which is lost and completed at once', async () => {
    for (const number of numbered(BUFFERS + 1)) rig.sendData(number);
    expect(rig.host.takeReceived()).toEqual([OVERFLOW, credit(1)]);
    const { host, peer } = await rig.advance(100);
    expect(credits(host)).toEqual({ [HANDLE]: BUFFERS });
    expect(peer).toEqual(numbered(BUFFERS).map((number) => '0240200100' + number));
  });

  it('are shared by all connections', async () => {
    await connectToAnother();
    for (const number of numbered(BUFFERS))
      rig.sendData(number, { handle: number > '03' ? HANDLE : OTHER_HANDLE });
    expect(rig.host.takeReceived()).toEqual([]);
    rig.sendData('ff', { handle: OTHER_HANDLE });
    expect(rig.host.takeReceived()).toEqual([OVERFLOW, credit(1, OTHER_HANDLE)]);
    expect(credits((await rig.advance(100)).host)).toEqual({ [HANDLE]: 4, [OTHER_HANDLE]: 4 });
  });

  it('are freed for other connections by the end of a connection', async () => {
    const other = await connectToAnother();
    rig.air.block(rig.peer.controller);
    for (const number of numbered(BUFFERS)) rig.sendData(number);
    rig.sendCommand(0x0406, HANDLE + '13');
    expect((await rig.advance(6000)).host).toEqual(['040f0400010604', DISCONNECTED]);
    for (const number of numbered(BUFFERS)) rig.sendData(number, { handle: OTHER_HANDLE });
    expect((await rig.advance(100)).host).toEqual([credit(4, OTHER_HANDLE), credit(4, OTHER_HANDLE)]);
    expect(other.takeReceived()).toHaveLength(BUFFERS);
  });

  it('are free after a reset', async () => {
    for (const number of numbered(BUFFERS)) rig.sendData(number);
    rig.exchange(0x0c03);
    rig.exchange(0x0c01, 'ff'.repeat(8));
    await rig.clock.advance(6000);
    await rig.connect();
    rig.host.takeReceived();
    for (const number of numbered(BUFFERS)) rig.sendData(number, { handle: OTHER_HANDLE });
    expect(credits((await rig.advance(100)).host)).toEqual({ [OTHER_HANDLE]: BUFFERS });
  });

  it('are freed exactly once, when the data have been delivered, at any packet loss', async () => {
    const other = await connectToAnother();
    rig.air.conditions.loss = 0.4;
    const step = fc.record({
      handle: fc.constantFrom(HANDLE, OTHER_HANDLE),
      length: fc.integer({ min: 0, max: 32 }),
      thenMs: fc.constantFrom(0, 0, 0, 20, 45),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const sent: Record<string, number> = {};
        const events: string[] = [];
        let [accepted, delivered, empty, rejected] = [0, 0, 0, 0];
        const advance = async (ms: number): Promise<void> => {
          const { host, peer } = await rig.advance(ms);
          events.push(...host);
          delivered += peer.length + other.takeReceived().length;
          const completed = Object.values(credits(events)).reduce((sum, count) => sum + count, 0);
          expect(completed).toBe(delivered + rejected + empty);
          expect(events.filter((event) => event === OVERFLOW)).toHaveLength(rejected);
        };
        for (const { handle, length, thenMs } of steps) {
          rig.sendData('ab'.repeat(length), { handle });
          sent[handle] = (sent[handle] ?? 0) + 1;
          if (length === 0) empty += 1;
          else if (length > BUFFER_BYTES || accepted - delivered === BUFFERS) rejected += 1;
          else accepted += 1;
          await advance(thenMs);
        }
        await advance(2000);
        expect(credits(events)).toEqual(sent);
      }),
      { numRuns: 100, seed: 1 },
    );
  });
});
