import { describe, expect, it } from 'vitest';
import { SampleQueue } from './queue.ts';

const sample = { payload: 'x', atMs: 0, wallMs: 0, clockSynced: false };

function attached(): SampleQueue {
  const queue = new SampleQueue('a');
  queue.attach([], 1);
  return queue;
}

function write(queue: SampleQueue): ReturnType<SampleQueue['change']> {
  const change = queue.change();
  queue.stored(change);
  return change;
}

describe('the index on disk', () => {
  it('lists a segment that is emptied, and filled again during the write', () => {
    const queue = attached();
    queue.append(1, sample);
    write(queue);
    queue.remove({ bootId: 'a', seq: 1, ...sample });
    const emptied = queue.change();
    queue.append(2, sample);
    queue.stored(emptied);
    expect(emptied.boots.map(({ row }) => row?.segments)).toEqual([[]]);
    expect(write(queue).boots.map(({ row }) => row?.segments)).toEqual([[[0, 0]]]);
    expect(queue.isDirty).toBe(false);
  });
});

describe('the number of changes in one write', () => {
  it('is limited, for samples to delete as well', () => {
    const queue = attached();
    for (let seq = 1; seq <= 20_000; seq++) queue.append(seq, sample);
    while (queue.isDirty) write(queue);
    for (let seq = 1; seq <= 20_000; seq++) queue.remove({ bootId: 'a', seq, ...sample });
    const sizes: number[] = [];
    for (let isPartial = true; isPartial;) {
      const change = write(queue);
      ({ isPartial } = change);
      sizes.push(change.segments.flatMap(({ change: { deletions } }) => deletions).length);
    }
    expect(queue.isDirty).toBe(false);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(16 * 256);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(20_000);
  });
});
