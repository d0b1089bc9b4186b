import type { Config } from '../../client/config/schema.ts';
import type { Platform } from '../../client/platform.ts';
import type { LogSink } from '../../client/log.ts';
import { type Adapter, AdapterError } from '../../hci/adapter.ts';
import type { FirmwareEvent } from '../../simulator/firmware/firmware.ts';
import { type QuirkName, QUIRKS } from '../../simulator/firmware/named-quirks.ts';
import type { Owner } from './clock/timer-owner.ts';
import { VirtualGpsd } from '../../simulator/gps/gpsd.ts';
import { VirtualGps, type VirtualGpsOptions } from '../../simulator/gps/receiver.ts';
import type { ModemName } from '../../simulator/gps/modem-families.ts';
import { VirtualModem, type VirtualModemOptions } from '../../simulator/gps/modem.ts';
import { Ride, type RideOptions } from '../../simulator/ride/ride.ts';
import { VirtualScooter } from '../../simulator/scooter.ts';
import { Air } from './radio/air.ts';
import { Controller } from './radio/controller.ts';
import { DEFAULT_RADIO_MODEL, RADIO_MODELS, type RadioModelName } from './radio/radio-model.ts';
import { VirtualAdapter } from './radio/virtual-adapter.ts';
import type { EventContent } from './trace/event.ts';
import type { BrokerLimits } from './broker/mqtt5-gateway.ts';
import type { BrokerEvent } from './broker/broker-event.ts';
import { type BrokerLogin, VirtualBroker } from './broker/virtual-broker.ts';
import { PI } from './scooter/identities.ts';
import { startNeighbours } from './scooter/neighbours.ts';
import { startImpostor } from './scooter/impostor.ts';
import { deriveSeed, seededRandom } from './random.ts';
import { Observer } from './trace/observer.ts';
import { VirtualClockSource } from './systemd/virtual-clock-source.ts';
import { VirtualPauseFiles } from './disk/virtual-pause-files.ts';
import { VirtualSerial } from './serial/virtual-serial.ts';
import { VirtualDisk } from './disk/virtual-disk.ts';

/** The adapter name that selects the virtual radio in commands of the harness. */
export const VIRTUAL_ADAPTER = 'virtual';

export interface WorldOptions {
  /** The same seed replays the same world. */
  readonly seed: number;
  /** The client's configuration: it determines the scooter's address and the GPS port. */
  readonly config: Config;
  /** The token that the scooter is paired with; none for an unpaired one. */
  readonly token?: Buffer;
  /** Whether the scooter was never paired with anything. */
  readonly isScooterNew?: boolean;
  readonly ride?: RideOptions;
  /** Protocol of the GPS receiver, or of what the client reads it through; NMEA by default. */
  readonly gps?: 'nmea' | 'gpsd' | ModemName;
  /** Properties of that receiver; those of a common one by default. */
  readonly receiver?: ReceiverProperties;
  /** What the broker grants if it is one of MQTT 5; by default it is one of MQTT 3.1.1. */
  readonly brokerLimits?: BrokerLimits;
  /** What the broker demands in CONNECT; nothing by default. */
  readonly brokerLogin?: BrokerLogin;
  /** The client's environment variables; none by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** Number of other devices that advertise. */
  readonly neighbours?: number;
  /** How closely air and scooter follow real ones. */
  readonly radio?: RadioModelName;
  /** Whether the scooter is switched on at the start; true by default. */
  readonly isScooterOn?: boolean;
  /** How long the scooter does not advertise after a disconnect, in milliseconds. */
  readonly advertisingDelayMs?: number;
  /** Time standing after which the scooter switches itself off, in milliseconds; never by default. */
  readonly autoOffMs?: number;
  /** Quirks of the scooter, besides those of the radio model; none by default. */
  readonly quirks?: readonly QuirkName[];
  /** Gets every event for the trace. */
  readonly record?: (event: EventContent) => void;
  readonly onScooterEvent?: (event: FirmwareEvent) => void;
  /** The client's output and log; discarded by default. */
  readonly out?: LogSink;
  readonly log?: LogSink;
}

