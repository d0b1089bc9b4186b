import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sourceCommit } from './commit.ts';

let folder: string;

const git = (...args: string[]): string => execFileSync('git', args, { cwd: folder, encoding: 'utf8' });
const write = (text: string): void => writeFileSync(join(folder, 'file'), text);
const commit = (env: NodeJS.ProcessEnv = {}): string => sourceCommit(env, pathToFileURL(`${folder}/`));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-commit-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('names the commit of the sources, and tells uncommitted changes apart', () => {
  expect(commit()).toBe('unknown');
  expect(commit({ MARTINETE_COMMIT: 'abc' })).toBe('abc');
  git('init', '--quiet');
  write('1');
  git('add', '.');
  git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '--message=c');
  const clean = commit();
  expect(clean).toBe(git('rev-parse', 'HEAD').trim());
  write('2');
  const changed = commit();
  expect(changed).toMatch(new RegExp(`^${clean}\\+[0-9a-f]{8}$`));
  write('3');
  expect(commit()).not.toBe(changed);
});
