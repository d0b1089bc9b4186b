import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from '../../../../client/cli.ts';
import { systemPlatform } from '../../../../client/platform.ts';
import { writeToken } from '../../../../client/token-file.ts';
import { LineBuffer } from './running-sim.ts';

export interface RidingClientOptions {
  /** Folder for its files. */
  readonly folder: string;
  readonly adapter: string;
  /** Address of the scooter. */
  readonly mac: string;
  readonly token: Buffer;
  readonly broker: string;
  readonly serialPort?: string;
}

/** Runs `martinete run` in this process, on the platform of a real machine. */
export class RidingClient {
  readonly log = new LineBuffer();
  /** The exit code, once it has ended. */
  readonly ended: Promise<number>;
  readonly #stop = new AbortController();

  constructor({ folder, adapter, mac, token, broker, serialPort }: RidingClientOptions) {
    const config = join(folder, 'martinete.toml');
    const serial = serialPort === undefined ? '' : `[serial]\nserial_port = "${serialPort}"\n`;
    writeFileSync(
      config,
      `[mqtt]\nbroker = "${broker}"\ntopic = "vehicle/1/realtime"\nsend_interval = 0.5\n` +
        `[scooter]\nmac = "${mac}"\nadapter = "${adapter}"\n${serial}`,
    );
    writeToken(join(folder, '.mi-token'), token, { overwrite: true });
    const platform = { ...systemPlatform, out: this.log, log: this.log };
    this.ended = main(['run', '-c', config], platform, this.#stop.signal);
  }

  async stop(): Promise<number> {
    this.#stop.abort();
    return this.ended;
  }
}
