import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  it('prints the results as JSON in the order of the files, and writes JUnit XML and annotations', async () => {
    const files = ['~/failing.toml', '~/uneventful.toml'];
    const outputs = ['--json', '--junit', '~/junit.xml', '--github', '--failures', '~/failures'];
    const { code, out, err } = await command('scenarios', ...files, ...outputs);
    const reports = out
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(reports).toMatchObject([
      { name: 'failing', passed: false, unmet: [{ key: 'logins' }] },
      { name: 'uneventful', passed: true },
    ]);
    expect(readFileSync(join(folder, 'junit.xml'), 'utf8')).toContain('tests="2" failures="1"');
    expect(err).toMatch(/^::error title=failing%3A logins,file=.*failing\.toml,line=5::logins .*\n$/);
    expect(code).toBe(1);
  });

  it('leaves a folder with everything about a failed run', async () => {
    await command('scenarios', '~/failing.toml', '~/uneventful.toml', '--failures', '~/failures');
    const failures = join(folder, 'failures');
    const textOf = (file: string): string => readFileSync(join(failures, 'failing', file), 'latin1');
    expect(readdirSync(failures)).toEqual(['failing']);
    const { commit, node, replay } = JSON.parse(textOf('result.json')) as Record<string, string>;
    expect([node, replay]).toEqual([process.version, expect.stringContaining('failing.toml --seed 1')]);
    expect(textOf('report.txt')).toContain('logins  expected 9, measured 1');
    expect(textOf('report.txt')).toContain(`${replay}\ncommit: ${commit}\nNode.js: ${node}\n`);
    expect(textOf('schedule.toml')).toContain('[expect]\nlogins = 9\n');
    expect(textOf('trace.jsonl')).toContain('"type":"login","ok":true');
    expect(textOf('packets.btsnoop')).toMatch(/^btsnoop\0/);
    expect(textOf('client.log')).toMatch(/^\d:\d\d:\d\d\.\d{3} debug /m);
  });

  it('exits with 78 on an invalid file, and shows the position, before running anything', async () => {
    const { code, out, err } = await command('scenarios', '~/uneventful.toml', '~/invalid.toml');
    expect(err).toMatch(/invalid\.toml has an error:\n +line 6, .*radio\.gap/);
    expect(out).toBe('');
    expect(code).toBe(78);
  });
});
