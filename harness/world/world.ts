import type { Config } from '../../client/config/schema.ts';
import type { Platform } from '../../client/platform.ts';
import type { LogSink } from '../../client/log.ts';
import { AdapterError } from '../../hci/adapter.ts';
import type { FirmwareEvent } from '../../simulator/firmware/firmware.ts';
import type { Owner } from './clock/owner.ts';
import { VirtualGps } from '../../simulator/gps/receiver.ts';
import { VirtualSim7600 } from '../../simulator/gps/sim7600.ts';
import { Ride, type RideOptions } from '../../simulator/ride/ride.ts';
import { VirtualScooter } from '../../simulator/scooter.ts';
import { Air } from './radio/air.ts';
import { Controller } from './radio/controller.ts';
import { VirtualAdapter } from './radio/virtual-adapter.ts';
import type { Happening } from './trace/event.ts';
import { VirtualBroker } from './broker/virtual-broker.ts';
import { PI } from './scooter/identities.ts';
import { forkSeed, seededRandom } from './random.ts';
import { Observer } from './trace/observer.ts';
import { VirtualPauseFiles } from './disk/virtual-pause-files.ts';
import { VirtualSerial } from './serial/virtual-serial.ts';
import { VirtualDisk } from './disk/virtual-disk.ts';

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
  /** What its GPS receiver speaks; NMEA unless told otherwise. */
  readonly gps?: 'nmea' | 'sim7600';
  /** Whether the scooter is switched on from the beginning, which is the default. */
  readonly isScooterOn?: boolean;
  /** For how long the scooter stays unseen after a disconnect, in milliseconds. */
  readonly returnDelayMs?: number;
  /** Takes what happens in the world, as an observer sees it. */
  readonly tell?: (happening: Happening) => void;
  readonly onScooterEvent?: (event: FirmwareEvent) => void;
  /** What the client answers, and what it logs. */
  readonly out?: LogSink;
  readonly log?: LogSink;
}

const SILENT: LogSink = { write: () => true };

/**
 * A scooter, a GPS receiver and a broker, handed to a client as its platform: everything that a client meets, and nothing
 * of the client itself. The adapter is found under whatever name the configuration has.
 */
export class World {
  readonly air: Air;
  readonly scooter: VirtualScooter;
  readonly scooterController: Controller;
  /** The Pi's. */
  readonly adapter: VirtualAdapter;
  readonly gps: VirtualGps;
  readonly broker: VirtualBroker;
  /** Outlives the client's processes. */
  readonly disk = new VirtualDisk();
  readonly platform: Platform;
  /** None where the client has no GPS. */
  readonly serial: VirtualSerial | undefined;
  readonly #tell: (happening: Happening) => void;

  private constructor(options: WorldOptions, broker: VirtualBroker, observer: Observer) {
    const { seed, config, token, ride, returnDelayMs, onScooterEvent, out = SILENT, log = SILENT } = options;
    this.broker = broker;
    this.#tell = observer.tell;
    this.air = new Air({
      random: seededRandom(forkSeed(seed, 'air')).unit,
      onEvent: (event) => observer.air(event, this),
    });
    this.disk.onSynced = (operations) => observer.synced(operations);
    const identity = { address: config.scooter.mac, type: 'random' } as const;
    this.scooterController = new Controller(this.air, { identity });
    this.adapter = new VirtualAdapter(new Controller(this.air, { identity: PI }));
    this.scooter = new VirtualScooter({
      adapter: new VirtualAdapter(this.scooterController),
      address: config.scooter.mac,
      ride: new Ride(ride),
      random: seededRandom(forkSeed(seed, 'scooter')).bytes,
      ...(token && { token }),
      ...(returnDelayMs !== undefined && { returnDelayMs }),
      onNotify: (channel, bytes) => observer.notification(channel, bytes),
      onEvent: (event) => {
        observer.scooter(event);
        onScooterEvent?.(event);
      },
    });
    const serial =
      config.serial && new VirtualSerial(config.serial.serialPort, (bytes) => this.gps.receive(bytes));
    this.serial = serial;
    this.gps = new VirtualGps({
      position: () => this.scooter.position,
      ...(options.gps === 'sim7600' && { modem: new VirtualSim7600() }),
      sink: (bytes, measurement) => {
        const isHeard = serial?.send(bytes) === true;
        if (measurement) observer.gps(measurement, isHeard);
      },
    });
    this.platform = {
      adapter: (name) => this.#adapter(name, config.scooter.adapter),
      openPort: (path, baudRate) => {
        if (!serial) throw new Error('This world has no serial port');
        this.gps.onPortOpened();
        return serial.open(path, baudRate);
      },
      openMqtt: broker.open,
      stores: this.disk,
      pauseFiles: new VirtualPauseFiles(),
      env: {},
      random: seededRandom(forkSeed(seed, 'client')),
      clockSynced: () => true,
      out,
      log,
    };
  }

  /** Builds a world and sets it going: the scooter advertises, the receiver measures, the broker listens. */
  static async start(options: WorldOptions): Promise<World> {
    const observer = new Observer(options.config, options.tell);
    const broker = await VirtualBroker.start({ onEvent: (event) => observer.broker(event) });
    const world = new World(options, broker, observer);
    try {
      if (options.isScooterOn !== false) await world.switchOn();
      world.gps.start();
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  /** Switches the scooter on; resolves once it can be found. Nothing if it is on. */
  async switchOn(): Promise<void> {
    if (this.scooter.isOn) return;
    this.#tell({ type: 'scooter.on' });
    await this.scooter.start();
  }

  /** Switches the scooter off without a goodbye. */
  switchOff(): void {
    if (!this.scooter.isOn) return;
    this.scooter.close();
    this.#tell({ type: 'scooter.off' });
  }

  /** A process is gone: what it had open is free again, and whoever heard from it hears no more. */
  leftBy(owner: Owner, isPowerCut: boolean): void {
    this.adapter.release();
    this.serial?.release();
    this.broker.leftBy(owner, isPowerCut);
    if (isPowerCut) this.disk.powerCut();
    else this.disk.kill();
  }

  /** Ends everything; nothing of it is left alive. */
  async close(): Promise<void> {
    this.gps.stop();
    this.scooter.close();
    this.serial?.unplug();
    this.air.remove(this.scooterController);
    this.air.remove(this.adapter.controller);
    await this.broker.close();
  }

  #adapter(name: string, configured: string): VirtualAdapter {
    if (name !== VIRTUAL_ADAPTER && name !== configured) {
      throw new AdapterError(`"${name}" is no adapter of this world: expected ${VIRTUAL_ADAPTER}`);
    }
    return this.adapter;
  }
}
