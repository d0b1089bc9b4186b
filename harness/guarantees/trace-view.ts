import type { Config } from '../../client/config/schema.ts';
import type { EventOf, TraceEvent, TraceEventType } from '../world/trace/event.ts';
import { DropReports } from './view/drop-reports.ts';
import { ConnectionLog, type BrokerAttempt, type Connection } from './view/connections.ts';
import { EPOCH } from '../world/clock/clock.ts';
import { parseSampleId, type SampleId } from '../world/trace/sample-id.ts';
import { Deliveries, SampleMap } from './view/deliveries.ts';
import { FaultLog, type FaultSpan } from './view/fault-spans.ts';
import { ProcessLog, type ProcessSpan } from './view/processes.ts';
import { LinkLog, type Link } from './view/links.ts';
import { OnOffLog } from './view/on-off-spans.ts';
import { PollCycleLog, type PollCycle } from './view/poll-cycles.ts';
import { type Registration, RegistrationLog } from './view/registrations.ts';
import { Samples, type Sample } from './view/samples.ts';
import { lastUntil } from './view/search.ts';
import { topicNames, type TopicName } from './view/topics.ts';
import type { Span } from './view/span.ts';

/** Output of a client process that others can read. */
export type OutputEvent = EventOf<'log' | 'received' | 'client.ended'>;

/** A count of the resources of a process. */
export interface ProcessCensus {
  readonly census: EventOf<'census'>;
  readonly process: ProcessSpan;
}

type Handlers = { readonly [Type in TraceEventType]?: (event: EventOf<Type>) => void };

/** A login of which the scooter has rejected a parcel. */
export interface RejectedLogin {
  readonly atMs: number;
  readonly isBusy: boolean;
  /** When the client has started another one on the same link. */
  readonly repeatedMs: number | undefined;
}

/** A polled reply that has reached the Pi intact. */
export interface ReceivedReply {
  readonly atMs: number;
  /** When its read has reached the scooter. */
  readonly askedMs: number;
  /** Device and first register. */
  readonly registers: string;
}

/**
 * Indexes a trace by topic, in a single pass. Every list is in order of time. Log lines of the client are not used as
 * evidence; they are only in `outputs`, which is searched for secrets.
 */
export class TraceView {
  /** End of the scenario. Deadlines after it are not checked. */
  readonly endMs: number;
  /** A fault without a duration ends when it begins. */
  readonly faults: readonly FaultSpan[];
  readonly processes: readonly ProcessSpan[];
  readonly links: readonly Link[];
  /** One at each link, and one at the regular end of each process. */
  readonly censuses: readonly ProcessCensus[];
  /** Warnings of Node.js. */
  readonly warnings: readonly EventOf<'warning'>[];
  /** Loops of the client, which end the run. */
  readonly loops: readonly EventOf<'client.looped'>[];
  readonly configurations: readonly EventOf<'client.configured'>[];
  /** Times at which the client opened the adapter, and the port of the GPS receiver. */
  readonly adapterOpensMs: readonly number[];
  readonly gpsOpensMs: readonly number[];
  /** Times at which a link or an attempt to establish one has ended. */
  readonly linkEndsMs: readonly number[];
  /** Times at which the client requested chunks of a parcel again. */
  readonly chunkRequestsMs: readonly number[];
  /** Times of the Pi's connection attempts. */
  readonly linkAttemptsMs: readonly number[];
  /** Times of logins that a quirk of the scooter has ignored or ended. */
  readonly preventedLoginsMs: readonly number[];
  /** Runs of `martinete register`. */
  readonly registrations: readonly Registration[];
  /** Logins of which the scooter has rejected a parcel. */
  readonly rejectedLogins: readonly RejectedLogin[];
  /** Times of logins that the scooter has refused. */
  readonly refusedLoginsMs: readonly number[];
  /** Reads of the client: those that the scooter answers, and those that it does not. */
  readonly reads: readonly EventOf<'reply.sent' | 'reply.withheld'>[];
  /** Times of reads that the scooter does not answer. */
  readonly withheldReadsMs: readonly number[];
  /** Spans in which the Pi's adapter scanned. */
  readonly scans: readonly Span[];
  /** Spans in which the scooter advertised, in range or not. */
  readonly advertising: readonly Span[];
  readonly cycles: readonly PollCycle[];
  /** Spans in which the scooter was off. */
  readonly scooterOff: readonly Span[];
  /** Appends of samples that were synced to disk. */
  readonly storedEvents: readonly EventOf<'taken'>[];
  /** Stored samples that a fault has damaged or removed. */
  readonly damagedSamples: SampleMap<true>;
  /** Reads of stored samples from the disk. */
  readonly loads: readonly EventOf<'loaded'>[];
  /** Measurements of the GPS receiver. */
  readonly fixes: readonly EventOf<'gps.fix'>[];
  /** Polled replies that have reached the Pi intact, in the order of their arrival. */
  readonly received: readonly ReceivedReply[];
  /** Replies of the scooter that say what it is doing. */
  readonly replies: readonly EventOf<'reply.sent'>[];
  readonly connections: readonly Connection[];
  readonly brokerAttempts: readonly BrokerAttempt[];
  /** Limits stated in CONNACK that the client has exceeded. */
  readonly limitViolations: readonly EventOf<'broker.violation'>[];
  /** Times of messages from the client, excluding its last will. */
  readonly clientMessagesMs: readonly number[];
  /** Messages of the client on topics that are none of its own. */
  readonly unknownMessages: readonly EventOf<'received'>[];
  /** Messages on `<base>/status`, including the last will. */
  readonly statusMessages: readonly EventOf<'received'>[];
  /** Log lines, errors and all published messages. */
  readonly outputs: readonly OutputEvent[];
  readonly #messages: ReadonlyMap<TopicName, readonly EventOf<'received'>[]>;
  readonly #clockSteps: readonly EventOf<'clock.stepped'>[];
  #deliveries: Deliveries | undefined;
  #dropReports: DropReports | undefined;
  #samples: Samples | undefined;

