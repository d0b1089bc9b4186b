import type { Config } from '../../client/config/schema.ts';
import type { Edges } from '../../client/edges.ts';
import type { LogSink } from '../../client/log.ts';
import { AdapterError } from '../../hci/adapter.ts';
import type { FirmwareEvent } from '../../simulator/firmware/firmware.ts';
import { VirtualGps } from '../../simulator/gps/receiver.ts';
import { Ride, type RideOptions } from '../../simulator/ride/ride.ts';
import { VirtualScooter } from '../../simulator/scooter.ts';
import { Air } from '../radio/air.ts';
import { Controller } from '../radio/controller.ts';
import { virtualAdapter } from '../radio/virtual-socket.ts';
import { VirtualBroker } from './broker.ts';
import { forkSeed, seededRandom } from './random.ts';
import { VirtualSerial } from './serial.ts';
import { VirtualDisk } from './store.ts';

/** The adapter of every virtual Pi. */
const PI = { address: 'b8:27:eb:00:00:01', type: 'public' } as const;
/** The name under which harness commands know the virtual radio. */
export const VIRTUAL_ADAPTER = 'virtual';

export interface WorldOptions {
  /** Replays the same world. */
  readonly seed: number;
  /** What the client in it will be told: the scooter gets this address, the GPS this port. */
  readonly config: Config;
  /** The token that the scooter is bound to; none for a new one. */
  readonly token?: Buffer;
  readonly ride?: RideOptions;
  readonly onScooterEvent?: (event: FirmwareEvent) => void;
  /** What the client answers, and what it logs. */
  readonly out?: LogSink;
  readonly log?: LogSink;
}

const SILENT: LogSink = { write: () => true };

/**
 * A scooter, a GPS receiver and a broker around a client's edges: everything that a client meets, and nothing of the
 * client itself. The adapter is found under whatever name the configuration has.
 */
export class World {
  readonly air: Air;
  readonly scooter: VirtualScooter;
  readonly scooterController: Controller;
  readonly piController: Controller;
  readonly gps: VirtualGps;
  readonly broker: VirtualBroker;
  /** Outlives the client's processes. */
  readonly disk = new VirtualDisk();
  readonly edges: Edges;
  readonly #serial: VirtualSerial | undefined;

  private constructor(options: WorldOptions, broker: VirtualBroker) {
    const { seed, config, token, ride, onScooterEvent, out = SILENT, log = SILENT } = options;
    this.broker = broker;
    this.air = new Air({ random: seededRandom(forkSeed(seed, 'air')).unit });
    const identity = { address: config.scooter.mac, type: 'random' } as const;
    this.scooterController = new Controller(this.air, { identity });
    this.piController = new Controller(this.air, { identity: PI });
    this.scooter = new VirtualScooter({
      adapter: virtualAdapter(this.scooterController),
      address: config.scooter.mac,
      ride: new Ride(ride),
      random: seededRandom(forkSeed(seed, 'scooter')).bytes,
      ...(token && { token }),
      ...(onScooterEvent && { onEvent: onScooterEvent }),
    });
    const serial = config.serial && new VirtualSerial(config.serial.serialPort);
    this.#serial = serial;
    this.gps = new VirtualGps({
      position: () => this.scooter.state.position,
      sink: (bytes) => serial?.send(bytes),
    });
    this.edges = {
      adapter: (name) => this.#adapter(name, config.scooter.adapter),
      openPort: (path, baudRate) => {
        if (!serial) throw new Error('This world has no serial port');
        return serial.open(path, baudRate);
      },
      openMqtt: broker.open,
      stores: this.disk,
      env: {},
      random: seededRandom(forkSeed(seed, 'client')),
      clockSynced: () => true,
      out,
      log,
    };
  }

  /** Builds a world and sets it going: the scooter advertises, the receiver measures, the broker listens. */
  static async start(options: WorldOptions): Promise<World> {
    const world = new World(options, await VirtualBroker.start());
    try {
      await world.scooter.start();
      world.gps.start();
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  /** The receiver's port is gone from the system; an open one breaks off. */
  unplugGps(): void {
    this.#serial?.close();
  }

  /** Ends everything; nothing of it is left alive. */
  async close(): Promise<void> {
    this.gps.stop();
    this.scooter.close();
    this.#serial?.close();
    this.air.remove(this.scooterController);
    this.air.remove(this.piController);
    await this.broker.close();
  }

  #adapter(name: string, configured: string): ReturnType<typeof virtualAdapter> {
    if (name !== VIRTUAL_ADAPTER && name !== configured) {
      throw new AdapterError(`"${name}" is no adapter of this world: expected ${VIRTUAL_ADAPTER}`);
    }
    return virtualAdapter(this.piController);
  }
}
