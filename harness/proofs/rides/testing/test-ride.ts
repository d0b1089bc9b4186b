import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { main } from '../../../../client/cli.ts';
import type { Platform } from '../../../../client/platform.ts';
import { ADDRESSES } from '../../../../protocol/message.ts';
import type { Block } from '../../../../protocol/registers/table.ts';
import type { Channel, FirmwareEvent } from '../../../../simulator/firmware/firmware.ts';
import type { ScooterPeripheral } from '../../../../simulator/peripheral.ts';
import { virtualClock, type Clock } from '../../../world/clock/clock.ts';
import type { EventContent } from '../../../world/trace/event.ts';
import type { World, WorldOptions } from '../../../world/world.ts';

/** The token of a paired scooter and of its client. */
export const TOKEN = Buffer.from('31a9a237bafb37de67886d35', 'hex');
const SEED = 7;

/** A sample as it was published. */
export interface Payload extends Record<string, unknown> {
  readonly gpsinfo: Record<string, unknown> & {
    latitude: number;
    longitude: number;
    time: string;
    fix: boolean;
  };
  readonly battery_info: Record<string, unknown>;
  readonly seq: number;
}

/** What is not as usual in a configuration. */
export interface RideConfig {
  readonly mqtt?: string;
  readonly scooter?: string;
  readonly serial?: boolean;
}

/** What a scooter notifies. */
export interface Notification {
  readonly channel: Channel;
  readonly bytes: Buffer;
  /** Notifies on the same channel, now or later. */
  readonly more: (bytes: Buffer) => void;
}

/** What is to happen on an event of the scooter. */
interface Reaction {
  readonly type: FirmwareEvent['type'];
  readonly act: () => void;
}

/** A client in a virtual world, as its owner would start it from a terminal. */
export class TestRide {
  readonly folder = mkdtempSync(join(tmpdir(), 'martinete-ride-'));
  readonly configPath = join(this.folder, 'martinete.toml');
  readonly tokenPath = join(this.folder, '.mi-token');
  readonly clock: Clock = virtualClock();
  readonly scooterEvents: FirmwareEvent[] = [];
  readonly payloads: Payload[] = [];
  /** What an observer sees on the air, at the broker, on the disk. */
  readonly trace: (EventContent & { readonly atMs: number })[] = [];
  /** Ends a gap that lasts until then. */
  endRadioGap: () => void = () => undefined;
  /** What the app hears in place of a notification of the scooter. */
  onNotify: (notification: Notification) => readonly Buffer[] = ({ bytes }) => [bytes];
  output = '';
  #stop = new AbortController();
  #world: World | undefined;
  #platform: Platform | undefined;
  #main: typeof main | undefined;
  #closing: (() => Promise<unknown>)[] = [];
  #connectionAttempts = 0;
  readonly #reactions: Reaction[] = [];
  #oneTimeReactions: Reaction[] = [];

