import type { Config } from '../../../client/config/schema.ts';
import { Counters } from '../../../client/counters.ts';
import { createLogger } from '../../../client/log.ts';
import { Outbox } from '../../../client/outbox/outbox.ts';
import type { Bounds } from '../../../client/outbox/retention.ts';
import type { Credentials } from '../../../client/uplink/credentials.ts';
import { healthReport } from '../../../client/uplink/health.ts';
import { Uplink } from '../../../client/uplink/uplink.ts';
import type { BrokerEvent } from '../../world/broker/broker-event.ts';
import type { VirtualBroker } from '../../world/broker/virtual-broker.ts';
import { VirtualDisk } from '../../world/disk/virtual-disk.ts';
import { virtualClock, type Clock } from '../../world/clock/clock.ts';
import { seededRandom } from '../../world/random.ts';
import type { Script, ScriptedBroker } from './scripted-broker.ts';

export const TOPIC = 'vehicle/1/realtime';
export const BASE = 'vehicle/1';
export const CLIENT_ID = 'martinete';

export const MQTT_CONFIG: Config['mqtt'] = {
  broker: 'tcp://127.0.0.1:1883',
  clientId: CLIENT_ID,
  topic: TOPIC,
  baseTopic: BASE,
  keepAliveS: 20,
  reconnectMinMs: 1_000,
  reconnectMaxMs: 30_000,
  sendIntervalMs: 5_000,
  liveIntervalMs: 0,
  connectTimeoutMs: 10_000,
  healthIntervalMs: 60_000,
  drainRatePerS: 50,
  nofix: 'zero',
};

const UNLIMITED: Bounds = { maxCount: 1_000_000, maxBytes: 1e9, maxAgeMs: 1e12, whenFull: 'drop-oldest' };
/** Pads samples to a realistic length. */
const PADDING = 'x'.repeat(500);
/** Maximum time to establish a connection. */
const CONNECT_MS = 100;
/** Maximum time until an uplink has stopped. */
const STOP_LIMIT_MS = 5_000;

export interface RigOptions {
  readonly config?: Partial<Config['mqtt']>;
  readonly credentials?: Credentials;
  readonly bounds?: Partial<Bounds>;
  readonly seed?: number;
  /** Replaces the seeded random numbers for pauses. */
  readonly unit?: () => number;
  /** Content of the store before the first start. */
  readonly stored?: readonly (readonly [key: string, value: string])[];
  /** Connects the uplink to a scripted broker instead of the virtual one. */
  readonly script?: Script;
}

/** A line of the log. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly reason?: string;
  readonly topic?: string;
  readonly unloggedInterruptions?: number;
}

const WARN = 40;
const INFO = 30;

/** Runs the client's uplink between a real outbox and a virtual broker, in virtual time. */
export class Rig {
  readonly clock: Clock;
  readonly events: BrokerEvent[] = [];
  readonly counters = new Counters();
  /** Where the outbox is kept. */
  readonly disk = new VirtualDisk();
  logText = '';
  /** Called with every event of the broker. */
  onEvent: (event: BrokerEvent) => void = () => undefined;
  readonly #options: RigOptions;
  #broker: VirtualBroker | undefined;
  #scripted: ScriptedBroker | undefined;
  #outbox: Outbox | undefined;
  #uplink: Uplink | undefined;
  #stop = new AbortController();
  #ended: Promise<unknown> = Promise.resolve();
  #boots = 0;

  private constructor(clock: Clock, options: RigOptions) {
    this.clock = clock;
    this.#options = options;
  }

