import { chmodSync, mkdtempSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replaceFile } from '../../../client/replace-file.ts';
import { Owner, runAs } from '../clock/timer-owner.ts';
import { FileWatch } from './file-watch.ts';

const SECRET = '31a9a237bafb';

let folder: string;
let nowMs: number;
const watches: FileWatch[] = [];

function watch(): FileWatch {
  const opened = new FileWatch(folder, () => nowMs);
  watches.push(opened);
  return opened;
}

/** Runs `act` as a process. */
function asClient(act: () => void): void {
  runAs(new Owner(() => undefined), act);
}

/** States of files in which they have content. */
function statesOf({ written }: FileWatch): string[] {
  const withContent = written.filter(({ content }) => content.length > 0);
  return withContent.map(
    ({ atMs, name, mode, content }) => `${atMs} ${name} 0${mode.toString(8)} ${content}`,
  );
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-file-watch-'));
  nowMs = 7;
});

afterEach(() => {
  for (const opened of watches.splice(0)) opened.close();
  rmSync(folder, { recursive: true });
});

describe('a file watch', () => {
  it('sees a file before and after it is renamed', () => {
    const files = watch();
    asClient(() => replaceFile(join(folder, 'token'), SECRET, 0o600));
    expect(statesOf(files)).toEqual([`7 token.new 0600 ${SECRET}`, `7 token 0600 ${SECRET}`]);
  });

  it('sees a mode that a file has for a moment only', () => {
    const files = watch();
    asClient(() => {
      writeFileSync(join(folder, 'token'), SECRET);
      chmodSync(join(folder, 'token'), 0o600);
    });
    expect(statesOf(files)).toEqual([`7 token 0644 ${SECRET}`, `7 token 0600 ${SECRET}`]);
  });

  it.each([0o000, 0o077])('sees the same modes if the umask of the machine is 0%i', (umask) => {
    const before = process.umask(umask);
    try {
      const files = watch();
      asClient(() => writeFileSync(join(folder, 'token'), SECRET));
      expect(statesOf(files)).toEqual([`7 token 0644 ${SECRET}`]);
      files.close();
      watches.length = 0;
      expect(process.umask()).toBe(umask);
    } finally {
      process.umask(before);
    }
  });

  it('sees files in folders below, and a changed mode', () => {
    mkdirSync(join(folder, 'keys'));
    const path = join(folder, 'keys', 'token');
    writeFileSync(path, SECRET, { mode: 0o600 });
    const files = watch();
    asClient(() => chmodSync(path, 0o640));
    expect(statesOf(files)).toEqual([`7 ${join('keys', 'token')} 0640 ${SECRET}`]);
  });

  it('does not count what the world writes, nor files elsewhere', () => {
    const other = mkdtempSync(join(tmpdir(), 'martinete-file-watch-'));
    writeFileSync(join(folder, 'martinete.toml'), SECRET);
    const files = watch();
    asClient(() => writeFileSync(join(other, 'token'), SECRET));
    rmSync(other, { recursive: true });
    expect(statesOf(files)).toEqual([]);
  });

  it('finds at its end what was written in another way', () => {
    const files = watch();
    renameSync(mkdtempSync(join(tmpdir(), 'martinete-file-watch-')), join(folder, 'keys'));
    writeFileSync(join(folder, 'keys', 'token'), SECRET);
    nowMs = 9;
    files.close();
    watches.length = 0;
    expect(statesOf(files)).toEqual([`9 ${join('keys', 'token')} 0644 ${SECRET}`]);
  });

  it('leaves the functions of the file system as they were', () => {
    const before = writeFileSync;
    const files = watch();
    files.close();
    watches.length = 0;
    expect(writeFileSync).toBe(before);
  });
});
