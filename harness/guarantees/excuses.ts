import { EXIT } from '../../client/errors.ts';
import type { FaultName } from '../scenario/faults/table.ts';
import type { Terms } from './guarantee.ts';
import type { TraceView } from './trace-view.ts';
import type { FaultSpan } from './view/fault-spans.ts';
import { firstAfter } from './view/search.ts';
import { Spans, type Span } from './view/span.ts';

/** What a fault is judged in. */
interface Scene {
  readonly view: TraceView;
  readonly terms: Terms;
}

/** Until when a fault is felt, in milliseconds since the world began. */
export type Felt = (fault: FaultSpan, scene: Scene) => number;

/** The faults for which a guarantee is not to blame, each as long as it is felt. */
export type Excuses = Readonly<Partial<Record<FaultName, Felt>>>;

/** From one attempt to open a store that does not open to the next one. */
const REOPENING_MS = 60_000;
/** A client that has lost its adapter finds out and ends within this time: it leaves the broker 30 s for the rest. */
const GIVING_UP_MS = 60_000;

export const whileItLasts: Felt = ({ endMs }) => endMs;

const forGood: Felt = () => Infinity;

/** A client whose adapter has failed under it ends, and is started anew. */
const untilOneEndsOfIt: Felt = ({ beginMs, endMs }, { view }) =>
  view.lives
    .filter(({ end }) => end?.code === EXIT.adapterUnusable)
    .filter((life) => life.endMs > beginMs && life.endMs <= endMs + GIVING_UP_MS)
    .reduce((latestMs, life) => Math.max(latestMs, life.endMs), endMs);

/** As long as a client does not know yet that its adapter was away, it cannot hang up. */
export const untilLinkedAnew: Felt = ({ beginMs, endMs }, { view }) => {
  const linkedMs = firstAfter(view.links, beginMs, (link) => link.beginMs)?.beginMs ?? Infinity;
  return Math.max(endMs, Math.min(linkedMs, endMs + GIVING_UP_MS));
};

/** What was spoilt is asked for again. */
export const untilAskedAgain: Felt = ({ endMs }, { terms }) => {
  const { supervisionTimeoutMs, requestTimeoutMs } = terms.config.scooter;
  return endMs + supervisionTimeoutMs + 2 * requestTimeoutMs;
};

/** A connection into nothing is dead for good: the client has to make another. */
const untilConnectedAnew: Felt = ({ beginMs }, { view }) =>
  firstAfter(view.connections, beginMs, (connection) => connection.beginMs)?.beginMs ?? Infinity;

/** What came while it lasted is still acknowledged late, or the client gives the connection up. */
const untilAcknowledged: Felt = ({ endMs }, { terms }) => endMs + keepAliveMs(terms);

/**
 * A store that has failed, or could not be opened at all, is tried again with the next sample; what memory has held
 * meanwhile reaches the disk then.
 */
const untilStoredAgain: Felt = ({ endMs }, { view }) => {
  const stored = firstAfter(view.taken, endMs, ({ atMs }) => atMs)?.atMs ?? Infinity;
  const hadToBe = firstAfter(view.cycles, endMs + REOPENING_MS, ({ dueMs }) => dueMs)?.dueMs ?? Infinity;
  return Math.min(stored, hadToBe);
};

/** Somebody wants the client to end. */
export const CLIENT_ENDED: Excuses = { 'client.kill': whileItLasts, 'client.term': whileItLasts };

/** The client cannot use its own radio. */
export const ADAPTER_IN_TROUBLE: Excuses = {
  'adapter.down': untilOneEndsOfIt,
  'adapter.flap': untilOneEndsOfIt,
  'adapter.mute': untilOneEndsOfIt,
};

/** The scooter cannot be reached, or does not answer as it should. */
export const SCOOTER_IN_TROUBLE: Excuses = {
  ...CLIENT_ENDED,
  ...ADAPTER_IN_TROUBLE,
  'radio.gap': whileItLasts,
  'radio.loss': whileItLasts,
  'radio.delay': whileItLasts,
  'link.drop': whileItLasts,
  'link.refuse': whileItLasts,
  'link.stall': whileItLasts,
  'scooter.off': whileItLasts,
  'scooter.reboot': whileItLasts,
  'scooter.busy': whileItLasts,
  'scooter.rebind': forGood,
  'scooter.reset': forGood,
  'scooter.mute': whileItLasts,
  'scooter.garbage': whileItLasts,
};

/** What the air carries does not reach the client, or not in one piece. */
export const HEARING_IN_TROUBLE: Excuses = {
  ...CLIENT_ENDED,
  'scooter.garbage': untilAskedAgain,
  'adapter.down': untilAskedAgain,
  'adapter.flap': untilAskedAgain,
  'adapter.mute': untilAskedAgain,
};

/** Samples are not stored, or not yet. */
export const DISK_IN_TROUBLE: Excuses = {
  'disk.full': untilStoredAgain,
  'disk.error': untilStoredAgain,
};

/** The broker lets nobody in. */
export const BROKER_CLOSED: Excuses = {
  ...CLIENT_ENDED,
  'broker.stop': whileItLasts,
  'broker.refuse': whileItLasts,
  'broker.blackhole': whileItLasts,
  'broker.kick': whileItLasts,
};

/** Samples do not flow from the store to the broker as fast as they may. */
export const DELIVERY_IN_TROUBLE: Excuses = {
  ...BROKER_CLOSED,
  'broker.blackhole': untilConnectedAnew,
  'broker.slow': untilAcknowledged,
  'disk.full': untilStoredAgain,
  'disk.error': untilStoredAgain,
};

/** When faults are felt that excuse something; `except` is the one that is judged. */
export function troubles(view: TraceView, terms: Terms, excuses: Excuses, except?: FaultSpan): Spans {
  const felt = new Map<string, Felt>(Object.entries(excuses));
  return new Spans(
    view.faults.flatMap((fault): Span[] => {
      const until = fault === except ? undefined : felt.get(fault.fault);
      return until ? [{ beginMs: fault.beginMs, endMs: until(fault, { view, terms }) }] : [];
    }),
  );
}

/** How long the broker may leave something unacknowledged before the client gives the connection up. */
export function keepAliveMs({ config }: Terms): number {
  return config.mqtt.keepAliveS * 1000;
}
