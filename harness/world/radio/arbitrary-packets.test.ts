import { describe, expect, it } from 'vitest';
import { seededRandom } from '../random.ts';
import { ArbitraryPackets } from './arbitrary-packets.ts';
import { EVENT, LE_EVENT } from './events.ts';

const STATE = { handles: [0x40], opcodes: [0x0c03, 0x200d] };
const packets = (seed: number, count: number): Buffer[] => {
  const source = new ArbitraryPackets(seededRandom(seed));
  return Array.from({ length: count }, () => source.next(STATE));
};

describe('arbitrary packets of a controller', () => {
  it('are the same for the same seed', () => {
    expect(packets(7, 50)).toEqual(packets(7, 50));
    expect(packets(7, 50)).not.toEqual(packets(8, 50));
  });

  it('contain each event that a host acts upon, with a handle of a connection and with another one', () => {
    const all = packets(1, 20_000);
    const ended = all.filter(
      ([type, code, length]) => type === 4 && code === EVENT.disconnectionComplete && length === 4,
    );
    const handles = ended.filter(({ length }) => length >= 6).map((event) => event.readUInt16LE(4));
    expect(handles).toContain(0x40);
    expect(new Set(handles).size).toBeGreaterThan(10);
    const codes = new Set(all.flatMap(([type, code]) => (type === 4 && code !== undefined ? [code] : [])));
    for (const expected of Object.values(EVENT)) expect(codes).toContain(expected);
    const subevents = all.flatMap(([type, code, , sub]) =>
      type === 4 && code === EVENT.leMeta ? [sub] : [],
    );
    for (const expected of Object.values(LE_EVENT)) expect(subevents).toContain(expected);
  });

  it('are longer and shorter than they announce', () => {
    const differences = packets(2, 2_000).flatMap((packet) =>
      packet[0] === 4 ? [packet.length - 3 - (packet[2] ?? 0)] : [],
    );
    expect(differences).toContain(0);
    expect(Math.min(...differences)).toBeLessThan(0);
    expect(Math.max(...differences)).toBeGreaterThan(0);
  });
});
