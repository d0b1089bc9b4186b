import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { once } from '../../../hci/testing/deadline.ts';

const PRELOAD = fileURLToPath(new URL('./btvirt-preload.c', import.meta.url));
type BtvirtProcess = ChildProcess & { readonly stderr: Readable };

const START_TIMEOUT_MS = 10_000;

/** The reason why btvirt cannot run here; undefined if it can. */
export function btvirtUnavailableReason(): string | undefined {
  if (spawnSync('btvirt', ['--help']).error) return 'btvirt is not installed (Debian: bluez-test-tools)';
  if (spawnSync('cc', ['--version']).error)
    return 'no C compiler (cc) is installed, which compiles the library to preload';
  return undefined;
}

/**
 * Runs the controller emulator of BlueZ, which is independent of ours: every connection is an LE controller, and all of
 * them are in range of each other. It does not simulate a radio: packets arrive at once, and an advertiser is reported
 * once each time that it or the scanner is enabled.
 */
export class Btvirt {
  /** The adapter name for hosts. */
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(process: ChildProcess, folder: string) {
    this.#process = process;
    this.#folder = folder;
    this.name = `unix:${folder}/le`;
  }

  static async start(): Promise<Btvirt> {
    const folder = mkdtempSync(join(tmpdir(), 'martinete-btvirt-'));
    const preload = join(folder, 'preload.so');
    execFileSync('cc', ['-shared', '-fPIC', '-o', preload, PRELOAD, '-ldl']);
    const env = { ...process.env, LD_PRELOAD: preload, BTVIRT_FOLDER: folder };
    const btvirt = spawn('btvirt', ['-s'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    const started = new Btvirt(btvirt, folder);
    try {
      await waitUntilListening({ btvirt, path: `${folder}/le` });
      return started;
    } catch (error) {
      await started.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exited = once(this.#process, 'exit');
      this.#process.kill();
      await exited;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Waits until btvirt listens at `path`, and discards its other output. */
function waitUntilListening({ btvirt, path }: { btvirt: BtvirtProcess; path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      finish();
    };
    const fail = (reason: string): void => settle(() => reject(new Error(`btvirt ${reason}`)));
    const timer = setTimeout(() => fail('does not listen'), START_TIMEOUT_MS);
    createInterface({ input: btvirt.stderr }).on('line', (line) => {
      if (line === `listens at ${path}`) settle(resolve);
    });
    btvirt.once('exit', () => fail('exited'));
  });
}
