import { MemoryLevel } from 'memory-level';
import type { Config } from '../../../client/config/schema.ts';
import { Counters } from '../../../client/counters.ts';
import { createLogger } from '../../../client/log.ts';
import type { Bounds } from '../../../client/outbox/bounds.ts';
import { openOutbox, type StoreRoom } from '../../../client/outbox/open.ts';
import { Outbox } from '../../../client/outbox/outbox.ts';
import type { Credentials } from '../../../client/uplink/credentials.ts';
import { healthReport } from '../../../client/uplink/health.ts';
import { Uplink } from '../../../client/uplink/uplink.ts';
import type { BrokerEvent, VirtualBroker } from '../../world/broker/virtual-broker.ts';
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
  connectTimeoutMs: 10_000,
  healthIntervalMs: 60_000,
  drainRatePerS: 50,
  nofix: 'zero',
};

const ROOMY: Bounds = { maxCount: 1_000_000, maxBytes: 1e9, maxAgeMs: 1e12, whenFull: 'drop-oldest' };
/** As long as a real sample. */
const FILLING = 'x'.repeat(500);
/** More than a connection takes to come up. */
const CONNECT_MS = 100;
/** What an uplink may take to end. */
const STOP_LIMIT_MS = 5_000;

export interface RigOptions {
  readonly config?: Partial<Config['mqtt']>;
  readonly credentials?: Credentials;
  readonly bounds?: Partial<Bounds>;
  readonly seed?: number;
  /** Pauses are drawn with this instead of the seed. */
  readonly unit?: () => number;
  /** Where the outbox is kept, as the client opens it there; otherwise it has a store that never fails. */
  readonly room?: StoreRoom;
  /** A broker by script meets the uplink instead of the virtual one. */
  readonly script?: Script;
}

/** A log line as its reader sees it. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly reason?: string;
  readonly topic?: string;
}

const WARN = 40;
const INFO = 30;

/** The client's uplink with a real outbox behind it and a virtual broker before it, in virtual time. */
export class Rig {
  readonly clock: Clock;
  readonly events: BrokerEvent[] = [];
  readonly counters = new Counters();
  readonly store = new MemoryLevel();
  logText = '';
  /** Told of every event of the broker. */
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
    // Its libraries are loaded under the virtual clock.
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
    await rig.clock.until(rig.store.open());
    await rig.boot();
    return rig;
  }

  /** One whose uplink runs and has just connected. */
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

  /** A new process on the same store: the uplink is there, but does not run yet. */
  async boot(): Promise<void> {
    const { config, credentials = {}, bounds, seed = 1, unit, room } = this.#options;
    this.#boots += 1;
    const bootId = `boot-${this.#boots}`;
    const log = createLogger({
      level: 'debug',
      format: 'json',
      sink: { write: (line) => (this.logText += line) },
    });
    const options = {
      bootId,
      bounds: { ...ROOMY, ...bounds },
      now: () => ({ atMs: performance.now(), wallMs: Date.now(), clockSynced: true }),
    };
    const opened = room
      ? openOutbox({ ...options, room, path: 'outbox', log }).then(({ outbox }) => outbox)
      : Outbox.open(this.store, options);
    const outbox = await this.clock.until(opened);
    const { counters } = this;
    const random = seededRandom(seed);
    this.#outbox = outbox;
    this.#uplink = new Uplink({
      config: { ...MQTT_CONFIG, ...config },
      credentials,
      openMqtt: this.#scripted?.open ?? this.broker.open,
      outbox,
      counters,
      health: () => healthReport({ bootId, version: '1.2.3', counters, outbox }),
      random: { ...random, ...(unit && { unit }) },
      log,
    });
  }

  /** Lets the uplink run. */
  run(): void {
    this.#stop = new AbortController();
    this.#ended = this.uplink.run(this.#stop.signal).catch((error: unknown) => error);
  }

  /** Stops the uplink; resolves to what it took, in milliseconds. */
  async stop(): Promise<number> {
    const began = this.clock.now();
    this.#stop.abort();
    await this.clock.until(this.#ended, STOP_LIMIT_MS);
    return this.clock.now() - began;
  }

  /** Stores samples; `mark` ends up in their payload. */
  async append(count: number, mark = ''): Promise<void> {
    const appended = Array.from({ length: count }, () =>
      this.outbox.append((id) => JSON.stringify({ boot_id: id.bootId, seq: id.seq, mark, filling: FILLING })),
    );
    await this.clock.until(Promise.all(appended));
  }

  /** What the broker got on a topic, oldest first. */
  received(topic: string): Received[] {
    return this.events.filter(
      (event): event is Received => event.type === 'received' && event.topic === topic,
    );
  }

  /** The samples that the broker got, oldest first, repetitions and all. */
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

  /** What a reader of the log sees at its default level. */
  get said(): LogLine[] {
    return this.#lines.filter(({ level }) => level >= INFO);
  }

  get warnings(): LogLine[] {
    return this.#lines.filter(({ level }) => level >= WARN);
  }

  get #lines(): LogLine[] {
    const lines = this.logText.split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as LogLine);
  }

  /** Ends everything; returns how many timers are left. */
  async end(): Promise<number> {
    if (!this.#stop.signal.aborted) await this.stop();
    await this.clock.until(this.outbox.settled());
    await this.clock.until(this.broker.close());
    const left = this.clock.pending();
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
  if (value === undefined) throw new Error('The rig has not been started');
  return value;
}
