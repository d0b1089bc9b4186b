import { describe, expect, it } from 'vitest';
import { ATT_PAYLOAD_BYTES } from '../../../protocol/gatt.ts';
import type { Quirk } from '../../../simulator/firmware/quirks.ts';
import { FAULTS } from './table.ts';

/** A scooter that sends replies under a fault, and what it sends before them. */
function scooterWith(name: 'scooter.stray' | 'scooter.fragment') {
  const stray: string[] = [];
  const quirks = new Set<Quirk>();
  const scooter = { quirks, sendStray: (bytes: Buffer) => stray.push(bytes.toString('hex')) };
  const random = { unit: () => 0 };
  FAULTS[name].begin({ scooter } as never, { share: 1 }, random as never, 0);
  const send = (...notifications: readonly Buffer[]): void => {
    for (const bytes of notifications) for (const { notifications: pass } of quirks) pass?.('uart', bytes);
  };
  return { stray, send };
}

const FULL = Buffer.alloc(ATT_PAYLOAD_BYTES, 0x11);
const FIRST = Buffer.from(FULL).fill(Buffer.from('55ab22', 'hex'), 0, 3);
/** The middle of a reply that looks like the start of a frame. */
const MIDDLE = Buffer.from(FULL).fill(Buffer.from('553f76', 'hex'), 0, 3);

describe('stray bytes', () => {
  it('come before each reply, and not within one whose later notifications begin like a frame', () => {
    const { stray, send } = scooterWith('scooter.stray');
    send(FIRST, MIDDLE, MIDDLE.subarray(0, 10));
    expect(stray).toEqual(['55ab02']);
    send(FIRST, FULL, Buffer.alloc(0));
    send(FIRST.subarray(0, 19));
    expect(stray).toEqual(['55ab02', '55ab02', '55ab02']);
  });

  it('that are the start of a long frame come once', () => {
    const { stray, send } = scooterWith('scooter.fragment');
    send(FIRST, MIDDLE, Buffer.alloc(0));
    send(FIRST, Buffer.alloc(1));
    expect(stray).toEqual(['55abff']);
  });
});
