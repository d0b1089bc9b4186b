import { excusedSpans, SCOOTER_EXCUSES } from './excuses.ts';
import { EXIT } from './exit-codes.ts';
import type { Excuses, Rule, RunFacts } from './guarantee.ts';
import { formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { parameterOf, type FaultSpan } from './view/fault-spans.ts';
import type { Link } from './view/links.ts';
import type { ProcessSpan } from './view/processes.ts';
import { Spans } from './view/span.ts';

/** Number of links without a characteristic after which the scooter counts as one without it (docs/link.md). */
const MIN_LINKS = 3;
/** Time for the last deliveries, and to exit. */
const EXIT_MS = 35_000;

const { 'link.without': _, 'link.key': _key, ...EXCUSES } = SCOOTER_EXCUSES;
const OTHER_EXCUSES: Excuses = EXCUSES;

export const UNSUPPORTED_RULE: Rule = {
  checks: `Time from link number ${MIN_LINKS} of a process without a token that lacks the characteristic of requests or replies, or a valid key of XORed frames, to its exit, if it has read no scooter before`,
  bound: `supervision_timeout + request_timeout + ${formatSeconds(EXIT_MS)}, with exit ${EXIT.configuration}`,
  excuses: [OTHER_EXCUSES],
};

/**
 * The links of a process on which the scooter lacked what every supported one has, if it takes no more of them: without a
 * token, and unless it was read before, that is final.
 */
export function unsupportedLinks(
  process: ProcessSpan,
  view: TraceView,
  { scooter }: RunFacts,
): readonly Link[] {
  if (scooter.paired === true) return [];
  const lacking = new Spans(view.faultsNamed('link.without', 'link.key').filter(isRequired));
  const links = view.links.filter((link) => link.process === process);
  const first = links.slice(0, MIN_LINKS);
  const isFinal =
    first.length === MIN_LINKS && first.every(({ beginMs }) => lacking.overlaps(beginMs, beginMs));
  return isFinal ? first : [];
}

function isRequired(fault: FaultSpan): boolean {
  const characteristic = parameterOf(fault, 'characteristic');
  return characteristic !== 'parcels' && characteristic !== 'results';
}

/** Checks that a client gives up a scooter that it cannot read. */
export function checkUnsupported(view: TraceView, facts: RunFacts, tally: Tally): void {
  const { supervisionTimeoutMs, requestTimeoutMs } = facts.config.scooter;
  const withinMs = supervisionTimeoutMs + requestTimeoutMs + EXIT_MS;
  const excused = excusedSpans(view, facts, OTHER_EXCUSES);
  for (const process of view.processes) {
    const last = unsupportedLinks(process, view, facts).at(-1);
    if (!last) continue;
    const overMs = Math.min(last.beginMs + withinMs, process.endMs);
    if (overMs >= view.endMs || excused.overlaps(process.beginMs + 1, overMs)) continue;
    const isExpected = process.end?.how === 'exit' && process.end.code === EXIT.configuration;
    tally.addDeadline({
      atMs: overMs,
      withinMs,
      tookMs: isExpected ? process.endMs - last.beginMs : undefined,
      what: `the client did not exit with ${EXIT.configuration} although it cannot read the scooter`,
    });
  }
}
