import { ADAPTER_EXCUSES, DISK_EXCUSES, excusedSpans } from './excuses.ts';
import type { RunFacts } from './guarantee.ts';
import { MAX_SESSION_REPLIES } from './l1-short-gap.ts';
import type { TraceView } from './trace-view.ts';
import type { ProcessSpan } from './view/processes.ts';
import { SampleMap } from './view/deliveries.ts';
import { countBetween, countUntil, itemsIn } from './view/search.ts';
import { Spans } from './view/span.ts';

/** Counts what has happened to a process up to a time. */
type CountUntil = (ms: number) => number;

/** What the world has counted for a process. */
export interface ProcessCounts {
  /** Connections to the broker, and attempts. */
  readonly connects: CountUntil;
  /** Connections on which the client has published: it knows that it was connected. */
  readonly usedConnects: CountUntil;
  readonly attempts: CountUntil;
  /** Accepted logins, and those of links that were polled and have ended. */
  readonly logins: CountUntil;
  readonly polledLogins: CountUntil;
  /** Links that were polled and have ended, except those that end with their frame counter or by a pause. */
  readonly linksLost: CountUntil;
  readonly linkAttempts: CountUntil;
  readonly stored: CountUntil;
  /** Different samples that the broker has received. */
  readonly delivered: CountUntil;
  /** Whether the adapter or the disk has failed since the start of the process. */
  readonly hasFailed: (what: 'adapter' | 'disk', ms: number) => boolean;
}

export function countsOf(process: ProcessSpan, view: TraceView, facts: RunFacts): ProcessCounts {
  const links = view.links.filter((link) => link.process === process);
  const polled = links.filter(({ cycleCount }) => cycleCount > 0);
  const failures = {
    adapter: excusedSpans(view, facts, ADAPTER_EXCUSES),
    disk: excusedSpans(view, facts, DISK_EXCUSES),
  };
  const paused = new Spans(view.faultsNamed('client.pause'));
  const ofProcess = (timesMs: readonly number[]): CountUntil =>
    counter(timesMs.filter((ms) => ms >= process.beginMs && ms <= process.endMs));
  return {
    connects: ofProcess(view.connections.map(({ beginMs }) => beginMs)),
    usedConnects: ofProcess(
      view.connections
        .filter(({ beginMs, endMs }) => countBetween(view.clientMessagesMs, beginMs - 1, endMs) > 0)
        .map(({ beginMs }) => beginMs),
    ),
    attempts: ofProcess(view.brokerAttempts.map(({ atMs }) => atMs)),
    logins: ofProcess(links.flatMap(({ loginsMs }) => loginsMs)),
    polledLogins: ofProcess(polled.filter(({ loginsMs }) => loginsMs.length > 0).map(({ endMs }) => endMs)),
    linksLost: ofProcess(
      polled
        .filter(({ replyCount }) => replyCount < MAX_SESSION_REPLIES)
        .map(({ endMs }) => endMs)
        .filter((ms) => !paused.overlaps(ms - 1, ms)),
    ),
    linkAttempts: ofProcess(view.linkAttemptsMs),
    // What was stored in the moment of the start was stored by the process before.
    stored: counter(
      itemsIn(view.samples, process, ({ storedMs }) => storedMs)
        .map(({ storedMs }) => storedMs)
        .filter((ms) => ms > process.beginMs),
    ),
    delivered: counter(deliveriesMs(process, view)),
    hasFailed: (what, ms) => failures[what].overlaps(process.beginMs, ms),
  };
}

/** When the broker received each sample for the first time from a process. */
function deliveriesMs(process: ProcessSpan, { deliveries }: TraceView): number[] {
  const known = new SampleMap<true>();
  return [deliveries.first, deliveries.repeated].flatMap((delivered) =>
    itemsIn(delivered, process, ({ atMs }) => atMs).flatMap((delivery) => {
      if (known.get(delivery)) return [];
      known.set(delivery, true);
      return [delivery.atMs];
    }),
  );
}

function counter(timesMs: readonly number[]): CountUntil {
  const sorted = timesMs.toSorted((a, b) => a - b);
  return (ms) => countUntil(sorted, ms, (atMs) => atMs);
}
