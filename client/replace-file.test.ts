import fs, {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { replaceFile } from './replace-file.ts';

/** Calls `act` whenever the content of a file has been written. */
function afterEachWrite(act: () => void): void {
  const write = fs.writeFileSync;
  vi.spyOn(fs, 'writeFileSync').mockImplementation((...args) => {
    write(...args);
    act();
  });
  syncBuiltinESMExports();
}

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-replace-'));
  path = join(folder, 'file');
});
afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  rmSync(folder, { recursive: true });
});

const modeOf = (file: string): number => statSync(file).mode & 0o777;

describe('a file that is replaced', () => {
  it.each([0o600, 0o644])('has its content and the mode %i, whatever the umask', (mode) => {
    writeFileSync(path, 'old', { mode: 0o640 });
    const umask = process.umask(0o077);
    try {
      replaceFile(path, 'new', mode);
    } finally {
      process.umask(umask);
    }
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(modeOf(path)).toBe(mode);
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('does not change another file if the owner of the folder replaces the temporary file by a link', () => {
    const shadow = join(folder, 'shadow');
    writeFileSync(shadow, 'secret', { mode: 0o600 });
    const temporary = `${path}.new`;
    afterEachWrite(() => {
      if (!existsSync(temporary)) return;
      rmSync(temporary);
      symlinkSync(shadow, temporary);
    });
    replaceFile(path, 'new', 0o644);
    expect(modeOf(shadow)).toBe(0o600);
    expect(readFileSync(shadow, 'utf8')).toBe('secret');
  });

  it('stays unchanged if the new one cannot be written completely, without temporary files left', () => {
    writeFileSync(path, 'old');
    afterEachWrite(() => {
      throw new Error('ENOSPC');
    });
    expect(() => replaceFile(path, 'new', 0o644)).toThrow('ENOSPC');
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  /** Fails every sync of a folder, as Windows does. */
  function refuseFolderSync(code: string): void {
    const sync = fs.fsyncSync;
    vi.spyOn(fs, 'fsyncSync').mockImplementation((file) => {
      if (fs.fstatSync(file).isDirectory()) throw Object.assign(new Error(code), { code });
      sync(file);
    });
    syncBuiltinESMExports();
  }

  it.each(['EPERM', 'EISDIR'])(
    'is replaced on Windows, which does not sync folders and says %s, and nowhere else',
    (code) => {
      refuseFolderSync(code);
      const platform = vi.spyOn(os, 'platform').mockReturnValue('win32');
      replaceFile(path, 'new', 0o600);
      expect(readFileSync(path, 'utf8')).toBe('new');
      platform.mockReturnValue('linux');
      expect(() => replaceFile(path, 'newer', 0o600)).toThrow(code);
    },
  );

  it('is an error on Windows as well if the disk fails', () => {
    refuseFolderSync('EIO');
    vi.spyOn(os, 'platform').mockReturnValue('win32');
    expect(() => replaceFile(path, 'new', 0o600)).toThrow('EIO');
  });
});