  static async start(options: RigOptions = {}): Promise<Rig> {
    const rig = new Rig(virtualClock(), options);
    // Its libraries have to be loaded under the virtual clock.
    const { VirtualBroker } = await import('../../world/broker/virtual-broker.ts');
    rig.#broker = await rig.clock.until(
      VirtualBroker.start({
        onEvent: (event) => {
          rig.events.push(event);
          rig.onEvent(event);
        },
      }),
    );
    const { ScriptedBroker } = await import('./scripted-broker.ts');
    if (options.script) rig.#scripted = new ScriptedBroker(options.script);
    if (options.stored) rig.disk.fill('outbox', options.stored);
    await rig.boot();
    return rig;
  }

  /** A rig with an uplink that has just connected. */
  static async connected(): Promise<Rig> {
    const rig = await Rig.start();
    rig.run();
    await rig.clock.advance(MQTT_CONFIG.reconnectMinMs + CONNECT_MS);
    return rig;
  }

  get broker(): VirtualBroker {
    return defined(this.#broker);
  }

  get scripted(): ScriptedBroker {
    return defined(this.#scripted);
  }

  get outbox(): Outbox {
    return defined(this.#outbox);
  }

  get uplink(): Uplink {
    return defined(this.#uplink);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Stops the last process and starts a new one on the same disk, without running its uplink yet. */
  async boot(): Promise<void> {
    const { config, credentials = {}, bounds, seed = 1, unit } = this.#options;
    if (this.#outbox) await this.clock.until(this.#outbox.close());
    this.#boots += 1;
    const bootId = `boot-${this.#boots}`;
    const log = createLogger({
      level: 'debug',
      format: 'json',
      sink: { write: (line) => (this.logText += line) },
    });
    const outbox = Outbox.start({
      bootId,
      bounds: { ...UNLIMITED, ...bounds },
      now: () => ({ atMs: performance.now(), wallMs: Date.now(), clockSynced: true }),
      stores: this.disk,
      path: 'outbox',
      log,
    });
    await this.clock.until(outbox.settled());
    const { counters } = this;
    const random = seededRandom(seed);
    this.#outbox = outbox;
    this.#uplink = new Uplink({
      config: { ...MQTT_CONFIG, ...config },
      credentials,
      openMqtt: this.#scripted?.open ?? this.broker.open,
      outbox,
      counters,
      health: (ranges) =>
        healthReport({ bootId, version: '1.2.3', counters, outbox, clock: { state: true } }, ranges),
      random: { ...random, ...(unit && { unit }) },
      log,
    });
  }

  run(): void {
    this.#stop = new AbortController();
    this.#ended = this.uplink.run(this.#stop.signal).catch((error: unknown) => error);
  }

  /** Stops the uplink; resolves to the duration in milliseconds. */
  async stop(): Promise<number> {
    const began = this.clock.now();
    this.#stop.abort();
    await this.clock.until(this.#ended, STOP_LIMIT_MS);
    return this.clock.now() - began;
  }

  /** Appends samples with `mark` in their payload. */
  async append(count: number, mark = ''): Promise<void> {
    for (let left = count; left > 0; left -= 1) {
      void this.outbox.append(({ bootId, seq }) =>
        JSON.stringify({ boot_id: bootId, seq, mark, padding: PADDING }),
      );
    }
    await this.clock.until(this.outbox.settled());
  }

  /** Messages on a topic that the broker received, oldest first. */
  received(topic: string): Received[] {
    return this.events.filter(
      (event): event is Received => event.type === 'received' && event.topic === topic,
    );
  }

  /** Samples that the broker received, oldest first, with repetitions. */
  get journal(): Sample[] {
    return this.received(TOPIC).map(({ payload, atMs }) => ({
      ...(JSON.parse(payload) as Sample),
      atMs,
      payload,
    }));
  }

  get attempts(): Attempt[] {
    return this.events.filter(
      (event): event is Attempt => event.type === 'attempt' && event.clientId === CLIENT_ID,
    );
  }

  get pausesMs(): number[] {
    return this.attempts.slice(1).map(({ atMs }, index) => atMs - (this.attempts[index]?.atMs ?? NaN));
  }

  /** The log at its default level. */
  get logged(): LogLine[] {
    return this.#lines.filter(({ level }) => level >= INFO);
  }

  get warnings(): LogLine[] {
    return this.#lines.filter(({ level }) => level >= WARN);
  }

  get #lines(): LogLine[] {
    const lines = this.logText.split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as LogLine);
  }

  /** Stops everything; returns the number of pending timers. */
  async close(): Promise<number> {
    if (!this.#stop.signal.aborted) await this.stop();
    await this.clock.until(this.outbox.close());
    await this.clock.until(this.broker.close());
    const left = this.clock.pendingTimers();
    this.clock.close();
    return left;
  }
}

type Received = Extract<BrokerEvent, { type: 'received' }>;
type Attempt = Extract<BrokerEvent, { type: 'attempt' }>;

export interface Sample {
  readonly boot_id: string;
  readonly seq: number;
  readonly mark: string;
  readonly atMs: number;
  readonly payload: string;
}

function defined<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the rig was not started');
  return value;
}
