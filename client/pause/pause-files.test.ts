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

describe('a pause file', () => {
  it('is updated, and any user can still read it', () => {
    diskPauseFiles.write(path, 'requested');
    expect(diskPauseFiles.rewrite(path, 'requested', 'remaining')).toBe(true);
    expect(diskPauseFiles.read(path)).toBe('remaining');
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect(readdirSync(folder)).toEqual(['outbox.pause']);
  });

  it('is not created again if the pause was ended meanwhile', () => {
    expect(diskPauseFiles.rewrite(path, 'requested', 'remaining')).toBe(false);
    diskPauseFiles.remove(path, 'requested');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is unchanged if another pause was requested meanwhile', () => {
    diskPauseFiles.write(path, 'another');
    expect(diskPauseFiles.rewrite(path, 'requested', 'remaining')).toBe(false);
    diskPauseFiles.remove(path, 'requested');
    expect(diskPauseFiles.read(path)).toBe('another');
    expect(readdirSync(folder)).toEqual(['outbox.pause']);
  });

  it('leaves no other file behind if it cannot be updated', () => {
    mkdirSync(path);
    expect(() => diskPauseFiles.rewrite(path, 'requested', 'remaining')).toThrow('not a pause file');
    expect(readdirSync(folder)).toEqual(['outbox.pause']);
  });

  it('is not created in a missing folder, which would then belong to another user than the client', () => {
    const missing = join(folder, 'state/outbox.pause');
    expect(() => diskPauseFiles.write(missing, 'requested')).toThrow(`there is no ${folder}/state`);
    expect(readdirSync(folder)).toEqual([]);
  });
});
