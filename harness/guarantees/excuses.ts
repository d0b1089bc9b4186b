import { EXIT } from '../../client/errors.ts';
import type { FaultName } from '../scenario/faults/table.ts';
import type { RunFacts } from './guarantee.ts';
import type { TraceView } from './trace-view.ts';
import type { FaultSpan } from './view/fault-spans.ts';
import { firstAfter } from './view/search.ts';
import { Spans, type Span } from './view/span.ts';

/** What a fault is judged in. */
interface ExcuseContext {
  readonly view: TraceView;
  readonly facts: RunFacts;
}

/** Until when a fault is felt, in milliseconds since the world began. */
export type ExcusedUntil = (fault: FaultSpan, scene: ExcuseContext) => number;

/** The faults for which a guarantee is not to blame, each as long as it is felt. */
export type Excuses = Readonly<Partial<Record<FaultName, ExcusedUntil>>>;

/** From one attempt to open a store that does not open to the next one. */
const STORE_RETRY_MS = 60_000;
/** A client that has lost its adapter finds out and ends within this time: it leaves the broker 30 s for the rest. */
const ADAPTER_EXIT_MS = 60_000;

export const whileActive: ExcusedUntil = ({ endMs }) => endMs;

const forever: ExcusedUntil = () => Infinity;

/** A client whose adapter has failed under it ends, and is started anew. */
const untilClientExits: ExcusedUntil = ({ beginMs, endMs }, { view }) =>
  view.lives
    .filter(({ end }) => end?.code === EXIT.adapterUnusable)
    .filter((life) => life.endMs > beginMs && life.endMs <= endMs + ADAPTER_EXIT_MS)
    .reduce((latestMs, life) => Math.max(latestMs, life.endMs), endMs);

/** As long as a client does not know yet that its adapter was away, it cannot hang up. */
export const untilRelinked: ExcusedUntil = ({ beginMs, endMs }, { view }) => {
  const linkedMs = firstAfter(view.links, beginMs, (link) => link.beginMs)?.beginMs ?? Infinity;
  return Math.max(endMs, Math.min(linkedMs, endMs + ADAPTER_EXIT_MS));
};

/** What was spoilt is asked for again. */
export const untilPolledAgain: ExcusedUntil = ({ endMs }, { facts }) => {
  const { supervisionTimeoutMs, requestTimeoutMs } = facts.config.scooter;
  return endMs + supervisionTimeoutMs + 2 * requestTimeoutMs;
};

/** A connection into nothing is dead for good: the client has to make another. */
const untilReconnected: ExcusedUntil = ({ beginMs }, { view }) =>
  firstAfter(view.connections, beginMs, (connection) => connection.beginMs)?.beginMs ?? Infinity;

/** What came while it lasted is still acknowledged late, or the client gives the connection up. */
const untilAcknowledged: ExcusedUntil = ({ endMs }, { facts }) => endMs + keepAliveMs(facts);

/**
 * A store that has failed, or could not be opened at all, is tried again with the next sample; what memory has held
 * meanwhile reaches the disk then.
 */
const untilStoredAgain: ExcusedUntil = ({ endMs }, { view }) => {
  const stored = firstAfter(view.storedEvents, endMs, ({ atMs }) => atMs)?.atMs ?? Infinity;
  const deadlineMs = firstAfter(view.cycles, endMs + STORE_RETRY_MS, ({ dueMs }) => dueMs)?.dueMs ?? Infinity;
  return Math.min(stored, deadlineMs);
};

/** Somebody wants the client to end. */
export const CLIENT_EXCUSES: Excuses = { 'client.kill': whileActive, 'client.term': whileActive };

/** The client cannot use its own radio. */
export const ADAPTER_EXCUSES: Excuses = {
  'adapter.down': untilClientExits,
  'adapter.flap': untilClientExits,
  'adapter.mute': untilClientExits,
};

/** The scooter cannot be reached, or does not answer as it should. */
export const SCOOTER_EXCUSES: Excuses = {
  ...CLIENT_EXCUSES,
  ...ADAPTER_EXCUSES,
  'radio.gap': whileActive,
  'radio.loss': whileActive,
  'radio.delay': whileActive,
  'link.drop': whileActive,
  'link.refuse': whileActive,
  'link.stall': whileActive,
  'scooter.off': whileActive,
  'scooter.reboot': whileActive,
  'scooter.busy': whileActive,
  'scooter.rebind': forever,
  'scooter.reset': forever,
  'scooter.mute': whileActive,
  'scooter.garbage': whileActive,
};

/** What the air carries does not reach the client, or not in one piece. */
export const RECEPTION_EXCUSES: Excuses = {
  ...CLIENT_EXCUSES,
  'scooter.garbage': untilPolledAgain,
  'adapter.down': untilPolledAgain,
  'adapter.flap': untilPolledAgain,
  'adapter.mute': untilPolledAgain,
};

/** Samples are not stored, or not yet. */
export const DISK_EXCUSES: Excuses = {
  'disk.full': untilStoredAgain,
  'disk.error': untilStoredAgain,
};

/** The broker lets nobody in. */
export const BROKER_EXCUSES: Excuses = {
  ...CLIENT_EXCUSES,
  'broker.stop': whileActive,
  'broker.refuse': whileActive,
  'broker.blackhole': whileActive,
  'broker.kick': whileActive,
};

/** Samples do not flow from the store to the broker as fast as they may. */
export const DELIVERY_EXCUSES: Excuses = {
  ...BROKER_EXCUSES,
  'broker.blackhole': untilReconnected,
  'broker.slow': untilAcknowledged,
  'disk.full': untilStoredAgain,
  'disk.error': untilStoredAgain,
};

/** When faults are felt that excuse something; `except` is the one that is judged. */
export function excusedSpans(view: TraceView, facts: RunFacts, excuses: Excuses, except?: FaultSpan): Spans {
  const rules = new Map<string, ExcusedUntil>(Object.entries(excuses));
  return new Spans(
    view.faults.flatMap((fault): Span[] => {
      const until = fault === except ? undefined : rules.get(fault.fault);
      return until ? [{ beginMs: fault.beginMs, endMs: until(fault, { view, facts }) }] : [];
    }),
  );
}

/** How long the broker may leave something unacknowledged before the client gives the connection up. */
export function keepAliveMs({ config }: RunFacts): number {
  return config.mqtt.keepAliveS * 1000;
}
