import { EventEmitter } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type TransformOptions } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { LibraryLog } from './ble/library-log.ts';
import { EXIT, ClientError } from './errors.ts';
import { processLog, processOutput, type OutputStream } from './process-output.ts';

const folder = mkdtempSync(join(tmpdir(), 'martinete-output-'));
afterAll(() => rmSync(folder, { recursive: true }));

const { signal } = new AbortController();
/** Not a file, so that the stream is used. */
const NO_FILE = -1;

function pipe(options: TransformOptions = {}): PassThrough & OutputStream {
  return Object.assign(new PassThrough(options), { fd: NO_FILE });
}

function onFile(fd: number): OutputStream {
  return Object.assign(new EventEmitter(), {
    fd,
    writableLength: 0,
    write: (): boolean => {
      throw new Error('The stream of a file is not used');
    },
  });
}

async function failure(flushed: Promise<void> | undefined): Promise<unknown> {
  return flushed?.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('output to a pipe', () => {
  it('is flushed only when a slow reader has read all of it', async () => {
    const stream = pipe({ highWaterMark: 10 });
    const out = processOutput(stream);
    expect(out.write('x'.repeat(20))).toBe(false);
    let isFlushed = false;
    const flushed = out.flush?.(signal).then(() => (isFlushed = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isFlushed).toBe(false);
    stream.resume();
    await flushed;
    expect(isFlushed).toBe(true);
  });

  it('that its reader has closed is reported as incomplete, in words', async () => {
    const stream = pipe();
    const out = processOutput(stream);
    stream.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(out.write('more')).toBe(false);
    const error = await failure(out.flush?.(signal));
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({
      message: 'The output is incomplete: its reader has closed it',
      exitCode: EXIT.outputFailed,
    });
  });

  it('does not keep a command that is stopped waiting for its reader', async () => {
    const out = processOutput(pipe({ highWaterMark: 1 }));
    out.write('more');
    const stop = new AbortController();
    const flushed = failure(out.flush?.(stop.signal));
    stop.abort();
    expect(await flushed).toMatchObject({ code: 'aborted' });
  });
});

describe('output to a file', () => {
  it('is written at once, in order', async () => {
    const path = join(folder, 'out');
    const fd = openSync(path, 'w');
    const out = processOutput(onFile(fd));
    out.write('a\n');
    out.write('b\n');
    expect(readFileSync(path, 'utf8')).toBe('a\nb\n');
    expect(await failure(out.flush?.(signal))).toBeUndefined();
    closeSync(fd);
  });

  it('that cannot be written is reported as incomplete', async () => {
    const path = join(folder, 'read-only');
    closeSync(openSync(path, 'w'));
    const fd = openSync(path, 'r');
    const out = processOutput(onFile(fd));
    expect(out.write('a\n')).toBe(false);
    expect(await failure(out.flush?.(signal))).toMatchObject({
      message: 'The output is incomplete: it cannot be written (EBADF)',
    });
    closeSync(fd);
  });
});

describe('a log', () => {
  it('loses lines without an error once its reader is gone', async () => {
    const stream = pipe();
    const log = processLog(stream);
    stream.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    await new Promise((resolve) => setImmediate(resolve));
    log.write('line\n');
    expect(await failure(log.flush?.(signal))).toBeUndefined();
  });

  it('of a reader that stalls takes a bounded amount of memory', () => {
    const stream = pipe();
    const log = processLog(stream);
    const line = 'x'.repeat(100_000);
    for (let count = 0; count < 100; count++) log.write(line);
    expect(stream.writableLength + stream.readableLength).toBeLessThan(1_500_000);
  });

  it.each([
    ['on a terminal', true, {}, true],
    ['with an empty NO_COLOR', true, { NO_COLOR: '' }, true],
    ['with NO_COLOR', true, { NO_COLOR: '1' }, false],
    ['in a pipe', false, {}, false],
  ])('has the same colours in every command: %s', (_, isTTY, env, hasColours) => {
    const stream = Object.assign(pipe(), { isTTY });
    const log = processLog(stream, env);
    const libraries = LibraryLog.ofCommand({ log, onWarning: () => () => undefined });
    libraries.onProblem({ kind: 'printed', message: 'noble warning' });
    libraries.close();
    expect(String(stream.read()).includes('\u001b[')).toBe(hasColours);
  });

  it('is written again after its disk was full', () => {
    const path = join(folder, 'log');
    let fd = openSync(path, 'w');
    const log = processLog(onFile(fd));
    closeSync(fd);
    log.write('lost\n');
    fd = openSync(path, 'w');
    log.write('kept\n');
    closeSync(fd);
    expect(readFileSync(path, 'utf8')).toBe('kept\n');
  });
});
