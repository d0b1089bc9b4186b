import { EXIT } from './exit-codes.ts';
import type { Excuse, ExcusedUntil, Excuses, RunFacts } from './guarantee.ts';
import { SUSPENSION_MS, untilDropsReported } from './forbidden-topics.ts';
import { formatSeconds } from './tally.ts';
import { untilResumed } from './pauses.ts';
import type { TraceView } from './trace-view.ts';
import type { FaultSpan } from './view/fault-spans.ts';
import { CYCLE_BLOCKS } from './view/blocks.ts';
import { firstAfter } from './view/search.ts';
import { Spans, type Span } from './view/span.ts';

/** Longest interval between attempts to write to a store, or to open it. */
const STORE_RETRY_MS = 60_000;
/** Time in which a client without adapter exits, including 30 s for the last deliveries. */
export const ADAPTER_EXIT_MS = 60_000;

/** For a fault without a duration, its moment. */
export const whileActive: Excuse = { about: 'while active', until: ({ endMs }) => endMs };

const forever: Excuse = { about: 'until the end of the run', until: () => Infinity };

/** Until the client has exited because of the adapter and can be restarted, if it does. */
export const untilClientExits: Excuse = {
  about: `while active, and until an exit with ${EXIT.adapterUnusable} at most ${formatSeconds(ADAPTER_EXIT_MS)} later`,
  until: ({ beginMs, endMs }, { view }) =>
    view.processes
      .filter(({ end }) => end?.code === EXIT.adapterUnusable)
      .filter((process) => process.endMs > beginMs && process.endMs <= endMs + ADAPTER_EXIT_MS)
      .reduce((latestMs, process) => Math.max(latestMs, process.endMs), endMs),
};

/** Until the next link after the last end of one that the adapter has not reported. */
export const untilUnreportedNoticed: Excuse = {
  about: `while active, and until the next link after the last one that has ended meanwhile, at most ${formatSeconds(ADAPTER_EXIT_MS)} later`,
  until: ({ beginMs, endMs }, { view }) => {
    const lost = view.links.findLast((link) => link.endMs >= beginMs && link.endMs <= endMs);
    const linkedMs =
      lost && (firstAfter(view.links, lost.endMs, (link) => link.beginMs)?.beginMs ?? Infinity);
    return Math.max(endMs, Math.min(linkedMs ?? endMs, endMs + ADAPTER_EXIT_MS));
  },
};

/** Until a poll that the fault has corrupted has been repeated. */
const untilPolledAgain: Excuse = {
  about: 'while active, and supervision_timeout + 2 × request_timeout longer',
  until: ({ endMs }, { facts }) => {
    const { supervisionTimeoutMs, requestTimeoutMs } = facts.config.scooter;
    return endMs + supervisionTimeoutMs + 2 * requestTimeoutMs;
  },
};

/** The next reply of the scooter, which the stray bytes of the fault swallow; it may be off until then. */
const swallowedReplyMs: ExcusedUntil = ({ endMs }, { view }) =>
  view.reads.find(({ type, atMs }) => type === 'reply.sent' && atMs >= endMs)?.atMs ?? Infinity;

/** Until the request has been repeated whose reply the stray bytes have swallowed. */
const untilRepeated: Excuse = {
  about: 'from the next reply on, for send_interval + 2 × request_timeout',
  from: swallowedReplyMs,
  until: (fault, context) => {
    const { mqtt, scooter } = context.facts.config;
    return swallowedReplyMs(fault, context) + mqtt.sendIntervalMs + 2 * scooter.requestTimeoutMs;
  },
};

/** Until the next connection: a connection into a black hole never recovers. */
const untilReconnected: Excuse = {
  about: 'until the next connection to the broker',
  until: ({ beginMs }, { view }) =>
    firstAfter(view.connections, beginMs, (connection) => connection.beginMs)?.beginMs ?? Infinity,
};

/** Until a topic is no longer suspended on which the broker seemed to close connections. */
export const untilNotSuspended: Excuse = {
  about: `while active, and ${formatSeconds(SUSPENSION_MS)} longer`,
  until: ({ endMs }) => endMs + SUSPENSION_MS,
};

/** Until the messages of that time have been acknowledged, or the client has closed the connection. */
const untilAcknowledged: Excuse = {
  about: 'while active, and keep_alive longer',
  until: ({ endMs }, { facts }) => endMs + keepAliveMs(facts),
};

/** Until the client has noticed that the broker acknowledges nothing, and has connected again. */
export const untilAcknowledgedAgain: Excuse = {
  about:
    'while active, and until the next connection to the broker, ' +
    'at most keep_alive + reconnect_max + mqtt.connect_timeout later',
  until: ({ endMs }, { view, facts }) => {
    const { reconnectMaxMs, connectTimeoutMs } = facts.config.mqtt;
    const connectedMs = firstAfter(view.connections, endMs, (connection) => connection.beginMs)?.beginMs;
    return Math.min(connectedMs ?? Infinity, endMs + keepAliveMs(facts) + reconnectMaxMs + connectTimeoutMs);
  },
};

