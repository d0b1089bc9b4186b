import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemCode } from '../../client/errors.ts';
import { createLogger } from '../../client/log.ts';
import { Outbox } from '../../client/outbox/outbox.ts';
import { diskStores } from '../../client/outbox/store/disk-stores.ts';
import { writeToken } from '../../client/token-file.ts';
import { TOKEN_BYTES } from '../../protocol/keys.ts';
import { TYPESCRIPT_FLAGS } from '../../typescript-loader/flags.ts';
import { VIRTUAL_SCOOTER } from '../world/scooter/identities.ts';
import { Pty } from './sim/pty.ts';
import { BrokerServer } from './sim/broker-server.ts';
import { LineBuffer } from './sim/testing/running-sim.ts';
import { once } from '../../hci/testing/deadline.ts';

const CLIENT = new URL('./client.ts', import.meta.url).pathname;

let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-process-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const hasPython = spawnSync('python3', ['--version']).error === undefined;
if (!hasPython) process.stderr.write('Tests of terminals are skipped: python3 is not installed\n');

/** Starts a process of the client. Its output goes to pipes or file descriptors. */
function start(
  args: readonly string[],
  stdout: 'pipe' | number = 'pipe',
  stderr: 'pipe' | number = 'pipe',
): ChildProcess {
  const child = spawn(process.execPath, [...TYPESCRIPT_FLAGS, CLIENT, ...args], {
    cwd: folder,
    stdio: ['ignore', stdout, stderr],
  });
  children.push(child);
  return child;
}

/** Resolves to the exit code of a process, and what it has written to standard error. */
async function endOf(child: ChildProcess): Promise<{ code: unknown; err: string }> {
  if (!child.stderr) throw new Error('The process has no pipe for its errors');
  const [[code], err] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
  return { code, err };
}

/** Writes to a terminal until it takes no more. */
function fillTerminal(path: string): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
  try {
    for (;;) writeSync(file, 'full '.repeat(100));
  } catch (error) {
    if (systemCode(error) !== 'EAGAIN') throw error;
  } finally {
    closeSync(file);
  }
}

describe('an export', () => {
  const SAMPLES = 2_000;
  /** Many times what a pipe holds. */
  const PAYLOAD = 'x'.repeat(500);
  /** How long the reader is busy with each piece. */
  const READ_MS = 20;
  let path: string;
  beforeEach(async () => {
    path = join(folder, 'outbox');
    const outbox = Outbox.start({
      bootId: 'a',
      bounds: { maxCount: 1e6, maxBytes: 1e9, maxAgeMs: 1e12, whenFull: 'drop-oldest' },
      now: () => ({ atMs: 0, wallMs: 0, clockSynced: false }),
      stores: diskStores,
      path,
      log: createLogger({ level: 'silent', format: 'json', sink: { write: () => undefined } }),
    });
    for (let left = SAMPLES; left > 0; left--) void outbox.append(() => PAYLOAD);
    await outbox.settled();
    await outbox.close();
  });

  const startExport = (stdout?: 'pipe' | number): ChildProcess =>
    start(['outbox', 'export', '--path', path], stdout);

  it('into a slow reader is complete', async () => {
    const child = startExport();
    if (!child.stdout) throw new Error('no pipe');
    let bytes = 0;
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, READ_MS);
      bytes += chunk.length;
    }
    expect(bytes).toBe(SAMPLES * (PAYLOAD.length + 1));
  });

  it('whose reader ends early says so in one line', async () => {
    const child = startExport();
    child.stdout?.destroy();
    expect(await endOf(child)).toEqual({
      code: 74,
      err: 'martinete: The output is incomplete: its reader has closed it.\n',
    });
  });

  it.runIf(existsSync('/dev/full'))('onto a full disk says so in one line', async () => {
    expect(await endOf(startExport(openSync('/dev/full', 'w')))).toEqual({
      code: 74,
      err: 'martinete: The output is incomplete: the disk is full.\n',
    });
  });
});

describe('a running client', () => {
  let received: LineBuffer;
  beforeEach(() => {
    received = new LineBuffer();
  });
  const listen = (at: string): Promise<BrokerServer> =>
    BrokerServer.listen(at, (source, message) => received.write(`${source} ${message}\n`));

  /** Starts `martinete run` with a paired scooter in range, and logs as much as possible. */
  function startRun(broker: BrokerServer, stderr: 'pipe' | number = 'pipe'): ChildProcess {
    const config = join(folder, 'martinete.toml');
    writeFileSync(
      config,
      `[mqtt]\nbroker = "${broker.url}"\ntopic = "vehicle/1/realtime"\nsend_interval = 0.2\n` +
        '[scooter]\nmac = "c8f09e000001"\n[outbox]\npath = "outbox"\n[log]\nlevel = "trace"\n',
    );
    for (const path of ['.mi-token', VIRTUAL_SCOOTER.memory])
      writeToken(join(folder, path), Buffer.alloc(TOKEN_BYTES, 7), { overwrite: true });
    return start(['run', '--adapter', 'virtual', '--config', config], 'pipe', stderr);
  }

  it.runIf(hasPython)('keeps publishing on a terminal that nobody reads, and stops at SIGTERM', async () => {
    const broker = await listen('tcp:127.0.0.1:0');
    const pty = await Pty.open(() => undefined);
    const terminal = openSync(pty.name, constants.O_RDWR | constants.O_NOCTTY);
    try {
      // As much as it can hold.
      fillTerminal(pty.name);
      const child = startRun(broker, terminal);
      const ended = once(child, 'exit');
      await received.find(/received #20 /);
      child.kill('SIGTERM');
      expect((await ended)[0]).toBe(0);
    } finally {
      closeSync(terminal);
      await pty.close();
      await broker.close();
    }
  });

  it('keeps publishing when the reader of its log ends, and disconnects when its terminal closes', async () => {
    let broker = await listen('tcp:127.0.0.1:0');
    try {
      const child = startRun(broker);
      const ended = once(child, 'exit');
      await received.find(/received #1 /);
      child.stderr?.destroy();
      // The client logs that the broker is gone.
      await broker.close();
      broker = await listen(broker.url.replace('//', ''));
      await received.find(/received #20 /);
      child.kill('SIGHUP');
      expect((await ended)[0]).toBe(0);
      await received.find(/broker martinete\S* disconnected/);
    } finally {
      await broker.close();
    }
  });
});