/** Properties of a receiver; `speedUnit` and `angles` are those of a modem. */
export type ReceiverProperties = Pick<
  VirtualGpsOptions,
  'intervalMs' | 'sentences' | 'hasModes' | 'dateEvery' | 'baudRate' | 'now'
> &
  Pick<VirtualModemOptions, 'speedUnit' | 'angles'>;

const DISCARD: LogSink = { write: () => true };

/**
 * A scooter, a GPS receiver and a broker, handed to a client as its platform: everything that a client meets, and nothing
 * of the client itself. The adapter is found under whatever name the configuration has.
 */
export class World {
  readonly air: Air;
  readonly scooter: VirtualScooter;
  readonly scooterController: Controller;
  /** The Pi's adapter. */
  readonly adapter: VirtualAdapter;
  readonly gps: VirtualGps;
  readonly broker: VirtualBroker;
  /** Keeps its contents between the client's processes. */
  readonly disk = new VirtualDisk();
  readonly clock = new VirtualClockSource();
  readonly pauseFiles = new VirtualPauseFiles();
  readonly platform: Platform;
  /** Undefined if the client has no GPS. */
  readonly serial: VirtualSerial | undefined;
  readonly #record: (event: EventContent) => void;
  /** Number of boots of the Pi since the beginning. */
  #boots = 0;
  #removeNeighbours: () => void = () => undefined;

  private constructor(options: WorldOptions, broker: VirtualBroker, observer: Observer) {
    const {
      seed,
      config,
      token,
      isScooterNew = false,
      radio = DEFAULT_RADIO_MODEL,
      ride,
      advertisingDelayMs,
      autoOffMs,
      quirks = [],
      onScooterEvent,
      env = {},
      out = DISCARD,
      log = DISCARD,
    } = options;
    this.broker = broker;
    this.#record = observer.record;
    const model = RADIO_MODELS[radio];
    this.air = new Air({
      model,
      random: seededRandom(deriveSeed(seed, 'air')).unit,
      onEvent: (event) => observer.air(event, this),
    });
    this.disk.onSynced = (operations) => observer.synced(operations);
    this.disk.onRead = (entries) => observer.read(entries);
    const identity = { address: config.scooter.mac, type: 'random' } as const;
    this.scooterController = new Controller(this.air, { identity });
    this.adapter = new VirtualAdapter(new Controller(this.air, { identity: PI }));
    this.scooter = new VirtualScooter({
      adapter: new VirtualAdapter(this.scooterController),
      address: config.scooter.mac,
      ride: new Ride(ride),
      random: seededRandom(deriveSeed(seed, 'scooter')).bytes,
      isNew: isScooterNew,
      ...(token && { token }),
      ...(advertisingDelayMs !== undefined && { returnDelayMs: advertisingDelayMs }),
      ...(autoOffMs !== undefined && { autoOffMs }),
      onPower: (isOn) => this.#record({ type: isOn ? 'scooter.on' : 'scooter.off' }),
      onNotify: (channel, bytes, isGenuine) => observer.notification(channel, bytes, isGenuine),
      onEvent: (event) => {
        observer.scooter(event, () => this.scooter.state);
        onScooterEvent?.(event);
      },
    });
    for (const name of new Set([...model.quirks, ...quirks])) {
      const { unit } = seededRandom(deriveSeed(seed, `quirk ${name}`));
      this.scooter.quirks.add(QUIRKS[name].create(unit, this.scooter.ride.model));
    }
    const serial =
      config.serial &&
      new VirtualSerial(config.serial.serialPort, {
        onOpened: () => this.gps.onPortOpened(),
        onWritten: (bytes) => this.gps.receive(bytes),
      });
    this.serial = serial;
    this.gps = new VirtualGps({
      position: () => this.scooter.position,
      ...receiverOptions(options),
      sink: (bytes, measurement) => {
        const isPortOpen = serial?.send(bytes) === true;
        if (measurement) observer.gps(measurement, isPortOpen);
      },
    });
    this.platform = {
      adapter: (name) => this.#adapter(name, config.scooter.adapter),
      openPort: (path, baudRate) => {
        if (!serial)
          throw new Error('The virtual world has no serial port: the configuration has no [serial] section');
        this.#record({ type: 'gps.opened' });
        return serial.open(path, baudRate);
      },
      serialPortProblem: (path) =>
        serial?.isPlugged === false ? `cannot open ${path}, no such file` : undefined,
      openMqtt: broker.open,
      stores: this.disk,
      pauseFiles: this.pauseFiles,
      uptime: () => ({ boot: `boot ${this.#boots}`, ms: performance.now() }),
      env,
      random: seededRandom(deriveSeed(seed, 'client')),
      onWarning: () => () => undefined,
      clock: this.clock,
      out,
      log,
    };
  }

