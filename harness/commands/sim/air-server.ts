import { systemRandom } from '../../../client/random.ts';
import type { Adapter } from '../../../hci/adapter.ts';
import { Air } from '../../world/radio/air.ts';
import { Controller } from '../../world/radio/controller.ts';
import type { DeviceAddress } from '../../world/radio/device-address.ts';
import { H4Server } from '../../world/radio/h4-server.ts';
import { VirtualAdapter } from '../../world/radio/virtual-adapter.ts';

/** How the addresses of Raspberry Pis begin; three bytes follow. */
const PI_PREFIX = 'b8:27:eb';
const MAX_UNIT = 0xffffff;

export interface AirServerOptions {
  /** Of the scooter. */
  readonly address: string;
  /** Where hosts elsewhere join: `tcp:host:port` (port 0 for any that is free) or `unix:path`. */
  readonly h4: readonly string[];
  /** Hears of everybody who comes and goes, one line each. */
  readonly log: (line: string) => void;
}

/** A virtual air with a scooter's adapter in it; every host that joins has a controller of its own there. */
export class AirServer {
  /** The scooter's. */
  readonly adapter: Adapter;
  readonly #servers: H4Server[] = [];
  readonly #air = new Air({ random: systemRandom.unit });
  #hosts = 0;

  private constructor(address: string) {
    const scooter = new Controller(this.#air, { identity: { address, type: 'random' } });
    this.adapter = new VirtualAdapter(scooter);
  }

  /** @throws ListenError where it cannot be opened. */
  static async open({ address, h4, log }: AirServerOptions): Promise<AirServer> {
    const air = new AirServer(address);
    try {
      for (const name of h4) {
        const identity = (): DeviceAddress => air.#nextIdentity();
        air.#servers.push(await H4Server.listen(name, { air: air.#air, identity, log }));
      }
      return air;
    } catch (error) {
      await air.close();
      throw error;
    }
  }

  /** The adapters as which hosts elsewhere find it. */
  get names(): readonly string[] {
    return this.#servers.map(({ name }) => name);
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  #nextIdentity(): DeviceAddress {
    this.#hosts = (this.#hosts % MAX_UNIT) + 1;
    const unit = this.#hosts.toString(16).padStart(6, '0');
    return {
      address: [PI_PREFIX, unit.slice(0, 2), unit.slice(2, 4), unit.slice(4)].join(':'),
      type: 'public',
    };
  }
}
