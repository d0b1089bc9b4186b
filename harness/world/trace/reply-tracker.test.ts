import { describe, expect, it } from 'vitest';
import { ReplyTracker } from './reply-tracker.ts';

const FULL = Buffer.alloc(20, 1);
const LAST = Buffer.alloc(7, 2);

/** L2CAP packet with an ATT notification. */
function packetWith(value: Buffer): Buffer {
  const header = Buffer.of(value.length + 3, 0, 0x04, 0, 0x1b, 0x0b, 0);
  return Buffer.concat([header, value]);
}

function carriedReplies(isGenuine: readonly [boolean, boolean]): number[] {
  const carried: number[] = [];
  const tracker = new ReplyTracker((id) => carried.push(id));
  for (const genuine of [isGenuine, [true, true] as const]) {
    tracker.replied();
    [FULL, LAST].forEach((value, index) => tracker.notified('uart', value, genuine[index] === true));
    for (const value of [FULL, LAST]) tracker.carried(packetWith(value));
  }
  return carried;
}

describe('a reply', () => {
  it('has crossed the air with its last notification', () => {
    expect(carriedReplies([true, true])).toEqual([1, 2]);
  });

  it('has crossed before an empty notification that ends it', () => {
    const carried: number[] = [];
    const tracker = new ReplyTracker((id) => carried.push(id));
    tracker.replied();
    for (const value of [FULL, Buffer.alloc(0)]) tracker.notified('uart', value, true);
    tracker.carried(packetWith(FULL));
    expect(carried).toEqual([1]);
    tracker.carried(packetWith(Buffer.alloc(0)));
    expect(carried).toEqual([1]);
  });

  it.each([[[false, true]], [[true, false]]] as const)(
    'of which a notification was replaced never crosses the air: %j',
    (isGenuine) => {
      expect(carriedReplies(isGenuine)).toEqual([2]);
    },
  );
});
