import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./pty.py', import.meta.url));
const START_TIMEOUT_MS = 10_000;
/** Limit of bytes that are buffered for python3; beyond it whole measurements are dropped. */
const MAX_WAITING_BYTES = 64 * 1024;

type Python = ChildProcessByStdio<Writable, Readable, Readable>;

/** Thrown if a pseudo-terminal cannot be opened; the message says what to do. */
export class PtyError extends Error {
  override readonly name = 'PtyError';
}

/**
 * A pseudo-terminal in raw mode, which programs open as a serial port. Created by python3, because Node.js has no
 * function for it. Bytes that are sent while it is not open are lost.
 */
export class Pty {
  /** Path of the device, such as `/dev/pts/3`. */
  readonly name: string;
  readonly #python: Python;

  private constructor(python: Python, name: string) {
    this.#python = python;
    this.name = name;
  }

  /**
   * @param log called with a message when a program opens or closes it, and if it fails
   * @param interpreter path of python3
   * @throws PtyError if python3 is missing or fails
   */
  static async open(log: (line: string) => void, interpreter = 'python3'): Promise<Pty> {
    // Detached, so that Ctrl-C reaches only the simulator, which ends this process itself.
    const python = spawn(interpreter, [SCRIPT], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    python.stdin.on('error', () => undefined);
    const lines = createInterface({ input: python.stdout });
    const pty = new Pty(python, await readPath(python, lines));
    lines.on('line', (change) => log(`${pty.name} was ${change}`));
    python.once('exit', () => {
      if (!python.stdin.writableEnded) log(`${pty.name} failed: python3 exited`);
    });
    return pty;
  }

  send(bytes: Buffer): void {
    const { stdin } = this.#python;
    if (stdin.writable && stdin.writableLength < MAX_WAITING_BYTES) stdin.write(bytes);
  }

  async close(): Promise<void> {
    const python = this.#python;
    if (python.exitCode !== null || python.signalCode !== null) return;
    const exited = once(python, 'exit');
    python.stdin.end();
    python.kill();
    await exited;
  }
}

/** Reads the path, which is the first line of the script's output. */
function readPath(python: Python, lines: Interface): Promise<string> {
  let stderr = '';
  python.stderr.on('data', (chunk) => (stderr += String(chunk)));
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      finish();
    };
    const fail = (reason: string): void =>
      settle(() => reject(new PtyError(`Cannot open a pseudo-terminal: ${reason}`)));
    const timer = setTimeout(() => {
      python.kill();
      fail(`python3 did not respond within ${START_TIMEOUT_MS / 1000} s`);
    }, START_TIMEOUT_MS);
    lines.once('line', (path) => settle(() => resolve(path)));
    python.once('error', () => fail('python3 is missing. Install it, or use --gps tcp:host:port'));
    python.once('close', () => fail(`python3 exited: ${stderr.trim().split('\n').at(-1) ?? ''}`));
  });
}
