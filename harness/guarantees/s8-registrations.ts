import { excusedSpans, SCOOTER_EXCUSES, whileActive } from './excuses.ts';
import { EXIT } from './exit-codes.ts';
import type { Excuses, Rule, RunFacts } from './guarantee.ts';
import { formatCount, formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { Registration } from './view/registrations.ts';
import { itemsIn } from './view/search.ts';
import { Spans } from './view/span.ts';

/** Number of beeps at which the owner is asked to press the button, and time for that (docs/client.md). */
const PROMPTS = 5;
const PROMPT_MS = 5_000;
/** Time that a registration waits for the scooter before it lets it beep, and that it searches for the scooter. */
const READY_MS = 3_000;
const SEARCH_MS = 30_000;
/** Time in which the command ends once the scooter is paired. */
const EXIT_MS = 5_000;
/** Number of connections in a row on which a characteristic is missing before the scooter counts as one without it (docs/link.md). */
const MIN_LINKS = 3;
/** Timers truncate fractions of a millisecond. */
const ROUNDING_MS = 1;

const { 'client.register': _, 'client.term': _term, 'link.without': _without, ...OTHERS } = SCOOTER_EXCUSES;

/** Whatever disturbs a pairing. */
const EXCUSES: Excuses = { ...OTHERS, 'scooter.rejects': whileActive };

export const REGISTRATION_RULES: readonly Rule[] = [
  {
    checks: `Exit of \`martinete register\``,
    bound:
      `${EXIT.stopped} if, and only if, the scooter was paired meanwhile; ${EXIT.tokenRefused} only if the power button was not pressed ` +
      `within ${formatSeconds(PROMPT_MS)} after any of ${PROMPTS} beeps, which is the maximum, or the quirk \`pairs-once\`; ${EXIT.configuration} only for the quirk \`out-of-band\`, or after ${MIN_LINKS} links during link.without; no other`,
    excuses: [EXCUSES],
  },
  {
    checks: `Time from the start of \`martinete register\` to its end, and from a pairing to it`,
    bound:
      `${formatSeconds(SEARCH_MS)} + ${PROMPTS + 1} × (return_delay + scooter.connect_timeout + 3 × (supervision_timeout + request_timeout) ` +
      `+ ${formatSeconds(READY_MS + PROMPT_MS)}); ${formatSeconds(EXIT_MS)}`,
    excuses: [EXCUSES],
  },
  {
    checks: `Time from a beep during \`martinete register\` to its next attempt to connect`,
    bound: `at least ${formatSeconds(PROMPT_MS)}, in which the power button can be pressed`,
    excuses: [],
  },
];

/** Checks how the command ends that pairs the client with the scooter, and what time it leaves to its owner. */
export function checkRegistrations(view: TraceView, facts: RunFacts, tally: Tally): void {
  const excused = excusedSpans(view, facts, EXCUSES);
  for (const registration of view.registrations) {
    checkPauses(registration, view, tally);
    const { beginMs, endMs, pairedMs } = registration;
    if (excused.overlaps(beginMs, Math.min(endMs, view.endMs))) continue;
    checkEnd(registration, view, facts, tally);
    const [paired] = pairedMs;
    if (paired !== undefined) checkTime('after the pairing', paired, EXIT_MS, registration, view, tally);
    checkTime('after its start', beginMs, longestMs(facts), registration, view, tally);
  }
}

function checkEnd(
  { beginMs, end, endMs, pairedMs, beepsMs, pressesMs }: Registration,
  view: TraceView,
  facts: RunFacts,
  tally: Tally,
): void {
  if (end?.how === 'killed' || end?.how === 'power cut' || !end) return;
  tally.countChecks();
  const isPaired = pairedMs.length > 0;
  const { quirks = [] } = facts.scooter;
  const prompts = beepsMs.filter((beepMs) => endMs - beepMs + ROUNDING_MS >= PROMPT_MS);
  const isAsked = prompts.length === PROMPTS && pressesMs.length === 0;
  const isExpected = isPaired
    ? prompts.length <= PROMPTS && end.code === EXIT.stopped
    : (end.code === EXIT.tokenRefused && (isAsked || quirks.includes('pairs-once'))) ||
      (end.code === EXIT.configuration &&
        (quirks.includes('out-of-band') || isIncomplete(beginMs, endMs, view)));
  if (end.how === 'exit' && isExpected) return;
  tally.addViolation({
    atMs: endMs,
    what: `a registration ended without a reason${isPaired ? ' although the scooter is paired' : ''}`,
    bound: 'an exit whose code names what has happened',
    measured:
      (end.how === 'exit' ? `exit ${end.code}` : `${end.how}: ${end.error ?? ''}`) +
      ` after ${formatCount(beepsMs.length, 'beep')}`,
  });
}

/** Whether discoveries missed a characteristic so often that the scooter may count as one without it. */
function isIncomplete(beginMs: number, endMs: number, view: TraceView): boolean {
  const missed = new Spans(view.faultsNamed('link.without'));
  const links = itemsIn(view.links, { beginMs, endMs }, (link) => link.beginMs);
  return links.filter((link) => missed.overlaps(link.beginMs, link.beginMs)).length >= MIN_LINKS;
}

function checkTime(
  what: string,
  fromMs: number,
  withinMs: number,
  { endMs, end }: Registration,
  view: TraceView,
  tally: Tally,
): void {
  const overMs = Math.min(endMs, fromMs + withinMs);
  // It is killed at the end of the fault.
  if (overMs > view.endMs || (end?.how !== 'exit' && endMs <= fromMs + withinMs)) return;
  tally.addDeadline({
    atMs: overMs,
    withinMs,
    tookMs: Number.isFinite(endMs) ? endMs - fromMs : undefined,
    what: `a registration did not end ${what}`,
  });
}

function longestMs({ config, scooter }: RunFacts): number {
  const { connectTimeoutMs, supervisionTimeoutMs, requestTimeoutMs } = config.scooter;
  const attemptMs =
    scooter.advertisingDelayMs + connectTimeoutMs + 3 * (supervisionTimeoutMs + requestTimeoutMs);
  return SEARCH_MS + (PROMPTS + 1) * (attemptMs + READY_MS + PROMPT_MS);
}

function checkPauses({ beginMs, endMs, beepsMs }: Registration, view: TraceView, tally: Tally): void {
  const attempts = itemsIn(view.linkAttemptsMs, { beginMs, endMs }, (ms) => ms);
  for (const beepMs of beepsMs) {
    const next = attempts.find((ms) => ms > beepMs);
    if (next === undefined) continue;
    tally.countChecks();
    if (next - beepMs + ROUNDING_MS >= PROMPT_MS) continue;
    tally.addViolation({
      atMs: next,
      what: 'a registration left too little time to press the power button',
      bound: `at least ${formatSeconds(PROMPT_MS)} after the beep`,
      measured: formatSeconds(next - beepMs),
    });
  }
}
