import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { main } from '../../../../client/cli.ts';
import type { Platform } from '../../../../client/platform.ts';
import { ADDRESSES } from '../../../../protocol/message.ts';
import type { Block } from '../../../../protocol/registers/table.ts';
import type { ScooterModel } from '../../../../simulator/models/model.ts';
import type { Channel } from '../../../../simulator/firmware/channel.ts';
import type { FirmwareEvent } from '../../../../simulator/firmware/firmware.ts';
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

/** Deviations from the default configuration of tests; `mqtt` and `scooter` are lines of TOML for these sections. */
export interface RideConfig {
  readonly mqtt?: string;
  readonly scooter?: string;
  readonly serial?: boolean;
}

/** A notification of the scooter. */
export interface Notification {
  readonly channel: Channel;
  readonly bytes: Buffer;
  /** Sends another notification on the same channel, now or later. */
  readonly more: (bytes: Buffer) => void;
}

/** A callback for an event of the scooter. */
interface Reaction {
  readonly type: FirmwareEvent['type'];
  readonly act: () => void;
}

/** Runs commands of the client in a virtual world, as from a terminal. */
export class TestRide {
  readonly folder = mkdtempSync(join(tmpdir(), 'martinete-ride-'));
  readonly configPath = join(this.folder, 'martinete.toml');
  readonly tokenPath = join(this.folder, '.mi-token');
  readonly clock: Clock = virtualClock();
  readonly scooterEvents: FirmwareEvent[] = [];
  readonly payloads: Payload[] = [];
  /** The trace of the world. */
  readonly trace: (EventContent & { readonly atMs: number })[] = [];
  /** Ends a radio gap of a test. */
  endRadioGap: () => void = () => undefined;
  /** Returns the notifications to send in place of one of the scooter. */
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
    if (!this.#world) throw new Error('call start() first');
    return this.#world;
  }

  /** Writes the configuration file. */
  configure({ mqtt = '', scooter = '', serial = true }: RideConfig = {}): void {
    writeFileSync(
      this.configPath,
      `[mqtt]\nbroker = "tcp://127.0.0.1:1883"\ntopic = "vehicle/1/realtime"\n${mqtt}\n` +
        `[scooter]\nmac = "c8f09e000001"\nadapter = "virtual"\n${scooter}\n` +
        (serial ? '[serial]\nserial_port = "/dev/ttyUSB2"\n' : ''),
    );
  }

  /** Starts the world. `token` is the client's, `bound` the scooter's: null if it is not paired. */
  async start({
    token,
    bound = token,
    isNew = false,
    gps = 'nmea',
    model,
    ...world
  }: {
    token?: Buffer;
    bound?: Buffer | null | undefined;
    /** Whether the scooter was never paired with anything. */
    isNew?: boolean;
    gps?: WorldOptions['gps'];
    model?: ScooterModel;
  } & Pick<WorldOptions, 'advertisingDelayMs' | 'autoOffMs'> = {}): Promise<void> {
    if (token) writeFileSync(this.tokenPath, token, { mode: 0o600 });
    // Has to be loaded under the virtual clock before it advances.
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
        isScooterNew: isNew,
        ride: { startOdometerM: 1_306_083, startPercent: 63, ...(model && { model }) },
        record: (event) => this.trace.push({ ...event, atMs: this.clock.now() }),
        onScooterEvent: (event) => this.#onScooterEvent(event),
        out: sink,
        log: sink,
        ...(bound && { token: bound }),
        ...world,
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

  /** Number of connection attempts of the Pi's adapter. */
  get connectionAttempts(): number {
    return this.#connectionAttempts;
  }

  /** Calls `act` synchronously on each event of this kind; it must not call the scooter's firmware. */
  onEvent(type: FirmwareEvent['type'], act: () => void): void {
    this.#reactions.push({ type, act });
  }

  /** Calls `act` after the next event of this kind, when the scooter's firmware has handled it. */
  onNext(type: FirmwareEvent['type'], act: () => void): void {
    this.#oneTimeReactions.push({ type, act });
  }

  /** Blocks the scooter's radio for `ms`, after `delayMs`. */
  radioGap(ms: number, delayMs = 0): void {
    setTimeout(() => {
      const release = this.world.air.block(this.world.scooterController);
      setTimeout(release, ms);
    }, delayMs);
  }

  /** Runs a command of the client; resolves to its exit code. */
  async command(...args: string[]): Promise<number> {
    const platform = this.#platform ?? this.world.platform;
    return this.#loaded([...args, '--config', this.configPath], platform, this.#stop.signal);
  }

  get #loaded(): typeof main {
    if (!this.#main) throw new Error('call start() first');
    return this.#main;
  }

  /** Scans; resolves to the lines of standard output and of standard error. */
  async scan(
    seconds: number,
    ...options: readonly string[]
  ): Promise<{ out: readonly string[]; log: readonly string[] }> {
    const written = { out: '', log: '' };
    const platform = {
      ...this.world.platform,
      out: { write: (text: string) => (written.out += text) },
      log: { write: (text: string) => (written.log += text) },
    };
    const args = ['scan', '--adapter', 'virtual', '--for', String(seconds), ...options];
    await this.clock.until(this.#loaded(args, platform, new AbortController().signal));
    const lines = (text: string): readonly string[] => text.split('\n').filter(Boolean);
    return { out: lines(written.out), log: lines(written.log) };
  }

  /** Stops all running commands, as Ctrl-C does. */
  stop(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
  }

  async close(): Promise<void> {
    this.stop();
    for (const close of this.#closing) await this.clock.until(close());
    // In raw mode the libraries poll their adapter once a second, and do not clear the last timer.
    await this.clock.advance(1_000);
    const left = this.clock.pendingTimers();
    this.clock.close();
    rmSync(this.folder, { recursive: true });
    if (left > 0) throw new Error(`${left} timers are still pending after the end of the world`);
  }

  /** The scooter's replies to reads of one block, oldest first. */
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
      for (const replacement of onNotify({ channel, bytes, more })) more(replacement);
    };
    this.#closing.push(() => Promise.resolve((peripheral.notify = notify)));
  }

  #onScooterEvent(event: FirmwareEvent): void {
    this.scooterEvents.push(event);
    for (const observer of this.#reactions) if (observer.type === event.type) observer.act();
    const due = this.#oneTimeReactions.filter(({ type }) => type === event.type);
    this.#oneTimeReactions = this.#oneTimeReactions.filter(({ type }) => type !== event.type);
    for (const { act } of due) setTimeout(act);
  }
}
