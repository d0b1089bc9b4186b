import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { once } from '../../hci/testing/deadline.ts';
import { TYPESCRIPT_FLAGS } from '../../typescript-loader/flags.ts';

const ROOT = join(import.meta.dirname, '../..');

function run(command: string, ...args: string[]): { code: number | null; out: string; err: string } {
  const path = join(import.meta.dirname, `${command}.ts`);
  const options = { cwd: ROOT, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...TYPESCRIPT_FLAGS, path, ...args],
    options,
  );
  return { code: status, out: stdout, err: stderr };
}

describe.each(['demo', 'scenario', 'campaign', 'sim', 'planted-bugs', 'fuzz'])('%s', (command) => {
  it('has a help of 100 columns that names only files that exist, and calls a duration one', () => {
    const { code, out } = run(command, '--help');
    expect(code).toBe(0);
    for (const path of out.match(/[\w./-]+\.(?:toml|md)\b|\bscenarios\/[\w/]*/g) ?? []) {
      expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
    }
    expect(out.split('\n').filter((line) => line.length > 100)).toEqual([]);
    expect(out).not.toContain('--for <seconds>');
  });

  it('exits with 64 on wrong usage, and names itself in front of the error', () => {
    const { code, out, err } = run(command, '--nonsense');
    expect([code, out]).toEqual([64, '']);
    expect(err).toMatch(new RegExp(`^${command}: `));
  });
});

it('demo exits with 64 on a duration that is none', () => {
  expect(run('demo', '--for', 'xyz').code).toBe(64);
});

it('demo whose reader ends says nothing about samples, and exits as a broken pipe does', async () => {
  const args = [...TYPESCRIPT_FLAGS, join(import.meta.dirname, 'demo.ts')];
  const demo = spawn(process.execPath, args, { cwd: ROOT });
  const errors = text(demo.stderr);
  await once(demo.stdout, 'data');
  demo.stdout.destroy();
  expect((await once(demo, 'exit'))[0]).toBe(141);
  expect(await errors).toBe('');
});

describe('campaign', () => {
  it('shows its progress apart from its results, which may be JSON and JUnit XML', () => {
    const { code, out, err } = run(
      'campaign',
      '--seeds',
      '2',
      '--minutes',
      '1',
      '--json',
      '--junit',
      '/dev/null',
    );
    expect(code).toBe(0);
    const reports = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { virtualMs: number; replay: string });
    expect(reports.map(({ replay }) => replay).toSorted()).toEqual([
      'npm run replay -- 1 --minutes 1',
      'npm run replay -- 2 --minutes 1',
    ]);
    expect(err).toContain('2 of 2 seeds, 0 failed\n');
    const { out: help } = run('campaign', '--help');
    const [, recoveryMinutes] = /(\d+) min without faults follow/.exec(help.replace(/\s+/g, ' ')) ?? [];
    for (const { virtualMs } of reports)
      expect(virtualMs).toBeGreaterThanOrEqual((1 + Number(recoveryMinutes)) * 60_000);
  });
});

it('replay shrinks no seed that passes', () => {
  const { code, out } = run('replay', '1', '--minutes', '1', '--toml');
  expect([code, out]).toEqual([0, 'seed 1 passes: there is nothing to shrink\n']);
});

describe('fuzz', () => {
  it('attacks the target that is named, and prints what it did as JSON', () => {
    const { code, out } = run(
      'fuzz',
      '--target',
      'mqtt-reasons',
      '--minutes',
      '0.001',
      '--seed',
      '7',
      '--jobs',
      '1',
      '--json',
    );
    const [result, totals] = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(code).toBe(0);
    expect(result).toMatchObject({ target: 'mqtt-reasons', firstSeed: 7, batches: 1, executions: 512 });
    expect(totals).toMatchObject({ branches: { reached: expect.any(Number) as unknown } });
  });

  it('lists its targets, and refuses one that it does not have', () => {
    expect(run('fuzz', '--list').out).toMatch(/^firmware\n {2}/m);
    const { code, err } = run('fuzz', '--target', 'nonsense');
    expect([code, err]).toEqual([64, expect.stringContaining('--list shows them') as unknown]);
  });
});

describe('campaign:merge', () => {
  it('adds up what the shards of a campaign have found, and refuses one that is incomplete', () => {
    const folder = mkdtempSync(join(tmpdir(), 'martinete-shards-'));
    const fileOf = (shard: number): string => join(folder, `${shard}.json`);
    const small = ['--seeds', '2', '--minutes', '1', '--jobs', '1'];
    try {
      for (const shard of [1, 2]) {
        const { code } = run('campaign', ...small, '--shard', `${shard}/2`, '--out', fileOf(shard));
        expect(code).toBe(0);
      }
      const merged = run('campaign-merge', fileOf(2), fileOf(1), '--json');
      expect(merged.code).toBe(0);
      expect(JSON.parse(merged.out)).toMatchObject({ seeds: 2, totals: { runs: 2, failed: 0 } });
      const incomplete = run('campaign-merge', fileOf(2));
      expect([incomplete.code, incomplete.out]).toEqual([78, '']);
      expect(incomplete.err).toContain('shard 1/2 is missing');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
