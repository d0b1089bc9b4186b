import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TYPESCRIPT_FLAGS } from '../../typescript-loader/flags.ts';
import { withinDeadline } from '../../hci/testing/deadline.ts';

const UNEVENTFUL = 'title = "Nothing happens"\nseed = 1\nduration = 20\n';
const FAILING = `${UNEVENTFUL}[expect]\nlogins = 9\n`;
const INVALID = `${UNEVENTFUL}[[step]]\nat = 1\nfault = "radio.gab"\nfor = 2\n`;

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-commands-'));
  writeFileSync(join(folder, 'uneventful.toml'), UNEVENTFUL);
  writeFileSync(join(folder, 'failing.toml'), FAILING);
  writeFileSync(join(folder, 'invalid.toml'), INVALID);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Longest wait for a command, which may simulate hours. */
const DEADLINE_MS = 600_000;

/** Runs a command like its npm script; `~` stands for the folder of the scenarios. */
function command(name: string, ...args: readonly string[]): Promise<Ended> {
  const script = new URL(`./${name}.ts`, import.meta.url).pathname;
  const given = args.map((argument) => argument.replace('~', folder));
  const ended = new Promise<Ended>((resolve) => {
    execFile(process.execPath, [...TYPESCRIPT_FLAGS, script, ...given], (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
  return withinDeadline(ended, `the end of ${name}`, DEADLINE_MS);
}

describe('npm run scenario', () => {
  it('passes without faults, and writes trace and packets', async () => {
    const files = ['--trace', '~/trace.jsonl', '--btsnoop', '~/packets.snoop'];
    const { code, out } = await command(
      'scenario',
      '~/uneventful.toml',
      '--watch',
      '--speed',
      '1000',
      ...files,
    );
    expect(out).toMatch(/✓ uneventful +0:00:20 in .* Nothing happens/);
    expect(out).toContain('radio    connected, supervision timeout 5 s');
    expect(code).toBe(0);
    const [first = ''] = readFileSync(join(folder, 'trace.jsonl'), 'utf8').split('\n');
    expect(JSON.parse(first)).toMatchObject({ atMs: 0 });
    expect(readFileSync(join(folder, 'packets.snoop'), 'latin1')).toMatch(/^btsnoop\0/);
  });

  it('exits with 64 on wrong usage, before running anything', async () => {
    const { code, out, err } = await command(
      'scenario',
      '~/uneventful.toml',
      '--trace',
      '~/nowhere/trace.jsonl',
    );
    expect(err).toContain('Cannot open for writing');
    expect(out).toBe('');
    expect(code).toBe(64);
  });
});

describe('npm run scenarios', () => {
  it('prints the results as JSON in the order of the files, and writes JUnit XML', async () => {
    const files = ['~/failing.toml', '~/uneventful.toml'];
    const { code, out } = await command('scenarios', ...files, '--json', '--junit', '~/junit.xml');
    const reports = out
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(reports).toMatchObject([
      { name: 'failing', passed: false, unmet: [{ key: 'logins' }] },
      { name: 'uneventful', passed: true },
    ]);
    expect(readFileSync(join(folder, 'junit.xml'), 'utf8')).toContain('tests="2" failures="1"');
    expect(code).toBe(1);
  });

  it('exits with 78 on an invalid file, and shows the position, before running anything', async () => {
    const { code, out, err } = await command('scenarios', '~/uneventful.toml', '~/invalid.toml');
    expect(err).toMatch(/invalid\.toml has an error:\n +line 6, .*radio\.gap/);
    expect(out).toBe('');
    expect(code).toBe(78);
  });
});
