import { MemoryLevel } from 'memory-level';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../log.ts';
import { DropLedger } from './drops.ts';
import type { DropReason, SampleId } from './stored-sample.ts';
import { tablesOf, type Tables } from './store/tables.ts';

let tables: Tables;
let ledger: DropLedger;
let opened: DropLedger[];
let lines: string[];
beforeEach(async () => {
  opened = [];
  lines = [];
  const store = new MemoryLevel();
  await store.open();
  tables = tablesOf(store);
  ledger = await reopened();
});
afterEach(() => {
  for (const open of opened) open.close();
});

function create(): DropLedger {
  const sink = { write: (line: string) => lines.push(line) };
  const created = new DropLedger(createLogger({ level: 'info', format: 'json', sink }));
  opened.push(created);
  return created;
}

const ODD = Array.from({ length: 130 }, (_, index) => 2 * index + 1);

interface Drops {
  readonly ids: readonly SampleId[];
  readonly reason: DropReason;
}

const drops = (reason: DropReason, seqs: readonly number[], bootId = 'a'): Drops => ({
  reason,
  ids: seqs.map((seq) => ({ bootId, seq })),
});

const rangesOf = ({ ranges }: DropLedger): string[] =>
  ranges.map(({ bootId, from, to, reason }) => `${bootId} ${from}-${to} ${reason}`);

/** Records drops, and writes them to disk. */
async function write(...dropped: readonly Drops[]): Promise<void> {
  for (const { ids, reason } of dropped) ledger.note(ids, reason);
  const batch = tables.store.batch();
  const change = ledger.change(batch, tables);
  await batch.write();
  ledger.stored(change);
}

async function reopened(): Promise<DropLedger> {
  const another = create();
  await another.attach(tables);
  return another;
}

describe('dropped samples', () => {
  it('that are consecutive and have the same reason are one range', async () => {
    await write(drops('count', [1, 2, 3]));
    await write(drops('count', [4]));
    expect(rangesOf(ledger)).toEqual(['a 1-4 count']);
  });

  it('with another reason, of another start, or after a gap are another range', async () => {
    await write(drops('count', [1, 2]), drops('age', [3]), drops('age', [5]), drops('age', [6], 'b'));
    expect(rangesOf(ledger)).toEqual(['a 1-2 count', 'a 3-3 age', 'a 5-5 age', 'b 6-6 age']);
  });

  it('with two alternating reasons stay two ranges', async () => {
    for (let seq = 1; seq <= 50; seq++) {
      await write(drops('count', [seq]), drops('disk', [1_000 + seq]));
    }
    expect(rangesOf(ledger)).toEqual(['a 1-50 count', 'a 1001-1050 disk']);
  });

  it('are counted by reason', async () => {
    await write(drops('count', [1, 2]), drops('refused', [7]));
    expect(ledger.totals).toEqual({ count: 2, refused: 1 });
  });

  it('are known after a restart, with their totals', async () => {
    await write(drops('count', [1, 2]), drops('disk', [7]));
    ledger = await reopened();
    await write(drops('disk', [8]));
    ledger = await reopened();
    expect(rangesOf(ledger)).toEqual(['a 1-2 count', 'a 7-8 disk']);
    expect(ledger.totals).toEqual({ count: 2, disk: 2 });
  });

  it('are written with the next batch if one fails', async () => {
    ledger.note([{ bootId: 'a', seq: 1 }], 'count');
    ledger.change(tables.store.batch(), tables);
    expect(ledger.isDirty).toBe(true);
    expect(rangesOf(await reopened())).toEqual([]);
    await write(drops('count', [2]));
    expect(rangesOf(await reopened())).toEqual(['a 1-2 count']);
  });

  it('that were announced in the meantime are deleted even if a failed batch was applied', async () => {
    ledger.note(drops('count', ODD).ids, 'count');
    const batch = tables.store.batch();
    ledger.change(batch, tables);
    await batch.write();
    ledger.announced(ledger.ranges);
    await write();
    expect(rangesOf(await reopened())).toHaveLength(100);
  });

  it('that are not on disk are written with the next batch', async () => {
    ledger.note(drops('disk', [4, 5]).ids, 'disk');
    expect(ledger.isDirty).toBe(true);
    expect(rangesOf(ledger)).toEqual(['a 4-5 disk']);
    await write();
    expect(ledger.isDirty).toBe(false);
    ledger = await reopened();
    expect(rangesOf(ledger)).toEqual(['a 4-5 disk']);
    expect(ledger.totals).toEqual({ disk: 2 });
  });
});

