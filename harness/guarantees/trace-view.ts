import type { Config } from '../../client/config/schema.ts';
import { topicsOf } from '../../client/uplink/topics.ts';
import type { EventOf, TraceEvent, TraceEventType } from '../world/trace/event.ts';
import { DropReports } from './view/drop-reports.ts';
import { ConnectionLog, type BrokerAttempt, type Connection } from './view/connections.ts';
import type { SampleId } from '../world/trace/sample-id.ts';
import { Deliveries } from './view/deliveries.ts';
import { FaultLog, type FaultSpan } from './view/fault-spans.ts';
import { LifeLog, type Life } from './view/lives.ts';
import { LinkLog, type Link } from './view/links.ts';
import { PollCycleLog, type PollCycle } from './view/poll-cycles.ts';
import { Samples, type Sample } from './view/samples.ts';
import { ScanLog } from './view/scans.ts';
import { lastUntil } from './view/search.ts';
import type { Span } from './view/span.ts';

/** What a process of the client leaves for others to read. */
export type OutputEvent = EventOf<'log' | 'received' | 'client.ended'>;

type Handlers = { readonly [Type in TraceEventType]?: (event: EventOf<Type>) => void };

/**
 * A trace by what it is about, read once. Everything is in order of time. What the client itself has said is believed
 * nowhere; it stands in `words`, where secrets are looked for.
 */
export class TraceView {
  /** The end of the story: what had no time to happen before is nobody's fault. */
  readonly endMs: number;
  /** Moments end when they begin. */
  readonly faults: readonly FaultSpan[];
  readonly lives: readonly Life[];
  readonly links: readonly Link[];
  /** When the Pi's adapter was told to connect. */
  readonly linkAttemptsMs: readonly number[];
  /** While the Pi's adapter scanned. */
  readonly scans: readonly Span[];
  readonly cycles: readonly PollCycle[];
  /** While the scooter was off. */
  readonly scooterOff: readonly Span[];
  /** Samples whose append was synced. */
  readonly storedEvents: readonly EventOf<'taken'>[];
  /** What the receiver measured. */
  readonly fixes: readonly EventOf<'gps.fix'>[];
  readonly connections: readonly Connection[];
  readonly brokerAttempts: readonly BrokerAttempt[];
  /** When the broker received anything that the client itself had sent. */
  readonly clientMessagesMs: readonly number[];
  /** What came on `<base>/live`. */
  readonly liveMessages: readonly EventOf<'received'>[];
  /** What came on `<base>/status`, also as the last will. */
  readonly statusMessages: readonly EventOf<'received'>[];
  /** What others get to read: log lines, errors, and everything that was published. */
  readonly outputs: readonly OutputEvent[];
  readonly #journal: readonly EventOf<'received'>[];
  readonly #health: readonly EventOf<'received'>[];
  #deliveries: Deliveries | undefined;
  #dropReports: DropReports | undefined;
  #samples: Samples | undefined;