/** Until the next sample is stored: the client buffers samples in memory, and retries. */
const untilStoredAgain: Excuse = {
  about: `while active, and until the next sample is stored, at most until the first poll ${formatSeconds(STORE_RETRY_MS)} later`,
  until: ({ endMs }, { view }) => {
    const stored = firstAfter(view.storedEvents, endMs, ({ atMs }) => atMs)?.atMs ?? Infinity;
    const deadlineMs =
      firstAfter(view.cycles, endMs + STORE_RETRY_MS, ({ dueMs }) => dueMs)?.dueMs ?? Infinity;
    return Math.min(stored, deadlineMs);
  },
};

/** Likewise, but only if a client was started meanwhile, which cannot read what an earlier one has stored. */
const untilOpened: Excuse = {
  about: `${untilStoredAgain.about}, if a client was started during it`,
  until: (fault, context) => {
    const isStart = ({ beginMs }: Span): boolean => beginMs >= fault.beginMs && beginMs <= fault.endMs;
    return context.view.processes.some(isStart) ? untilStoredAgain.until(fault, context) : fault.beginMs;
  },
};

/** While no block is left that the scooter answers. */
const whileAllSilent: Excuse = {
  about: `while active, if at least ${CYCLE_BLOCKS.length} of them overlap: one for each block`,
  until: ({ beginMs, endMs }, { view }) => {
    const silent = view
      .faultsNamed('scooter.silent', 'scooter.misread')
      .filter((other) => other.endMs >= beginMs && other.beginMs <= endMs);
    return silent.length >= CYCLE_BLOCKS.length ? endMs : -Infinity;
  },
};

/** Until the client has logged in with the other one of two tokens: one attempt more. */
const untilOtherTokenTried: Excuse = {
  about:
    'until the next login, at most supervision_timeout + request_timeout + return_delay + retry_max + scooter.connect_timeout after ' +
    'the first link',
  until: ({ endMs }, { view, facts }) => {
    const { retryMaxMs, connectTimeoutMs, supervisionTimeoutMs, requestTimeoutMs } = facts.config.scooter;
    const linkedMs = firstAfter(view.links, endMs, ({ beginMs }) => beginMs)?.beginMs ?? endMs;
    const loggedInMs =
      view.links.flatMap(({ loginsMs }) => loginsMs).find((loginMs) => loginMs > endMs) ?? Infinity;
    const { advertisingDelayMs } = facts.scooter;
    const attemptMs =
      supervisionTimeoutMs + requestTimeoutMs + advertisingDelayMs + retryMaxMs + connectTimeoutMs;
    return Math.max(endMs, Math.min(loggedInMs, linkedMs + attemptMs));
  },
};

/** Time from the end of a process to the start of the next one, and that of a start. */
const RESTART_MS = 6_000;
/** Longest time in which processes end one after the other because of a store. */
const CRASHES_MS = 60_000;

/** Until the next process has started after the last one that the store has ended. */
const untilRepaired: Excuse = {
  about: `until ${formatSeconds(RESTART_MS)} after the last process that was killed within ${formatSeconds(CRASHES_MS)}`,
  until: ({ beginMs }, { view }) =>
    view.processes
      .filter(({ end, endMs }) => end?.how === 'killed' && endMs >= beginMs && endMs <= beginMs + CRASHES_MS)
      .reduce((latestMs, { endMs }) => Math.max(latestMs, endMs + RESTART_MS), beginMs),
};

/** Until the next process has started after the last one that could not open the outbox. */
const untilUnlocked: Excuse = {
  about: `while active, and ${formatSeconds(RESTART_MS)} longer`,
  until: ({ endMs }) => endMs + RESTART_MS,
};

/** The client is stopped or killed. */
export const CLIENT_EXCUSES: Excuses = {
  'client.kill': whileActive,
  'client.term': whileActive,
  'client.register': whileActive,
  'client.restart': whileActive,
  'client.configure': whileActive,
  'client.hangup': whileActive,
  'client.interrupt': whileActive,
  'disk.crash': untilRepaired,
  'disk.locked': untilUnlocked,
};

/** The client is stopped, killed or paused. */
const NO_SCOOTER: Excuses = { ...CLIENT_EXCUSES, 'client.pause': untilResumed };

/** The Bluetooth adapter fails. */
export const ADAPTER_EXCUSES: Excuses = {
  'adapter.down': untilClientExits,
  'adapter.flap': untilClientExits,
  'adapter.mute': untilClientExits,
  'adapter.reject': untilClientExits,
  'adapter.slow': untilClientExits,
  'adapter.silent': untilClientExits,
  'adapter.unreported': untilUnreportedNoticed,
  'adapter.reset': untilClientExits,
  'adapter.taken': untilClientExits,
  'adapter.holds': untilClientExits,
  'adapter.unscanning': untilClientExits,
  'adapter.garbage': untilClientExits,
};

