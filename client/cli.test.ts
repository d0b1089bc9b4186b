import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdapterError, ChannelError } from '../hci/adapter.ts';
import { main } from './cli.ts';
import { TOKEN_BYTES } from '../protocol/keys.ts';
import { writeToken } from './token-file.ts';
import { type Platform, systemPlatform } from './platform.ts';

const noAdapter: Platform['adapter'] = (name) => ({
  open: () => {
    throw new AdapterError(`no ${name} here`);
  },
  deviceId: 0,
});

/** Runs one command line; returns its output and exit code. */
async function runOn(
  adapter: Platform['adapter'],
  ...args: string[]
): Promise<{ code: number; out: string; log: string }> {
  const output = { out: '', log: '' };
  const platform: Platform = {
    ...systemPlatform,
    adapter,
    out: { write: (text) => (output.out += text) },
    log: { write: (text) => (output.log += text) },
  };
  return { code: await main(args, platform, new AbortController().signal), ...output };
}

/** Runs a command line without an adapter. */
const run = (...args: string[]): ReturnType<typeof runOn> => runOn(noAdapter, ...args);

/** Every command that does something, with its arguments. */
const COMMANDS = [
  ['run'],
  ['scan'],
  ['register', 'c8f09e000001'],
  ['pause', '10m'],
  ['resume'],
  ['config', 'check'],
  ['outbox', 'status'],
  ['outbox', 'export'],
];

/** Arguments of all commands in the help of the program, without those of the program itself. */
async function commandsInHelp(...group: string[]): Promise<string[][]> {
  const { out } = await run(...group, '--help');
  const [, list = ''] = /\nCommands:\n((?: {2}.*\n)*)/.exec(out) ?? [];
  const names = [...list.matchAll(/^ {2}(\w+)/gm)].flatMap(([, name = '']) => (name === 'help' ? [] : name));
  const below = await Promise.all(names.map((name) => commandsInHelp(...group, name)));
  return names.length === 0 ? [group] : below.flat();
}

describe('every command', () => {
  it('is tested here', async () => {
    const nameOf = (args: readonly string[]): string => args.filter((arg) => !/\d/.test(arg)).join(' ');
    expect((await commandsInHelp()).map(nameOf).toSorted()).toEqual(COMMANDS.map(nameOf).toSorted());
  });

  it.each(COMMANDS.map((args) => [args]))(
    '%j reports a wrong option and a surplus argument',
    async (args) => {
      expect(await run(...args, '--bogus')).toEqual({
        code: 64,
        out: '',
        log: "martinete: unknown option '--bogus'\n",
      });
      const { code, out, log } = await run(...args, 'surplus');
      expect([code, out]).toEqual([64, '']);
      expect(log).toMatch(/^martinete: too many arguments/);
    },
  );

  it.each([[[]], ...COMMANDS.map((args) => [args])])(
    '%j has help that fits into 100 columns',
    async (args) => {
      const { code, out } = await run(...args, '--help');
      expect(code).toBe(0);
      expect(out.split('\n').filter((line) => line.length > 100)).toEqual([]);
    },
  );

  it('with a duration says so in its help, not seconds', async () => {
    expect((await run('scan', '--help')).out).toContain('--for <duration>');
  });
});

describe('the exit code', () => {
  it('is 0 for help and version', async () => {
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
    ['an invalid address', ['register', 'c8f09e00000']],
    ['an invalid duration', ['scan', '--for', '-1']],
    ['a name that no adapter has', ['scan', '--adapter', 'foo']],
  ])('is 64 for %s, with a message', async (_, args) => {
    const { code, out, log } = await runOn(systemPlatform.adapter, ...args);
    expect(code).toBe(64);
    expect(out).toBe('');
    expect(log).toMatch(/^martinete: /);
  });

  it('is 78 for a missing configuration', async () => {
    const { code, log } = await run('run', '--config', '/nonexistent/martinete.toml');
    expect(code).toBe(78);
    expect(log).toContain('/nonexistent/martinete.toml');
  });

  it('is 71 for a missing adapter', async () => {
    expect(await run('scan')).toEqual({ code: 71, out: '', log: 'martinete: no hci0 here.\n' });
  });

  it('is in the help, with its meaning', async () => {
    const { out } = await run('--help');
    for (const code of [0, 64, 69, 71, 74, 75, 77, 78, 130]) expect(out).toMatch(new RegExp(`\\b${code} `));
  });
});

describe('the channel to the adapter', () => {
  let folder: string;
  let config: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'martinete-cli-'));
    config = join(folder, 'martinete.toml');
    writeFileSync(
      config,
      '[mqtt]\nbroker = "tcp://127.0.0.1:1"\ntopic = "vehicle/1/realtime"\n' +
        '[scooter]\nmac = "c8f09e000001"\nhci_channel = "raw"\n[outbox]\npath = "outbox"\n',
    );
    writeToken(join(folder, '.mi-token'), Buffer.alloc(TOKEN_BYTES), { overwrite: false });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each([
    [['run'], 'raw'],
    [['run', '--hci-channel', 'user'], 'user'],
    [['register', 'c8f09e000001', '--overwrite'], 'raw'],
    [['config', 'check'], 'raw'],
    [['scan'], 'user'],
    [['scan', '--hci-channel', 'raw'], 'raw'],
  ])('for %j is the one from the command line or the configuration', async (command, expected) => {
    const requested: unknown[] = [];
    const adapter: Platform['adapter'] = (name, channel) => {
      requested.push([name, channel]);
      return noAdapter(name);
    };
    const options = command[0] === 'scan' ? [] : ['--config', config];
    expect((await runOn(adapter, ...command, ...options)).code).toBe(command[0] === 'config' ? 0 : 71);
    expect([...new Set(requested.map((request) => JSON.stringify(request)))]).toEqual([
      JSON.stringify(['hci0', expected]),
    ]);
  });

  it('from the configuration is ignored for a TCP adapter, which has only one channel', async () => {
    const requested: unknown[] = [];
    const adapter: Platform['adapter'] = (name, channel) => {
      requested.push([name, channel]);
      return noAdapter(name);
    };
    await runOn(adapter, 'run', '--config', config, '--adapter', 'tcp:127.0.0.1:7400');
    expect(requested).toContainEqual(['tcp:127.0.0.1:7400', 'user']);
    expect(requested).not.toContainEqual(['tcp:127.0.0.1:7400', 'raw']);
  });

  it('that does not work on this machine ends a run with 78 before anything is opened', async () => {
    const adapter: Platform['adapter'] = () => {
      throw new ChannelError('it stalls here');
    };
    expect(await runOn(adapter, 'run', '--config', config)).toEqual({
      code: 78,
      out: '',
      log: `martinete: ${config} has an error:\n  line 6, column 1: scooter.hci_channel: it stalls here\n`,
    });
    expect(existsSync(join(folder, 'outbox'))).toBe(false);
  });

  it('that is untested on this machine causes one warning', async () => {
    const adapter: Platform['adapter'] = (name) => ({
      ...noAdapter(name),
      warning: 'untested here',
    });
    const { code, log } = await runOn(adapter, 'run', '--config', config);
    expect(code).toBe(71);
    expect(log.split('untested here')).toHaveLength(2);
  });
});