  /** Starts the broker, the GPS receiver and, unless `isScooterOn` is false, the scooter. */
  static async start(options: WorldOptions): Promise<World> {
    const observer = new Observer(options.config, options.record);
    const { brokerLimits: limits, brokerLogin: login } = options;
    const onEvent = (event: BrokerEvent): void => observer.broker(event);
    const broker = await VirtualBroker.start({
      onEvent,
      ...(limits && { limits }),
      ...(login && { login }),
    });
    const world = new World(options, broker, observer);
    try {
      world.#removeNeighbours = startNeighbours(world.air, options.neighbours ?? 0);
      if (options.isScooterOn !== false) await world.switchOn();
      world.gps.start();
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  /** Switches the scooter on; resolves once it advertises. */
  async switchOn(): Promise<void> {
    if (this.scooter.isOn) return;
    this.#record({ type: 'scooter.on' });
    await this.scooter.start();
  }

  /** Switches the scooter off without a disconnect. One that is off because it restarts stays off. */
  switchOff(): void {
    const wasOn = this.scooter.isOn;
    this.scooter.close();
    if (wasOn) this.#record({ type: 'scooter.off' });
  }

  /** Replaces the scooter on the air by an impostor. @returns ends that */
  startImpostor(): () => void {
    return startImpostor(this);
  }

  /** Releases everything that an ended process had open. */
  processEnded(owner: Owner, isPowerCut: boolean): void {
    this.adapter.release();
    this.serial?.release();
    this.broker.processEnded(owner, isPowerCut);
    if (!isPowerCut) {
      this.disk.kill();
      return;
    }
    this.disk.powerCut();
    this.boot();
  }

  /** Boots the Pi: its uptime starts again. */
  boot(): void {
    this.#boots += 1;
  }

  /** Closes everything, and leaves no timer behind. */
  async close(): Promise<void> {
    this.gps.stop();
    this.scooter.close();
    this.serial?.unplug();
    this.#removeNeighbours();
    this.air.remove(this.scooterController);
    this.air.remove(this.adapter.controller);
    await this.broker.close();
  }

  #adapter(name: string, configured: string): Adapter {
    if (name !== VIRTUAL_ADAPTER && name !== configured) {
      throw new AdapterError(
        `"${name}" is not an adapter of the virtual world: expected "${VIRTUAL_ADAPTER}"`,
      );
    }
    const { deviceId, open } = this.adapter;
    return {
      deviceId,
      open: () => {
        this.#record({ type: 'adapter.opened' });
        return open();
      },
    };
  }
}

/** What the client reads the receiver through, and properties of both. */
function receiverOptions({
  gps = 'nmea',
  receiver = {},
}: WorldOptions): Omit<VirtualGpsOptions, 'position' | 'sink'> {
  const { speedUnit, angles, ...properties } = receiver;
  if (gps === 'nmea') return properties;
  if (gps === 'gpsd') return { ...properties, gpsd: new VirtualGpsd() };
  const modem = new VirtualModem({
    family: gps,
    ...(speedUnit && { speedUnit }),
    ...(angles && { angles }),
  });
  return { ...properties, modem };
}
