import { describe, expect, it } from 'vitest';
import { seededRandom } from '../random.ts';
import { ArbitraryBrokerPackets, BROKER_GARBAGE } from './arbitrary-packets.ts';

const LAST_ID = 40_000;
/** PUBACK, PUBREC and PUBCOMP: what acknowledges a message. */
const ACKNOWLEDGEMENTS = [0x40, 0x50, 0x70];

describe('arbitrary packets of a broker', () => {
  it.each(BROKER_GARBAGE)('are the same %s for the same seed, and never empty', (kind) => {
    const make = (seed: number): Buffer[] => {
      const packets = new ArbitraryBrokerPackets(seededRandom(seed));
      return Array.from({ length: 100 }, () => packets.next(kind, LAST_ID));
    };
    expect(make(3)).toEqual(make(3));
    expect(Math.min(...make(3).map(({ length }) => length))).toBeGreaterThan(0);
  });

  it('are of every type, and acknowledge no message that may be in flight', () => {
    const packets = new ArbitraryBrokerPackets(seededRandom(1));
    const all = Array.from({ length: 5_000 }, () => packets.next('packets', LAST_ID));
    const types = new Set(all.map(([first = 0]) => first >> 4));
    expect([...types].toSorted((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 9, 11, 13, 14, 15]);
    const ids = all
      .filter(
        ([first = 0, length = 0], index) =>
          ACKNOWLEDGEMENTS.includes(first) && length < 0x80 && (all[index]?.length ?? 0) >= 4,
      )
      .map((packet) => packet.readUInt16BE(2));
    expect(ids.length).toBeGreaterThan(200);
    expect(Math.min(...ids.map((id) => Math.abs(id - LAST_ID)))).toBeGreaterThan(900);
  });
});