  get world(): World {
    if (!this.#world) throw new Error('no world yet');
    return this.#world;
  }

  /** Writes the configuration; more keys of its sections are lines of TOML. */
  configure({ mqtt = '', scooter = '', serial = true }: RideConfig = {}): void {
    writeFileSync(
      this.configPath,
      `[mqtt]\nbroker = "tcp://127.0.0.1:1883"\ntopic = "vehicle/1/realtime"\n${mqtt}\n` +
        `[scooter]\nmac = "c8f09e000001"\nadapter = "virtual"\n${scooter}\n` +
        (serial ? '[serial]\nserial_port = "/dev/ttyUSB2"\n' : ''),
    );
  }

  /** Builds the world; the client's token and the scooter's, and what the GPS receiver speaks. */
  async start({
    token,
    bound = token,
    gps = 'nmea',
  }: {
    token?: Buffer;
    bound?: Buffer | null | undefined;
    gps?: WorldOptions['gps'];
  } = {}): Promise<void> {
    if (token) writeFileSync(this.tokenPath, token, { mode: 0o600 });
    // Loaded under the virtual clock, and before it moves.
    const { main } = await import('../../../../client/cli.ts');
    const { ScooterPeripheral } = await import('../../../../simulator/peripheral.ts');
    this.#tapNotifications(ScooterPeripheral.prototype);
    const { loadConfig } = await import('../../../../client/config/load.ts');
    const { World } = await import('../../../world/world.ts');
    const { Subscriber } = await import('../../../world/broker/virtual-broker.ts');
    const config = loadConfig(this.configPath);
    this.#main = main;
    const sink = { write: (text: string) => (this.output += text) };
    this.#world = await this.clock.until(
      World.start({
        seed: SEED,
        config,
        gps,
        ride: { startOdometerM: 1_306_083, startPercent: 63 },
        record: (happening) => this.trace.push({ ...happening, atMs: this.clock.now() }),
        onScooterEvent: (event) => this.#onScooterEvent(event),
        out: sink,
        log: sink,
        ...(bound && { token: bound }),
      }),
    );
    this.#platform = this.world.platform;
    const { controller: piController } = this.world.adapter;
    const initiate = piController.initiate.bind(piController);
    piController.initiate = (...attempt) => {
      this.#connectionAttempts += 1;
      initiate(...attempt);
    };
    const subscriber = new Subscriber(this.world.broker.open, {
      url: config.mqtt.broker,
      topic: config.mqtt.topic,
      onMessage: (payload) => this.payloads.push(JSON.parse(payload) as Payload),
    });
    this.#closing.push(
      () => subscriber.close(),
      () => this.world.close(),
    );
  }

  /** How often the Pi's adapter was told to connect. */
  get connectionAttempts(): number {
    return this.#connectionAttempts;
  }

  /** Calls `act` in the very moment of each of the scooter's events of this kind; it may not call its firmware. */
  onEvent(type: FirmwareEvent['type'], act: () => void): void {
    this.#reactions.push({ type, act });
  }

  /** Calls `act` on the scooter's next event of this kind, once its firmware has finished with it. */
  onNext(type: FirmwareEvent['type'], act: () => void): void {
    this.#oneTimeReactions.push({ type, act });
  }

  /** Cuts the scooter off the air for `ms`, from `delayMs` after now on. */
  radioGap(ms: number, delayMs = 0): void {
    setTimeout(() => {
      const release = this.world.air.block(this.world.scooterController);
      setTimeout(release, ms);
    }, delayMs);
  }

  /** Starts a command of the binary; resolves to its exit code. */
  async command(...args: string[]): Promise<number> {
    const code = await this.#main?.(
      [...args, '--config', this.configPath],
      this.#platform ?? this.world.platform,
      this.#stop.signal,
    );
    if (code === undefined) throw new Error('the ride has not begun');
    return code;
  }

  /** Tells every command that runs to stop, as Ctrl-C does. */
  stop(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
  }

  async close(): Promise<void> {
    this.stop();
    for (const close of this.#closing) await this.clock.until(close());
    // In raw mode the libraries poll their adapter once a second, and let that run out.
    await this.clock.advance(1_000);
    const left = this.clock.pendingTimers();
    this.clock.close();
    rmSync(this.folder, { recursive: true });
    if (left > 0) throw new Error(`${left} timers outlive the world`);
  }

  /** What the scooter answered to one kind of read, oldest first. */
  replies({ device, register }: Block): Buffer[] {
    return this.scooterEvents.flatMap((event) =>
      event.type === 'replied' && event.address === ADDRESSES[device].reply && event.register === register
        ? [event.data]
        : [],
    );
  }

  countEvents(type: FirmwareEvent['type']): number {
    return this.scooterEvents.filter((event) => event.type === type).length;
  }

  #tapNotifications(peripheral: Pick<ScooterPeripheral, 'notify'>): void {
    const { notify } = peripheral;
    const onNotify = (notification: Notification): readonly Buffer[] => this.onNotify(notification);
    peripheral.notify = function (channel, bytes) {
      const more = (extra: Buffer): void => notify.call(this, channel, extra);
      for (const heard of onNotify({ channel, bytes, more })) more(heard);
    };
    this.#closing.push(() => Promise.resolve((peripheral.notify = notify)));
  }

  #onScooterEvent(event: FirmwareEvent): void {
    this.scooterEvents.push(event);
    for (const observer of this.#reactions) if (observer.type === event.type) observer.act();
    const heard = this.#oneTimeReactions.filter(({ type }) => type === event.type);
    this.#oneTimeReactions = this.#oneTimeReactions.filter(({ type }) => type !== event.type);
    for (const { act } of heard) setTimeout(act);
  }
}