describe('an announced range', () => {
  it('stays in the report if it is among the newest hundred', async () => {
    await write(drops('count', ODD));
    ledger.announced(ledger.ranges);
    expect(rangesOf(ledger)).toHaveLength(100);
    expect(rangesOf(ledger)[0]).toBe('a 61-61 count');
    expect(rangesOf(ledger).at(-1)).toBe('a 259-259 count');
    expect(ledger.totals).toEqual({ count: 130 });
  });

  it('is deleted from disk as well, and its key is not used again', async () => {
    await write(drops('count', ODD));
    ledger.announced(ledger.ranges);
    await write(drops('count', [999]));
    ledger = await reopened();
    expect(rangesOf(ledger)).toHaveLength(101);
    expect(rangesOf(ledger).at(-1)).toBe('a 999-999 count');
    expect(ledger.totals).toEqual({ count: 131 });
  });

  it('is announced again if it was extended since', async () => {
    await write(drops('disk', [1_000]));
    await write(drops('count', ODD));
    const announced = ledger.ranges;
    await write(drops('disk', [1_001]));
    ledger.announced(announced);
    expect(rangesOf(ledger)[0]).toBe('a 1000-1001 disk');
    ledger.announced(ledger.ranges);
    expect(rangesOf(ledger)[0]).not.toBe('a 1000-1001 disk');
  });

  it('is deleted even if the announcement completes during a write', async () => {
    await write(drops('count', ODD));
    const batch = tables.store.batch();
    ledger.note([{ bootId: 'a', seq: 999 }], 'count');
    const announced = ledger.ranges.slice(0, -1);
    const change = ledger.change(batch, tables);
    ledger.announced(announced);
    await batch.write();
    ledger.stored(change);
    expect(rangesOf(ledger)).toHaveLength(101);
    await write();
    ledger = await reopened();
    expect(rangesOf(ledger)).toHaveLength(101);
    expect(rangesOf(ledger).at(-1)).toBe('a 999-999 count');
  });
});

describe('a ledger with entries from before the store was opened', () => {
  it('appends them to the entries of the store, and writes them with the next batch', async () => {
    await write(drops('count', [1, 2], 'old'), drops('disk', [3], 'old'));
    const own = create();
    own.note(drops('count', [1]).ids, 'count');
    own.note(drops('refused', [2]).ids, 'refused');
    const announced = own.ranges;
    await own.attach(tables);
    ledger = own;
    const expected = ['old 1-2 count', 'old 3-3 disk', 'a 1-1 count', 'a 2-2 refused'];
    expect(rangesOf(own)).toEqual(expected);
    expect(own.totals).toEqual({ count: 3, disk: 1, refused: 1 });
    expect(own.ranges.slice(2)).toEqual(announced);
    expect(own.isDirty).toBe(true);
    await write();
    expect(own.isDirty).toBe(false);
    ledger = await reopened();
    expect(rangesOf(ledger)).toEqual(expected);
    expect(ledger.totals).toEqual({ count: 3, disk: 1, refused: 1 });
  });
});

describe('the log', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('has samples that are dropped after the stop, and does not delay the exit', () => {
    const stopping = create();
    stopping.note([{ bootId: 'a', seq: 1 }], 'disk');
    stopping.close();
    stopping.note([{ bootId: 'a', seq: 2 }], 'disk');
    expect(lines).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });
});
