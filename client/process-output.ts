import { fstatSync, fsyncSync, writeFileSync } from 'node:fs';
import { ClientError, systemCode } from './errors.ts';
import type { LogSink } from './log.ts';
import { untilCalled } from './wait.ts';

/** Output of a command, which can tell whether all of it was written. */
export interface Output extends LogSink {
  /**
   * Waits until everything has been written.
   * @throws ClientError `output` if a write has failed; the reason of `signal`
   */
  readonly flush?: (signal: AbortSignal) => Promise<void>;
}

/** The part of {@link process.stdout} and {@link process.stderr} that is used here. */
export interface OutputStream {
  readonly fd: number;
  readonly isTTY?: boolean;
  readonly writableLength: number;
  write(text: string, done?: (error?: Error | null) => void): boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** The stream of libuv, which Node.js does not document. */
  readonly _handle?: { readonly setBlocking?: (isBlocking: boolean) => unknown } | null;
}

/** If a reader lets this many bytes wait, further lines of a log are dropped. */
const MAX_WAITING_LOG_BYTES = 1_000_000;

/** Reasons by error code; other codes are named. */
const REASONS: Readonly<Record<string, string>> = {
  EPIPE: 'its reader has closed it',
  EIO: 'its terminal is closed',
  ENOSPC: 'the disk is full',
};

/** Creates the error for output that was not written whole. @param reason such as "the disk is full" */
export function incompleteOutput(reason: string, cause?: unknown): ClientError {
  return new ClientError('output', `The output is incomplete: ${reason}`, { cause });
}

function writeFailed(cause: unknown): ClientError {
  const code = systemCode(cause);
  return incompleteOutput(REASONS[code] ?? `it cannot be written (${code})`, cause);
}

/** Wraps standard output: no write throws or ends the process, and `flush` reports a failed one. */
export function processOutput(stream: OutputStream): Output {
  return isFile(stream.fd) ? new FileOutput(stream.fd) : new StreamOutput(stream);
}

/**
 * Wraps standard error for a log, which never fails: lines are lost while the disk is full or a reader is too slow, and
 * for good once the reader is gone.
 * @param env a terminal shows colours, unless NO_COLOR is set here (no-color.org)
 */
export function processLog(stream: OutputStream, env: NodeJS.ProcessEnv = {}): Output {
  if (!isFile(stream.fd)) {
    const output = new StreamOutput(stream);
    return {
      hasColours: stream.isTTY === true && (env['NO_COLOR'] ?? '') === '',
      write: (line) => stream.writableLength < MAX_WAITING_LOG_BYTES && output.write(line),
      flush: (signal) => output.flush(signal).catch(() => undefined),
    };
  }
  return {
    write: (line) => {
      try {
        writeFileSync(stream.fd, line);
      } catch {
        // The next line may be written again.
      }
    },
  };
}

/** Node.js takes a partial write to a file for a complete one, so files are written here. */
class FileOutput implements Output {
  readonly #fd: number;
  #failure: unknown;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(text: string): boolean {
    if (this.#failure !== undefined) return false;
    return this.#attempt(() => writeFileSync(this.#fd, text));
  }

  async flush(): Promise<void> {
    // Some file systems report a full disk only now.
    if (this.#failure === undefined) this.#attempt(() => fsyncSync(this.#fd));
    if (this.#failure !== undefined) throw writeFailed(this.#failure);
    await Promise.resolve();
  }

  #attempt(act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      this.#failure = error;
      return false;
    }
  }
}

/** A pipe, socket, terminal or other device. After the first failed write, nothing more is written. */
class StreamOutput implements Output {
  readonly #stream: OutputStream;
  #failure: unknown;

  constructor(stream: OutputStream) {
    this.#stream = stream;
    stream.on('error', this.#onError);
    // Node.js writes to terminals synchronously, and has no documented way to change that. A terminal that nobody reads
    // (Ctrl-S, a frozen connection) would stop the whole process, even its signal handlers. libuv has opened the terminal
    // for itself, so that other programs are not affected.
    if (stream.isTTY === true) stream._handle?.setBlocking?.(false);
  }

  /** Returns false if a write has failed, or if the reader is slow and `flush` should be awaited. */
  write(text: string): boolean {
    return this.#failure === undefined && this.#stream.write(text);
  }

  async flush(signal: AbortSignal): Promise<void> {
    await untilCalled(
      (call) => {
        if (this.#failure !== undefined) call();
        else {
          this.#stream.write('', (error) => {
            if (error) this.#onError(error);
            call();
          });
        }
        return () => undefined;
      },
      [signal],
    );
    if (this.#failure !== undefined) throw writeFailed(this.#failure);
  }

  readonly #onError = (error: Error): void => {
    this.#failure ??= error;
  };
}

function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
}
