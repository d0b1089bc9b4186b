import type { Guarantee } from './guarantee.ts';
import { formatSeconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { Life } from './view/lives.ts';
import { Spans, type Span } from './view/span.ts';

export const s3: Guarantee = {
  title: 'Never two links, two sessions or two publishers at once',
  check(view) {
    const tally = new Tally();
    judgeLinks(view, tally);
    judgeSessions(view, tally);
    judgePublishers(view, tally);
    return tally.verdict;
  },
};

interface OpenSpan extends Span {
  readonly life: Life | undefined;
}

function judgeLinks({ links }: TraceView, tally: Tally): void {
  links.forEach((link, index) => {
    tally.countChecks();
    const other = openInSameLife(links[index - 1], link.life, link.beginMs);
    if (other) tally.addViolation(duplicate('links', other, link.beginMs));
  });
}

/** A session lasts as long as its link. */
function judgeSessions({ links }: TraceView, tally: Tally): void {
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
 * Whoever attempts to connect has to have let go of the last connection. One into nothing seems to go on at the broker,
 * and so does that of a process whose Pi has lost its power.
 */
function judgePublishers(view: TraceView, tally: Tally): void {
  const { connections, brokerAttempts } = view;
  const severed = new Spans(view.faultsNamed('broker.blackhole'));
  for (const { atMs, life, beside } of brokerAttempts) {
    tally.countChecks();
    if (!beside || beside.life !== life || severed.overlaps(beside.beginMs, atMs)) continue;
    tally.addViolation(duplicate('publishers', beside, atMs));
  }
  connections.forEach((connection, index) => {
    const other = openInSameLife(connections[index - 1], connection.life, connection.beginMs);
    if (other && !severed.overlaps(other.beginMs, connection.beginMs)) {
      tally.addViolation(duplicate('publishers', other, connection.beginMs));
    }
  });
}

/** What one process of the client holds already, and goes on holding. */
function openInSameLife(
  held: OpenSpan | undefined,
  life: Life | undefined,
  ms: number,
): OpenSpan | undefined {
  return held && held.life === life && held.endMs > ms ? held : undefined;
}

function duplicate(what: string, { beginMs }: Span, atMs: number) {
  return {
    atMs,
    what: `two ${what} at once`,
    bound: 'one',
    measured: `another since ${formatSeconds(atMs - beginMs)}`,
  };
}