  /** @param endMs end of the scenario; by default the end of the trace */
  constructor(events: readonly TraceEvent[], { mqtt, scooter }: Config, endMs = events.at(-1)?.atMs ?? 0) {
    const names = topicNames(mqtt);
    const faults = new FaultLog();
    const processes = new ProcessLog();
    const links = new LinkLog();
    const registrations = new RegistrationLog();
    const censuses: ProcessCensus[] = [];
    const warnings: EventOf<'warning'>[] = [];
    const loops: EventOf<'client.looped'>[] = [];
    const configurations: EventOf<'client.configured'>[] = [];
    const cycles = new PollCycleLog(scooter.requestTimeoutMs);
    const scans = new OnOffLog();
    const advertising = new OnOffLog();
    const connections = new ConnectionLog();
    const power: EventOf<'scooter.on' | 'scooter.off'>[] = [];
    const linkAttemptsMs: number[] = [];
    const preventedLoginsMs: number[] = [];
    const rejectedLogins: { -readonly [Key in keyof RejectedLogin]: RejectedLogin[Key] }[] = [];
    const repeatLogin = (atMs: number): void => {
      const rejected = rejectedLogins.at(-1);
      if (rejected) rejected.repeatedMs ??= atMs;
    };
    const refusedLoginsMs: number[] = [];
    const withheldReadsMs: number[] = [];
    const reads: EventOf<'reply.sent' | 'reply.withheld'>[] = [];
    const adapterOpensMs: number[] = [];
    const gpsOpensMs: number[] = [];
    const linkEndsMs: number[] = [];
    const chunkRequestsMs: number[] = [];
    const storedEvents: EventOf<'taken'>[] = [];
    const limitViolations: EventOf<'broker.violation'>[] = [];
    const loads: EventOf<'loaded'>[] = [];
    const fixes: EventOf<'gps.fix'>[] = [];
    const replies: EventOf<'reply.sent'>[] = [];
    const sent = new Map<number, EventOf<'reply.sent'>>();
    const received: ReceivedReply[] = [];
    const clockSteps: EventOf<'clock.stepped'>[] = [];
    const clientMessagesMs: number[] = [];
    const statusMessages: EventOf<'received'>[] = [];
    const outputs: OutputEvent[] = [];
    const messages = new Map<TopicName, EventOf<'received'>[]>([...names.values()].map((name) => [name, []]));
    const unknownMessages: EventOf<'received'>[] = [];
    const addBrokerEvent = (event: Parameters<ConnectionLog['add']>[0]): void => {
      if (event.clientId === mqtt.clientId) connections.add(event, processes.current);
    };
    const sampled = new SampleMap<true>();
    const damagedSamples = new SampleMap<true>();
    // With a sync_interval, samples may be delivered before they are stored.
    const addSample = (id: SampleId, event: EventOf<'taken' | 'received'>): void => {
      if (sampled.get(id)) return;
      sampled.set(id, true);
      const link = links.current;
      if (cycles.taken(event) && link) link.cycleCount += 1;
    };
    const addPowerEvent = (event: EventOf<'scooter.on' | 'scooter.off'>): void => void power.push(event);
    const handlers: Handlers = {
      'fault.began': (event) => {
        faults.began(event);
        if (event.fault === 'adapter.mute') cycles.adapterMuted(true);
        if (event.fault === 'link.stall') cycles.stalled();
      },
      'fault.ended': (event) => {
        faults.ended(event);
        if (event.fault === 'adapter.mute') cycles.adapterMuted(false);
      },
      'client.started': (event) => processes.started(event),
      'client.ended': (event) => {
        processes.ended(event);
        cycles.reset();
        scans.ended(event);
        outputs.push(event);
      },
      'command.started': (event) => registrations.started(event),
      'command.ended': (event) => registrations.ended(event),
      beep: (event) => registrations.scooter(event),
      'pairing.opened': (event) => registrations.scooter(event),
      paired: (event) => registrations.scooter(event),
      'scooter.on': addPowerEvent,
      'scooter.off': addPowerEvent,
      scan: (event) => (event.on ? scans.started(event) : scans.ended(event)),
      advertising: (event) => (event.on ? advertising.started(event) : advertising.ended(event)),
      'adapter.opened': ({ atMs }) => adapterOpensMs.push(atMs),
      'gps.opened': ({ atMs }) => gpsOpensMs.push(atMs),
      'chunks.requested': ({ atMs }) => chunkRequestsMs.push(atMs),
      'link.attempt': ({ atMs }) => linkAttemptsMs.push(atMs),
      'link.up': (event) => {
        links.up(event, processes.current);
        cycles.linkEnded();
      },
      'link.updated': (event) => links.updated(event),
      'link.down': (event) => {
        if (links.current) cycles.linkEnded();
        const link = links.down(event);
        // A link from before the last attempt, which the client has lost unseen, does not end that attempt.
        if (!link || link.beginMs >= (linkAttemptsMs.at(-1) ?? 0)) linkEndsMs.push(event.atMs);
      },
      'link.released': (event) => links.released(event),
      login: (event) => {
        if (event.ok) links.login(event);
        else refusedLoginsMs.push(event.atMs);
      },
      'login.prevented': (event) => {
        preventedLoginsMs.push(event.atMs);
        const { atMs, rejection } = event;
        if (rejection) rejectedLogins.push({ atMs, isBusy: rejection === 'busy', repeatedMs: undefined });
        // The scooter may ignore the start of the next login.
        else repeatLogin(atMs);
      },
      'login.repeated': ({ atMs }) => repeatLogin(atMs),
      census: (event) => {
        links.setCensus(event);
        if (processes.current) censuses.push({ census: event, process: processes.current });
      },
      warning: (event) => warnings.push(event),
      'client.looped': (event) => loops.push(event),
      'client.configured': (event) => configurations.push(event),
      'reply.sent': (event) => {
        if (links.current) links.current.replyCount += 1;
        reads.push(event);
        cycles.sent(event);
        sent.set(event.id, event);
        if (event.truth) replies.push(event);
      },
      'reply.withheld': (event) => {
        reads.push(event);
        withheldReadsMs.push(event.atMs);
        cycles.withheld(event);
      },
      'reply.carried': (event) => {
        const link = links.current;
        const reply = sent.get(event.id);
        const registers = reply ? `${reply.device} ${reply.register}` : '';
        const askedMs = reply ? reply.atMs - (reply.waitedMs ?? 0) : event.atMs;
        received.push({ atMs: event.atMs, askedMs, registers });
        sent.delete(event.id);
        if (cycles.carried(event, link) && link) link.cycleCount += 1;
      },
      taken: (event) => {
        storedEvents.push(event);
        addSample(event, event);
      },
      'sample.damaged': (event) => damagedSamples.set(event, true),
      loaded: (event) => loads.push(event),
      'gps.fix': (event) => fixes.push(event),
      'clock.stepped': (event) => clockSteps.push(event),
      'broker.attempt': addBrokerEvent,
      'broker.refused': addBrokerEvent,
      'broker.connected': addBrokerEvent,
      'broker.disconnected': addBrokerEvent,
      'broker.violation': (event) => limitViolations.push(event),
      log: (event) => outputs.push(event),
      received: (event) => {
        outputs.push(event);
        const name = names.get(event.topic);
        if (name === 'status' && !event.isForbidden) statusMessages.push(event);
        if (event.clientId !== mqtt.clientId || event.isWill) return;
        clientMessagesMs.push(event.atMs);
        if (event.isForbidden) return;
        const id = name === 'journal' ? parseSampleId(event.payload) : undefined;
        if (id) addSample(id, event);
        if (name) messages.get(name)?.push(event);
        else unknownMessages.push(event);
      },
    };
    for (const event of events) (handlers[event.type] as ((event: TraceEvent) => void) | undefined)?.(event);
    this.endMs = endMs;
    this.faults = faults.spans;
    this.processes = processes.processes;
    this.links = links.links;
    this.censuses = censuses;
    this.warnings = warnings;
    this.loops = loops;
    this.configurations = configurations;
    this.adapterOpensMs = adapterOpensMs;
    this.gpsOpensMs = gpsOpensMs;
    this.linkEndsMs = linkEndsMs;
    this.chunkRequestsMs = chunkRequestsMs;
    this.linkAttemptsMs = linkAttemptsMs;
    this.preventedLoginsMs = preventedLoginsMs;
    this.registrations = registrations.registrations;
    this.rejectedLogins = rejectedLogins;
    this.refusedLoginsMs = refusedLoginsMs;
    this.reads = reads;
    this.withheldReadsMs = withheldReadsMs;
    this.scans = scans.spans;
    this.advertising = advertising.spans;
    this.cycles = cycles.cycles;
    this.scooterOff = offSpans(power);
    this.storedEvents = storedEvents;
    this.damagedSamples = damagedSamples;
    this.loads = loads;
    this.fixes = fixes;
    this.replies = replies;
    this.received = received;
    this.#clockSteps = clockSteps;
    this.connections = connections.connections;
    this.brokerAttempts = connections.attempts;
    this.limitViolations = limitViolations;
    this.clientMessagesMs = clientMessagesMs;
    this.unknownMessages = unknownMessages;
    this.statusMessages = statusMessages;
    this.outputs = outputs;
    this.#messages = messages;
  }

