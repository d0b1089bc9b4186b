import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClassicLevel } from 'classic-level';
import { diskStores } from './disk-stores.ts';
import { survives } from './crash-check.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-crash-'));
  path = join(folder, 'outbox');
  const store = new ClassicLevel(path);
  await store.put('key', 'value');
  await store.close();
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Replaces LevelDB's log by a pipe that nobody writes to, so that reading it never ends. */
function blockReads(): void {
  rmSync(join(path, 'CURRENT'));
  execFileSync('mkfifo', [join(path, 'CURRENT')]);
}

describe('checking in a child process whether a store crashes LevelDB', () => {
  it('finds that an intact store and one that cannot be opened do not', async () => {
    const { signal } = new AbortController();
    expect(await survives(path, 'read', signal)).toBe(true);
    writeFileSync(join(path, 'CURRENT'), 'MANIFEST-99\n');
    expect(await survives(path, 'read', signal)).toBe(true);
  });

  it('ends after a deadline, and unlocks the store', async () => {
    blockReads();
    expect(await survives(path, 'read', new AbortController().signal, 1_000)).toBe(true);
    expect(diskStores.isOpen(path)).toBe(false);
  });

  it('ends with a stop of the client', async () => {
    blockReads();
    const stop = new AbortController();
    const check = survives(path, 'read', stop.signal);
    stop.abort();
    expect(await check).toBe(true);
  });
});