  /** @param endMs the end of the story; that of the trace unless said */
  constructor(events: readonly TraceEvent[], { mqtt }: Config, endMs = events.at(-1)?.atMs ?? 0) {
    const topics = topicsOf(mqtt);
    const faults = new FaultLog();
    const lives = new LifeLog();
    const links = new LinkLog();
    const cycles = new PollCycleLog();
    const scans = new ScanLog();
    const connections = new ConnectionLog();
    const power: EventOf<'scooter.on' | 'scooter.off'>[] = [];
    const linkAttemptsMs: number[] = [];
    const taken: EventOf<'taken'>[] = [];
    const fixes: EventOf<'gps.fix'>[] = [];
    const heardOfMs: number[] = [];
    const statusMessages: EventOf<'received'>[] = [];
    const words: OutputEvent[] = [];
    const received = new Map<string, EventOf<'received'>[]>(
      Object.values(topics).map((topic) => [topic, []]),
    );
    const addBrokerEvent = (event: Parameters<ConnectionLog['add']>[0]): void => {
      if (event.clientId === mqtt.clientId) connections.add(event, lives.current);
    };
    const addPowerEvent = (event: EventOf<'scooter.on' | 'scooter.off'>): void => void power.push(event);
    const handlers: Handlers = {
      'fault.began': (event) => faults.began(event),
      'fault.ended': (event) => faults.ended(event),
      'client.started': (event) => lives.started(event),
      'client.ended': (event) => {
        lives.ended(event);
        cycles.reset();
        scans.ended(event);
        words.push(event);
      },
      'scooter.on': addPowerEvent,
      'scooter.off': addPowerEvent,
      scan: (event) => (event.on ? scans.started(event) : scans.ended(event)),
      'link.attempt': ({ atMs }) => linkAttemptsMs.push(atMs),
      'link.up': (event) => {
        links.up(event, lives.current);
        cycles.linkEnded();
      },
      'link.updated': (event) => links.updated(event),
      'link.down': (event) => {
        if (links.current) cycles.linkEnded();
        links.down(event);
      },
      login: (event) => links.login(event),
      census: (event) => links.setCensus(event),
      'reply.sent': (event) => {
        if (links.current) links.current.replyCount += 1;
        cycles.sent(event);
      },
      'reply.carried': (event) => {
        const link = links.current;
        if (cycles.carried(event, link) && link) link.cycleCount += 1;
      },
      taken: (event) => taken.push(event),
      'gps.fix': (event) => fixes.push(event),
      'broker.attempt': addBrokerEvent,
      'broker.connected': addBrokerEvent,
      'broker.disconnected': addBrokerEvent,
      log: (event) => words.push(event),
      received: (event) => {
        words.push(event);
        if (event.topic === topics.status) statusMessages.push(event);
        if (event.clientId !== mqtt.clientId || event.isWill) return;
        heardOfMs.push(event.atMs);
        received.get(event.topic)?.push(event);
      },
    };
    for (const event of events) (handlers[event.type] as ((event: TraceEvent) => void) | undefined)?.(event);
    this.endMs = endMs;
    this.faults = faults.spans;
    this.lives = lives.lives;
    this.links = links.links;
    this.linkAttemptsMs = linkAttemptsMs;
    this.scans = scans.spans;
    this.cycles = cycles.cycles;
    this.scooterOff = offSpans(power);
    this.storedEvents = taken;
    this.fixes = fixes;
    this.connections = connections.connections;
    this.brokerAttempts = connections.attempts;
    this.clientMessagesMs = heardOfMs;
    this.liveMessages = received.get(topics.live) ?? [];
    this.statusMessages = statusMessages;
    this.outputs = words;
    this.#journal = received.get(topics.journal) ?? [];
    this.#health = received.get(topics.health) ?? [];
  }

  /** What came on the journal's topic. */
  get deliveries(): Deliveries {
    return (this.#deliveries ??= new Deliveries(this.#journal));
  }

  /** What was said on `<base>/health` about samples that will never come. */
  get dropReports(): DropReports {
    return (this.#dropReports ??= new DropReports(this.#health));
  }

  /** What became of everything that was stored, in the order of storing. */
  get samples(): readonly Sample[] {
    return this.#stored.all;
  }

  /** A sample, if it was ever stored. */
  sampleOf(id: SampleId): Sample | undefined {
    return this.#stored.of(id);
  }

  get #stored(): Samples {
    return (this.#samples ??= new Samples(this.storedEvents, this.deliveries, this.dropReports));
  }

  /** The process of the client that runs at a moment. */
  lifeAt(ms: number): Life | undefined {
    const life = lastUntil(this.lives, ms, ({ beginMs }) => beginMs);
    return life && life.endMs > ms ? life : undefined;
  }

  /** Whether one and the same process of the client runs from one moment to the other. */
  livesThrough(fromMs: number, toMs: number): boolean {
    const life = this.lifeAt(fromMs);
    return life !== undefined && life.endMs > toMs;
  }

  faultsNamed(...names: readonly string[]): FaultSpan[] {
    return this.faults.filter(({ fault }) => names.includes(fault));
  }
}

/** A scooter of which nothing is said is on; one that is switched on was off before. */
function offSpans(power: readonly EventOf<'scooter.on' | 'scooter.off'>[]): Span[] {
  const off: Span[] = [];
  let sinceMs = power[0]?.type === 'scooter.on' ? 0 : undefined;
  for (const { type, atMs } of power) {
    if (type === 'scooter.off') sinceMs ??= atMs;
    else if (sinceMs !== undefined) {
      off.push({ beginMs: sinceMs, endMs: atMs });
      sinceMs = undefined;
    }
  }
  if (sinceMs !== undefined) off.push({ beginMs: sinceMs, endMs: Infinity });
  return off;
}
