import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../cli.ts';
import { createLogger } from '../log.ts';
import { Outbox } from '../outbox/outbox.ts';
import { diskStores } from '../outbox/store/disk-stores.ts';
import type { StoreCopy } from '../outbox/store/store-provider.ts';
import { tablesOf } from '../outbox/store/tables.ts';
import { systemPlatform, type Platform } from '../platform.ts';

let folder: string;
let path: string;
/** Number of samples in the outbox. */
const SAMPLES = 20;

async function fill(): Promise<void> {
  rmSync(path, { recursive: true, force: true });
  const outbox = Outbox.start({
    bootId: 'a',
    bounds: { maxCount: 100, maxBytes: 1e9, maxAgeMs: 1e12, whenFull: 'drop-oldest' },
    now: () => ({ atMs: 0, wallMs: 0, clockSynced: false }),
    stores: diskStores,
    path,
    log: createLogger({ level: 'silent', format: 'json', sink: { write: () => undefined } }),
  });
  for (let left = SAMPLES; left > 0; left--) void outbox.append(({ seq }) => `sample ${seq}`);
  await outbox.settled();
  await outbox.close();
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-export-'));
  path = join(folder, 'outbox');
  await fill();
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Result {
  readonly code: number;
  readonly lines: readonly string[];
  readonly errors: string;
  readonly leftOver: readonly string[];
}

/** Runs `martinete outbox`; stops it after `stopAfter` lines. */
async function run(args: readonly string[], stopAfter = Infinity): Promise<Result> {
  const stop = new AbortController();
  const copies: StoreCopy[] = [];
  const copy = (from: string): StoreCopy => {
    const made = diskStores.copy(from);
    copies.push(made);
    return made;
  };
  const lines: string[] = [];
  const write = (line: string): void => {
    lines.push(line);
    if (lines.length === stopAfter) stop.abort();
  };
  let errors = '';
  const log = { write: (text: string) => (errors += text) };
  const platform: Platform = { ...systemPlatform, stores: { ...diskStores, copy }, out: { write }, log };
  const code = await main(['outbox', ...args, '--path', path], platform, stop.signal);
  const leftOver = copies.map((made) => made.path).filter((made) => existsSync(made));
  return { code, lines, errors, leftOver };
}

/** Damages the stored samples with these sequence numbers, or removes them behind the back of the index. */
async function spoil(seqs: ReadonlyMap<number, 'damaged' | 'missing'>): Promise<void> {
  const store = diskStores.create(path);
  await store.open();
  const { samples } = tablesOf(store);
  const keys = await samples.keys().all();
  for (const [seq, how] of seqs) {
    const key = samples.prefixKey(keys[seq - 1] ?? expect.fail(), 'utf8');
    if (how === 'missing') await store.del(key);
    else await store.put(key, '12345 0 0 true\nsample');
  }
  await store.close();
}

describe('outbox export', () => {
  it('prints all samples', async () => {
    const { code, lines, errors, leftOver } = await run(['export']);
    expect({ code, errors, leftOver }).toEqual({ code: 0, errors: '', leftOver: [] });
    expect(lines).toHaveLength(SAMPLES);
  });

  it('stops at a signal, says that it is incomplete, and leaves no temporary files', async () => {
    const { code, lines, errors, leftOver } = await run(['export'], 3);
    expect({ code, leftOver }).toEqual({ code: 74, leftOver: [] });
    expect(errors).toBe('martinete: The output is incomplete: stopped on request.\n');
    expect(lines).toHaveLength(3);
  });

  it('prints what it can read of a damaged outbox, and says how many samples it cannot', async () => {
    const how = fc.constantFrom('damaged', 'missing');
    const spoilt = fc.array(fc.tuple(fc.integer({ min: 1, max: SAMPLES }), how), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(spoilt, async (choices) => {
        await fill();
        const seqs = new Map(choices);
        await spoil(seqs);
        const { code, lines, errors } = await run(['export']);
        const left = Array.from({ length: SAMPLES }, (_, index) => index + 1).filter((seq) => !seqs.has(seq));
        expect(lines).toEqual(left.map((seq) => `sample ${seq}\n`));
        expect(code).toBe(seqs.size === 0 ? 0 : 74);
        const what = seqs.size === 1 ? '1 sample is' : `${seqs.size} samples are`;
        expect(errors).toBe(
          seqs.size === 0
            ? ''
            : `martinete: The output is incomplete: ${what} damaged or missing in the outbox.\n`,
        );
        const { lines: status } = await run(['status']);
        const damaged = status.filter((line) => line.startsWith('damaged')).join('');
        expect(damaged).toBe(seqs.size === 0 ? '' : `damaged    ${seqs.size}\n`);
      }),
      { numRuns: 15 },
    );
  });
});
