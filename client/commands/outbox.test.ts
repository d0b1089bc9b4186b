import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../cli.ts';
import { createLogger } from '../log.ts';
import { Outbox } from '../outbox/outbox.ts';
import { diskStores } from '../outbox/store/disk-stores.ts';
import type { StoreCopy } from '../outbox/store/store-provider.ts';
import { systemPlatform, type Platform } from '../platform.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-export-'));
  path = join(folder, 'outbox');
  const outbox = Outbox.start({
    bootId: 'a',
    bounds: { maxCount: 100, maxBytes: 1e9, maxAgeMs: 1e12, whenFull: 'drop-oldest' },
    now: () => ({ atMs: 0, wallMs: 0, clockSynced: false }),
    stores: diskStores,
    path,
    log: createLogger({ level: 'silent', format: 'json', sink: { write: () => undefined } }),
  });
  for (let left = 20; left > 0; left--) void outbox.append(({ seq }) => `sample ${seq}`);
  await outbox.settled();
  await outbox.close();
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('outbox export', () => {
  it.each([
    ['prints all samples', Infinity, 20, 0],
    ['stops at a signal, says that it is incomplete, and leaves no temporary files', 3, 3, 74],
  ])('%s', async (_, stopAfter, expected, code) => {
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
    expect(await main(['outbox', 'export', '--path', path], platform, stop.signal)).toBe(code);
    expect(errors).toBe(code === 0 ? '' : 'martinete: The output is incomplete: stopped on request.\n');
    expect(lines).toHaveLength(expected);
    expect(copies.map((made) => existsSync(made.path))).toEqual([false]);
  });
});
