import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replaceFile } from '../../../client/replace-file.ts';
import { Owner, runAs } from '../clock/timer-owner.ts';
import { FileWatch } from './file-watch.ts';

const SECRET = '31a9a237bafb';

let folder: string;
let nowMs: number;
let token: string;

/** Runs `act` as a process. */
function asClient(act: () => void): void {
  runAs(new Owner(() => undefined), act);
}

/** States of files with content that a watch sees while `act` runs. */
function seenDuring(act: () => void): string[] {
  const watch = new FileWatch(folder, () => nowMs);
  try {
    act();
  } finally {
    watch.close();
  }
  return watch.written
    .filter(({ content }) => content.length > 0)
    .map(({ atMs, name, mode, content }) => `${atMs} ${name} 0${mode.toString(8)} ${content.toString()}`);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-file-watch-'));
  token = join(folder, 'token');
  nowMs = 7;
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('a file watch', () => {
  it('sees a file before and after it is renamed', () => {
    const seen = seenDuring(() => asClient(() => replaceFile(token, SECRET, 0o600)));
    expect(seen).toEqual([`7 token.new 0600 ${SECRET}`, `7 token 0600 ${SECRET}`]);
  });

  it('sees a mode that a file has for a moment only', () => {
    const seen = seenDuring(() =>
      asClient(() => {
        writeFileSync(token, SECRET);
        chmodSync(token, 0o600);
      }),
    );
    expect(seen).toEqual([`7 token 0644 ${SECRET}`, `7 token 0600 ${SECRET}`]);
  });

  it.each([0o000, 0o077])('sees the same modes whatever the umask of the machine: %i', (umask) => {
    const before = process.umask(umask);
    const seen = seenDuring(() => asClient(() => writeFileSync(token, SECRET)));
    const restored = process.umask(before);
    expect(seen).toEqual([`7 token 0644 ${SECRET}`]);
    expect(restored).toBe(umask);
  });

  it('sees files in folders below, and a changed mode', () => {
    mkdirSync(join(folder, 'keys'));
    token = join(folder, 'keys', 'token');
    writeFileSync(token, SECRET, { mode: 0o600 });
    const seen = seenDuring(() => asClient(() => chmodSync(token, 0o640)));
    expect(seen).toEqual([`7 ${join('keys', 'token')} 0640 ${SECRET}`]);
  });

  it('sees neither what the world had written before, nor files elsewhere', () => {
    writeFileSync(join(folder, 'martinete.toml'), SECRET);
    const other = mkdtempSync(join(tmpdir(), 'martinete-file-watch-'));
    const seen = seenDuring(() => asClient(() => writeFileSync(join(other, 'token'), SECRET)));
    rmSync(other, { recursive: true });
    expect(seen).toEqual([]);
  });

  it('sees at its end what was written in another way', () => {
    const seen = seenDuring(() => {
      writeFileSync(token, SECRET);
      nowMs = 9;
    });
    expect(seen).toEqual([`9 token 0644 ${SECRET}`]);
  });

  it('leaves the functions of the file system as they were', () => {
    const before = writeFileSync;
    seenDuring(() => expect(writeFileSync).not.toBe(before));
    expect(writeFileSync).toBe(before);
  });
});
