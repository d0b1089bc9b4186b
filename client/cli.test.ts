import { describe, expect, it } from 'vitest';
import { AdapterError } from '../hci/adapter.ts';
import { main } from './cli.ts';
import { type Edges, systemEdges } from './edges.ts';

/** Runs one command line where there is no adapter; what it says, and its exit code. */
async function run(...args: string[]): Promise<{ code: number; out: string; log: string }> {
  const said = { out: '', log: '' };
  const edges: Edges = {
    ...systemEdges,
    adapter: (name) => {
      throw new AdapterError(`no ${name} here`);
    },
    out: { write: (text) => (said.out += text) },
    log: { write: (text) => (said.log += text) },
  };
  return { code: await main(args, edges, new AbortController().signal), ...said };
}

describe('the exit code', () => {
  it('is 0 for help and version, which are answers', async () => {
    for (const args of [['--help'], ['run', '--help'], ['scan', '--help']]) {
      const { code, out, log } = await run(...args);
      expect(code).toBe(0);
      expect(out).toContain('Usage: martinete');
      expect(log).toBe('');
    }
  });

  it.each([
    ['an unknown command', ['ride']],
    ['an unknown option', ['run', '--faster']],
    ['a missing address', ['register']],
    ['an address that is none', ['register', 'c8f09e00000']],
    ['a duration that is none', ['scan', '--for', '-1']],
  ])('is 64 for %s, and says so', async (_, args) => {
    const { code, out, log } = await run(...args);
    expect(code).toBe(64);
    expect(out).toBe('');
    expect(log).toMatch(/error:/);
  });

  it('is 78 for a configuration that is not there', async () => {
    const { code, log } = await run('run', '--config', '/nonexistent/martinete.toml');
    expect(code).toBe(78);
    expect(log).toContain('/nonexistent/martinete.toml');
  });

  it('is 71 for an adapter that is not there', async () => {
    expect(await run('scan')).toEqual({ code: 71, out: '', log: 'martinete: no hci0 here\n' });
  });

  it('stands in the help, each with its meaning', async () => {
    const { out } = await run('--help');
    for (const code of [0, 64, 69, 71, 75, 77, 78]) expect(out).toMatch(new RegExp(`\\b${code} `));
  });
});
