import { EXIT } from './exit-codes.ts';
import type { Rule, RunFacts } from './guarantee.ts';
import { formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { parameterOf } from './view/fault-spans.ts';
import type { ProcessSpan } from './view/processes.ts';
import { countBetween } from './view/search.ts';

/** Time in which a client exits that has not connected to anything yet. */
const EXIT_MS = 5_000;
/** Faults after which another token than that of the file may be valid. */
const PENDING = ['client.pending', 'scooter.unconfirmed'] as const;

export const TOKEN_FILE_RULE: Rule = {
  checks: `Exit of a process that starts during client.token, if no pairing was interrupted (${PENDING.join(', ')}) before`,
  bound: `${EXIT.tokenRefused} if there is no file, ${EXIT.configuration} otherwise, within ${formatSeconds(EXIT_MS)} and without an attempt to connect`,
  excuses: [],
};

/** The exit code that the token file of a process requires at its start, if it is damaged. */
export function exitOfDamage({ beginMs }: ProcessSpan, view: TraceView): number | undefined {
  const damage = view
    .faultsNamed('client.token')
    .find((fault) => fault.beginMs <= beginMs && fault.endMs > beginMs);
  if (!damage) return undefined;
  return parameterOf(damage, 'how') === 'missing' ? EXIT.tokenRefused : EXIT.configuration;
}

/** Checks that a client that starts without its token says so at once, rather than after a search. */
export function checkTokenFile(view: TraceView, { scooter }: RunFacts, tally: Tally): void {
  if (scooter.paired !== true) return;
  for (const process of view.processes) {
    const code = exitOfDamage(process, view);
    const { beginMs, endMs, end } = process;
    const isPending = view.faultsNamed(...PENDING).some((fault) => fault.beginMs <= beginMs);
    const overMs = Math.min(beginMs + EXIT_MS, endMs);
    if (code === undefined || isPending || overMs > view.endMs) continue;
    // It was stopped or killed at once.
    if (end && (end.how !== 'exit' || end.code === EXIT.stopped) && endMs <= beginMs + EXIT_MS) continue;
    const hasConnected = countBetween(view.linkAttemptsMs, beginMs, overMs) > 0;
    tally.addDeadline({
      atMs: overMs,
      withinMs: EXIT_MS,
      tookMs: end?.code === code && !hasConnected ? endMs - beginMs : undefined,
      what: `the client did not exit with ${code} although its token file is damaged`,
    });
  }
}
