import type { Guarantee } from './guarantee.ts';
import { formatSeconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { ProcessSpan } from './view/processes.ts';
import { parameterOf, type FaultSpan } from './view/fault-spans.ts';
import { Spans, type Span } from './view/span.ts';

export const s3: Guarantee = {
  title: 'At most one link, one session and one publisher at a time',
  rules: [
    { checks: 'Links of a process at the same time', bound: '1', excuses: [] },
    { checks: 'Accepted logins on one link', bound: '1', excuses: [] },
    {
      checks: 'Connections of a process to the broker at the same time, attempts included',
      bound:
        '1, except for a connection that a broker.blackhole has hidden from the broker, ' +
        'or whose close a broker.lag delays by its time for each direction',
      excuses: [],
    },
  ],
  blindSpots: [
    'Two client processes at once: the world starts one at a time, as systemd does.',
    'Refused and unfinished logins: only an accepted login begins a session.',
    'Connections during a broker.lag that last no longer than its time for each direction beside the next one.',
  ],
  check(view) {
    const tally = new Tally();
    checkLinks(view, tally);
    checkSessions(view, tally);
    checkPublishers(view, tally);
    return tally.result;
  },
};

interface OpenSpan extends Span {
  readonly process: ProcessSpan | undefined;
}

function checkLinks({ links }: TraceView, tally: Tally): void {
  links.forEach((link, index) => {
    tally.countChecks();
    const other = openInSameProcess(links[index - 1], link.process, link.beginMs);
    if (other) tally.addViolation(duplicate('links', other, link.beginMs));
  });
}

/** A session ends with its link only. */
function checkSessions({ links }: TraceView, tally: Tally): void {
  for (const { loginsMs } of links) {
    tally.countChecks(loginsMs.length);
    loginsMs.forEach((atMs, index) => {
      const beforeMs = loginsMs[index - 1];
      if (beforeMs === undefined) return;
      tally.addViolation(duplicate('sessions on one link', { beginMs: beforeMs, endMs: Infinity }, atMs));
    });
  }
}

/**
 * The client closes a connection before it opens the next one. Ignores connections through a black hole, those whose
 * close is still on its way over a slow network, and those of a process that ended in a power cut: the broker considers
 * them open although they are not.
 */
function checkPublishers(view: TraceView, tally: Tally): void {
  const { connections, brokerAttempts } = view;
  const blackholes = new Spans(view.faultsNamed('broker.blackhole'));
  const lags = view.faultsNamed('broker.lag');
  const isHidden = (held: Span, atMs: number): boolean =>
    blackholes.overlaps(held.beginMs, atMs) || lags.some((lag) => isCloseDelayed(held, atMs, lag));
  for (const { atMs, process, beside } of brokerAttempts) {
    tally.countChecks();
    if (!beside || beside.process !== process || isHidden(beside, atMs)) continue;
    tally.addViolation(duplicate('publishers', beside, atMs));
  }
  connections.forEach((connection, index) => {
    const other = openInSameProcess(connections[index - 1], connection.process, connection.beginMs);
    if (other && !isHidden(other, connection.beginMs)) {
      tally.addViolation(duplicate('publishers', other, connection.beginMs));
    }
  });
}

/** Whether the close of a connection that was sent before a time may arrive only after it. */
function isCloseDelayed(held: Span, atMs: number, fault: FaultSpan): boolean {
  const { beginMs, endMs } = fault;
  const lagMs = Number(parameterOf(fault, 'by') ?? 0);
  return beginMs <= atMs && atMs <= endMs + lagMs && held.endMs <= atMs + lagMs;
}

/** A link or connection of the same process that is still open. */
function openInSameProcess(
  held: OpenSpan | undefined,
  process: ProcessSpan | undefined,
  ms: number,
): OpenSpan | undefined {
  return held && held.process === process && held.endMs > ms ? held : undefined;
}

function duplicate(what: string, { beginMs }: Span, atMs: number) {
  return {
    atMs,
    what: `two ${what} at once`,
    bound: 'one',
    measured: `another for ${formatSeconds(atMs - beginMs)}`,
  };
}
