import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from '../../../hci/testing/deadline.ts';

/** Debian installs gpsd into a folder that is only in root's PATH. */
const ENV = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin` };

/** Whether gpsd is installed. */
export function hasGpsd(): boolean {
  return spawnSync('gpsd', ['-V'], { env: ENV }).error === undefined;
}

/** Runs gpsd in the foreground, on one receiver. */
export class Gpsd {
  readonly #process: ChildProcess;

  /**
   * @param port port at which it listens
   * @param source device or address of the receiver, as gpsd spells it
   */
  constructor(port: number, source: string) {
    // -n reads the receiver before a client connects, -N stays in the foreground.
    const args = ['-N', '-n', '-S', String(port), source];
    this.#process = spawn('gpsd', args, { env: ENV, stdio: 'ignore' });
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }
}
