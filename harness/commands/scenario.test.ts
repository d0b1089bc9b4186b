import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TYPESCRIPT_FLAGS } from '../../loader/flags.ts';

const CALM = 'title = "Nothing happens"\nseed = 1\nduration = 20\n';
const DEMANDING = `${CALM}[expect]\nlogins = 9\n`;
const MISTAKEN = `${CALM}[[step]]\nat = 1\nfault = "radio.gab"\nfor = 2\n`;

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly problems: string;
}

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-commands-'));
  writeFileSync(join(folder, 'calm.toml'), CALM);
  writeFileSync(join(folder, 'demanding.toml'), DEMANDING);
  writeFileSync(join(folder, 'mistaken.toml'), MISTAKEN);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a command as its npm script does; `~` is the folder of the scenarios. */
function command(name: string, ...args: readonly string[]): Promise<Ended> {
  const script = new URL(`./${name}.ts`, import.meta.url).pathname;
  const given = args.map((argument) => argument.replace('~', folder));
  return new Promise((resolve) => {
    execFile(process.execPath, [...TYPESCRIPT_FLAGS, script, ...given], (error, out, problems) =>
      resolve({ code: error ? Number(error.code) : 0, out, problems }),
    );
  });
}

describe('npm run scenario', () => {
  it('passes where nothing happens, and keeps the trace and the packets', async () => {
    const files = ['--trace', '~/trace.jsonl', '--btsnoop', '~/packets.snoop'];
    const { code, out } = await command('scenario', '~/calm.toml', '--watch', '--speed', '1000', ...files);
    expect(out).toMatch(/✓ calm +0:00:20 in .* Nothing happens/);
    expect(out).toContain('radio    connected, supervision timeout 5 s');
    expect(code).toBe(0);
    const [first = ''] = readFileSync(join(folder, 'trace.jsonl'), 'utf8').split('\n');
    expect(JSON.parse(first)).toMatchObject({ atMs: 0 });
    expect(readFileSync(join(folder, 'packets.snoop'), 'latin1')).toMatch(/^btsnoop\0/);
  });

  it('ends with 64 on wrong usage, before it plays anything', async () => {
    const { code, out, problems } = await command(
      'scenario',
      '~/calm.toml',
      '--trace',
      '~/nowhere/trace.jsonl',
    );
    expect(problems).toContain('Cannot be written');
    expect(out).toBe('');
    expect(code).toBe(64);
  });
});

describe('npm run scenarios', () => {
  it('reports each as JSON in the order of the files, and all in JUnit XML', async () => {
    const files = ['~/demanding.toml', '~/calm.toml'];
    const { code, out } = await command('scenarios', ...files, '--json', '--junit', '~/junit.xml');
    const reports = out
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(reports).toMatchObject([
      { name: 'demanding', passed: false, unmet: [{ key: 'logins' }] },
      { name: 'calm', passed: true },
    ]);
    expect(readFileSync(join(folder, 'junit.xml'), 'utf8')).toContain('tests="2" failures="1"');
    expect(code).toBe(1);
  });

  it('ends with 78 where a file is mistaken, and says where, before it plays anything', async () => {
    const { code, out, problems } = await command('scenarios', '~/calm.toml', '~/mistaken.toml');
    expect(problems).toMatch(/mistaken\.toml has a mistake:\n +line 6, .*radio\.gap/);
    expect(out).toBe('');
    expect(code).toBe(78);
  });
});
