import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskPauseFiles } from './pause-files.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-pause-files-'));
  path = join(folder, 'outbox.pause');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the file of a pause', () => {
  it('is brought up to date, and any user can still read it', () => {
    diskPauseFiles.write(path, 'asked');
    expect(diskPauseFiles.rewrite(path, 'asked', 'left')).toBe(true);
    expect(diskPauseFiles.read(path)).toBe('left');
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect(readdirSync(folder)).toEqual(['outbox.pause']);
  });

  it('stays gone where somebody ended the pause meanwhile', () => {
    expect(diskPauseFiles.rewrite(path, 'asked', 'left')).toBe(false);
    diskPauseFiles.remove(path, 'asked');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('stays as it is where somebody asked for another pause meanwhile', () => {
    diskPauseFiles.write(path, 'another');
    expect(diskPauseFiles.rewrite(path, 'asked', 'left')).toBe(false);
    diskPauseFiles.remove(path, 'asked');
    expect(diskPauseFiles.read(path)).toBe('another');
    expect(readdirSync(folder)).toEqual(['outbox.pause']);
  });

  it('leaves nothing else behind where it cannot be brought up to date', () => {
    mkdirSync(path);
    expect(() => diskPauseFiles.rewrite(path, 'asked', 'left')).toThrow('no file of a pause');
    expect(readdirSync(folder)).toEqual(['outbox.pause']);
  });

  it('makes no folder, which would belong to somebody else than the client', () => {
    const missing = join(folder, 'state/outbox.pause');
    expect(() => diskPauseFiles.write(missing, 'asked')).toThrow(`there is no ${folder}/state`);
    expect(readdirSync(folder)).toEqual([]);
  });
});