/** The scooter is unreachable, or its replies are missing or invalid. */
export const SCOOTER_EXCUSES: Excuses = {
  ...NO_SCOOTER,
  ...ADAPTER_EXCUSES,
  'radio.gap': whileActive,
  'radio.loss': whileActive,
  'radio.bursts': whileActive,
  'radio.oneway': whileActive,
  'radio.crowd': whileActive,
  'radio.delay': whileActive,
  'link.drop': whileActive,
  'link.refuse': whileActive,
  'link.stall': whileActive,
  'link.incomplete': whileActive,
  'link.services': whileActive,
  'link.without': whileActive,
  'link.key': whileActive,
  'scooter.off': whileActive,
  'scooter.reboot': whileActive,
  'scooter.sleep': whileActive,
  'scooter.busy': whileActive,
  'scooter.held': whileActive,
  'scooter.impostor': whileActive,
  'scooter.rebind': forever,
  'scooter.reset': forever,
  'scooter.mute': whileActive,
  'scooter.silent': whileAllSilent,
  'scooter.misread': whileAllSilent,
  'scooter.slow': whileActive,
  'scooter.late': whileActive,
  'scooter.garbage': whileActive,
  'scooter.fragment': untilRepeated,
  'scooter.chunks': whileActive,
  'scooter.incomplete': whileActive,
  'scooter.unconfirmed': whileActive,
  'client.repair': whileActive,
  'client.pending': untilOtherTokenTried,
  'scooter.truncated': whileActive,
  'scooter.drops': whileActive,
};

/** A poll takes longer, if only because the client finds out that a block is silent. */
export const POLL_EXCUSES: Excuses = {
  ...SCOOTER_EXCUSES,
  'scooter.silent': whileActive,
  'scooter.misread': whileActive,
};

/** Replies that were transmitted do not reach the client intact. */
export const RECEPTION_EXCUSES: Excuses = {
  ...CLIENT_EXCUSES,
  'scooter.garbage': untilPolledAgain,
  'scooter.fragment': untilRepeated,
  'scooter.truncated': untilPolledAgain,
  'adapter.down': untilPolledAgain,
  'adapter.flap': untilPolledAgain,
  'adapter.mute': untilPolledAgain,
  'adapter.reset': untilPolledAgain,
  'adapter.garbage': untilPolledAgain,
};

/** Samples are not stored, or are stored late. */
export const DISK_EXCUSES: Excuses = {
  'disk.full': untilStoredAgain,
  'disk.error': untilStoredAgain,
  'disk.slow': untilStoredAgain,
};

/** The broker is unreachable or refuses connections. */
export const BROKER_EXCUSES: Excuses = {
  ...CLIENT_EXCUSES,
  'broker.stop': whileActive,
  'broker.refuse': whileActive,
  'broker.blackhole': whileActive,
  'broker.kick': whileActive,
  'broker.push': whileActive,
  'broker.announce': whileActive,
  'broker.disconnect': whileActive,
  'broker.reset': whileActive,
  'broker.foreign': whileActive,
  'broker.garbage': whileActive,
  'broker.poison': whileActive,
  'broker.flap': whileActive,
};

/** The broker is slow to take messages, or to acknowledge them. */
export const SLOW_BROKER_EXCUSES: Excuses = {
  'broker.slow': untilAcknowledged,
  'broker.lag': untilAcknowledged,
};

/** The broker takes messages slowly, or not at all. */
export const BROKER_DELAY_EXCUSES: Excuses = {
  ...BROKER_EXCUSES,
  ...SLOW_BROKER_EXCUSES,
  'broker.blackhole': untilReconnected,
  'broker.deaf': untilAcknowledgedAgain,
};

/** Deliveries are slower than the drain rate. */
export const DELIVERY_EXCUSES: Excuses = {
  ...BROKER_DELAY_EXCUSES,
  // Dropped samples are reported only then.
  'broker.flap': untilNotSuspended,
  'broker.forbid': untilDropsReported,
  'disk.full': untilOpened,
  'disk.error': untilOpened,
  'disk.slow': untilStoredAgain,
};

/** Spans in which faults excuse violations. @param except the fault being checked, which excuses nothing */
export function excusedSpans(view: TraceView, facts: RunFacts, excuses: Excuses, except?: FaultSpan): Spans {
  const rules = new Map<string, Excuse>(Object.entries(excuses));
  return new Spans(
    view.faults.flatMap((fault): Span[] => {
      const excuse = fault === except ? undefined : rules.get(fault.fault);
      const context = { view, facts };
      const beginMs = excuse?.from?.(fault, context) ?? fault.beginMs;
      const span = { beginMs, endMs: excuse?.until(fault, context) ?? -Infinity };
      return span.endMs >= span.beginMs && span.beginMs < Infinity ? [span] : [];
    }),
  );
}

/** Time without acknowledgement after which the client closes the connection. */
export function keepAliveMs({ config }: RunFacts): number {
  return config.mqtt.keepAliveS * 1000;
}
