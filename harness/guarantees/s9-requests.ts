import { excusedSpans, RECEPTION_EXCUSES } from './excuses.ts';
import type { Rule, RunFacts } from './guarantee.ts';
import { formatCount, formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { checkUnansweredReads, UNANSWERED_READS_RULES } from './s9-unanswered-reads.ts';
import { countBetween } from './view/search.ts';

/** Number of requests for the lost chunks of a parcel (MiAuth SDK), of parcels of a login, and of logins on a link. */
const CHUNK_REQUESTS = 3;
const PARCELS = 2;
const LOGINS = 3;
const MAX_CHUNK_REQUESTS = CHUNK_REQUESTS * PARCELS * LOGINS;

export const REQUEST_RULES: readonly Rule[] = [
  ...UNANSWERED_READS_RULES,
  {
    checks: 'Requests for chunks of a parcel, on one link',
    bound: `${MAX_CHUNK_REQUESTS}: ${CHUNK_REQUESTS} for each of ${PARCELS} parcels in each of ${LOGINS} logins`,
    excuses: [],
  },
  {
    checks: 'Time from the end of a poll to the end of the next but one on the same link',
    bound: 'at least send_interval',
    excuses: [RECEPTION_EXCUSES],
  },
];

/** Checks how often the client asks the scooter. */
export function checkRequests(view: TraceView, facts: RunFacts, tally: Tally): void {
  checkUnansweredReads(view, facts, tally);
  checkChunks(view, tally);
  checkPolls(view, facts, tally);
}

function checkChunks(view: TraceView, tally: Tally): void {
  for (const { beginMs, endMs } of view.links) {
    const count = countBetween(view.chunkRequestsMs, beginMs, endMs);
    if (count === 0) continue;
    tally.addMeasurement({
      atMs: Math.min(endMs, view.endMs),
      share: count / MAX_CHUNK_REQUESTS,
      what: 'the client requested lost chunks too often',
      bound: formatCount(MAX_CHUNK_REQUESTS, 'request'),
      measured: formatCount(count, 'request'),
    });
  }
}

function checkPolls(view: TraceView, facts: RunFacts, tally: Tally): void {
  const { sendIntervalMs } = facts.config.mqtt;
  // Replies that the client does not get are of a poll that it repeats.
  const excused = excusedSpans(view, facts, RECEPTION_EXCUSES);
  view.cycles.slice(2).forEach(({ dueMs, link }, index) => {
    const before = view.cycles[index];
    if (!before || before.link !== link || excused.overlaps(before.dueMs, dueMs)) return;
    tally.countChecks();
    const apartMs = dueMs - before.dueMs;
    if (apartMs + 1 >= sendIntervalMs) return;
    tally.addViolation({
      atMs: dueMs,
      what: 'the client polled the scooter in a burst',
      bound: `three polls in at least ${formatSeconds(sendIntervalMs)}`,
      measured: formatSeconds(apartMs),
    });
  });
}