  /** Messages of the client on a topic that the broker has not forbidden, without the last will. */
  messages(name: TopicName): readonly EventOf<'received'>[] {
    return this.#messages.get(name) ?? [];
  }

  /** Messages on the journal topic. */
  get deliveries(): Deliveries {
    return (this.#deliveries ??= new Deliveries(this.messages('journal')));
  }

  /** Dropped samples that were reported on `<base>/health` or `<base>/health/dropped`. */
  get dropReports(): DropReports {
    return (this.#dropReports ??= new DropReports(this.messages('health'), this.messages('dropped')));
  }

  /** Stored samples and their delivery, in the order of storing. */
  get samples(): readonly Sample[] {
    return this.#stored.all;
  }

  /** The stored sample with an id. */
  sampleOf(id: SampleId): Sample | undefined {
    return this.#stored.of(id);
  }

  get #stored(): Samples {
    return (this.#samples ??= new Samples(this.storedEvents, this.deliveries, this.dropReports));
  }

  /** The wall clock of the Pi at a time, in milliseconds since 1970. */
  wallMs(ms: number): number {
    const steps = this.#clockSteps.filter(({ atMs }) => atMs <= ms);
    return EPOCH.getTime() + ms + steps.reduce((sum, { byMs }) => sum + byMs, 0);
  }

  /** Times at which the wall clock was stepped. */
  get clockStepsMs(): readonly number[] {
    return this.#clockSteps.map(({ atMs }) => atMs);
  }

  /** Whether the wall clock was stepped while a client ran. */
  get isClockStepped(): boolean {
    const beganMs = this.processes[0]?.beginMs ?? Infinity;
    return this.#clockSteps.some(({ atMs }) => atMs > beganMs);
  }

  /** The client process that runs at a time. */
  processAt(ms: number): ProcessSpan | undefined {
    const process = lastUntil(this.processes, ms, ({ beginMs }) => beginMs);
    return process && process.endMs > ms ? process : undefined;
  }

  /** Whether the same client process runs from one time to another. */
  runsThrough(fromMs: number, toMs: number): boolean {
    const process = this.processAt(fromMs);
    return process !== undefined && process.endMs > toMs;
  }

  /** The faults with the given names. */
  faultsNamed(...names: readonly string[]): FaultSpan[] {
    return this.faults.filter(({ fault }) => names.includes(fault));
  }
}

/** Spans in which the scooter was off. It is on initially, unless the first event switches it on. */
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
