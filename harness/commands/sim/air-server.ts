import { systemRandom } from '../../../client/random.ts';
import type { Adapter } from '../../../hci/adapter.ts';
import { Air } from '../../world/radio/air.ts';
import { Controller } from '../../world/radio/controller.ts';
import type { DeviceAddress } from '../../world/radio/device-address.ts';
import { H4Server } from '../../world/radio/h4-server.ts';
import { VirtualAdapter } from '../../world/radio/virtual-adapter.ts';

/** Vendor prefix of Raspberry Pi addresses; three bytes follow. */
const PI_PREFIX = 'b8:27:eb';
const MAX_UNIT = 0xffffff;

export interface AirServerOptions {
  /** Address of the scooter. */
  readonly address: string;
  /** H4 addresses for other hosts: `tcp:host:port` (port 0 for any free port) or `unix:path`. */
  readonly h4: readonly string[];
  /** Called with a message when a host connects or disconnects. */
  readonly log: (line: string) => void;
}

/** A virtual air with the adapter of a scooter, which other hosts join over H4. Every host gets its own controller. */
export class AirServer {
  /** Adapter of the scooter. */
  readonly adapter: Adapter;
  readonly #servers: H4Server[] = [];
  readonly #air = new Air({ random: systemRandom.unit });
  #hosts = 0;

  private constructor(address: string) {
    const scooter = new Controller(this.#air, { identity: { address, type: 'random' } });
    this.adapter = new VirtualAdapter(scooter);
  }

  /** @throws ListenError if it cannot listen at an address */
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

  /** Adapter names for other hosts. */
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
