import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./pty.py', import.meta.url));
const START_TIMEOUT_MS = 10_000;
/** Whole measurements that may wait for python3 before the next ones are dropped. */
const MAX_WAITING_BYTES = 64 * 1024;

type Python = ChildProcessByStdio<Writable, Readable, Readable>;

/** Thrown where there can be no pseudo-terminal; the message says what to do. */
export class PtyError extends Error {
  override readonly name = 'PtyError';
}

/**
 * A pseudo-terminal in raw mode, which programs open as a serial port; node itself has no call that makes one. What is
 * sent while nobody has it open is lost.
 */
export class Pty {
  /** What to open, such as `/dev/pts/3`. */
  readonly name: string;
  readonly #python: Python;

  private constructor(python: Python, name: string) {
    this.#python = python;
    this.name = name;
  }

  /**
   * @param log hears that somebody opened or closed it, or that it is gone.
   * @param interpreter python3.
   * @throws PtyError where that is missing, or fails.
   */
  static async open(log: (line: string) => void, interpreter = 'python3'): Promise<Pty> {
    // A session of its own: Ctrl-C is for the simulator, which ends this one too.
    const python = spawn(interpreter, [SCRIPT], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    python.stdin.on('error', () => undefined);
    const lines = createInterface({ input: python.stdout });
    const pty = new Pty(python, await readPath(python, lines));
    lines.on('line', (change) => log(`${pty.name} was ${change}`));
    python.once('exit', () => {
      if (!python.stdin.writableEnded) log(`${pty.name} is gone: python3 has ended`);
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

/** The line that the script begins with. */
function readPath(python: Python, lines: Interface): Promise<string> {
  let stderr = '';
  python.stderr.on('data', (chunk) => (stderr += String(chunk)));
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      finish();
    };
    const fail = (reason: string): void =>
      settle(() => reject(new PtyError(`There is no pseudo-terminal: ${reason}`)));
    const timer = setTimeout(() => {
      python.kill();
      fail(`python3 does not answer within ${START_TIMEOUT_MS / 1000} s`);
    }, START_TIMEOUT_MS);
    lines.once('line', (path) => settle(() => resolve(path)));
    python.once('error', () => fail('python3 is missing; install it, or use --gps tcp:host:port'));
    python.once('close', () => fail(`python3 has ended: ${stderr.trim().split('\n').at(-1) ?? ''}`));
  });
}
