import { excusedSpans } from './excuses.ts';
import { EXIT } from './exit-codes.ts';
import { RELINKED_EXCUSES } from './relink-excuses.ts';
import { checkRefusals, REFUSAL_RULE } from './s8-refusals.ts';
import { checkRegistrations, REGISTRATION_RULES } from './s8-registrations.ts';
import type { Guarantee, RunFacts } from './guarantee.ts';
import { SHUTDOWN_MS, stopsMs } from './shutdown.ts';
import { checkTokenFile, exitOfDamage, TOKEN_FILE_RULE } from './s8-token-file.ts';
import { checkUnsupported, UNSUPPORTED_RULE, unsupportedLinks } from './s8-unsupported.ts';
import { formatSeconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { ProcessSpan } from './view/processes.ts';
import { parameterOf } from './view/fault-spans.ts';
import { countBetween } from './view/search.ts';
import type { Spans } from './view/span.ts';

/** A process that exits with a code, and what has to have happened. */
interface ExitContext {
  readonly process: ProcessSpan;
  readonly view: TraceView;
  readonly facts: RunFacts;
  readonly adapterFaults: Spans;
}

type Reason = (context: ExitContext) => boolean;

/** Time in which a second signal ends the process. */
const AT_ONCE_MS = 10;
/** Time that a client without adapter may take to exit. */
const ADAPTER_MS = 60_000;

/** What justifies each exit code; the windows of 69 and 75 are those of L4 and L3. */
const REASONS: ReadonlyMap<number, Reason> = new Map<number, Reason>([
  [EXIT.stopped, ({ process, view }) => stopsMs(process, view).length > 0],
  [EXIT.notFound, () => true],
  [EXIT.lostTooLong, () => true],
  [
    EXIT.adapterUnusable,
    ({ process, view, adapterFaults }) =>
      adapterFaults.overlaps(process.endMs - ADAPTER_MS, process.endMs) && wasRestarted(process, view),
  ],
  [
    EXIT.tokenRefused,
    ({ process, view, facts }) =>
      exitOfDamage(process, view) === EXIT.tokenRefused || !hasValidToken(process, view, facts),
  ],
  [
    EXIT.configuration,
    ({ process, view, facts }) =>
      exitOfDamage(process, view) === EXIT.configuration ||
      unsupportedLinks(process, view, facts).length > 0 ||
      (facts.config.scooter.authentication === 'required' && !isPaired(facts)),
  ],
  [
    EXIT.forced,
    ({ process, view }) => forcedMs(view).some((ms) => Math.abs(process.endMs - ms) <= AT_ONCE_MS),
  ],
]);

export const s8: Guarantee = {
  title: 'The client exits only for a reason that its exit code names, and never crashes',
  rules: [
    {
      checks: `Exit ${EXIT.stopped}`,
      bound:
        'only after client.term, client.register, client.restart, client.configure, client.hangup or client.interrupt, or at the end of the scenario',
      excuses: [],
    },
    {
      checks: `Exit ${EXIT.notFound} or ${EXIT.lostTooLong}`,
      bound: 'always accepted here: L4 and L3 check when',
      excuses: [],
    },
    {
      checks: `Exit ${EXIT.adapterUnusable}`,
      bound: `only during the effect of these faults, or up to ${formatSeconds(ADAPTER_MS)} after it, and only if the adapter was opened again since the last poll`,
      excuses: [RELINKED_EXCUSES],
    },
    {
      checks: `Exit ${EXIT.tokenRefused}`,
      bound:
        'only if the scooter was not paired with the client, at the start or since, or after that another device was paired with it, or its pairing deleted; or if there was no token file when the process started (client.token): whatever is lost or damaged, also while the client pairs, a valid token is not refused',
      excuses: [],
    },
    {
      checks: `Exit ${EXIT.configuration}`,
      bound:
        'only if the scooter is not paired, and authentication = "required"; or if the token file was damaged when the process started (client.token); or if the client has no token, and could not read the scooter on ' +
        'its first three links (link.without, link.key)',
      excuses: [],
    },
    REFUSAL_RULE,
    ...REGISTRATION_RULES,
    TOKEN_FILE_RULE,
    UNSUPPORTED_RULE,
    {
      checks: 'Time from the start of a process during disk.locked to its exit',
      bound: `${formatSeconds(SHUTDOWN_MS)}, with ${EXIT.lostTooLong}, if the fault lasts until then`,
      excuses: [],
    },
    {
      checks: `Exit ${EXIT.forced}`,
      bound: `only ${formatSeconds(AT_ONCE_MS)} after a second signal of client.interrupt, but SIGHUP, and always then`,
      excuses: [],
    },
    {
      checks: 'Exit of a process that was told to stop before',
      bound: `${EXIT.stopped}, or ${EXIT.forced} after a second signal, whatever else has happened`,
      excuses: [],
    },
    { checks: 'Any other end, except by a kill or a power cut', bound: 'never', excuses: [] },
  ],
  blindSpots: [
    'A client that hangs instead of exiting: L3, L4 and L7 check that in some situations.',
    `An exit ${EXIT.adapterUnusable} for another reason, if the adapter has failed shortly before.`,
    'The text of the message: only the exit code is compared.',
  ],
  check(view, facts) {
    const tally = new Tally();
    const adapterFaults = excusedSpans(view, facts, RELINKED_EXCUSES);
    for (const process of view.processes) {
      const { end, endMs } = process;
      if (!end || end.how === 'killed' || end.how === 'power cut') continue;
      tally.countChecks();
      const reason = end.how === 'exit' && end.code !== undefined ? REASONS.get(end.code) : undefined;
      // The stop may end at once what the process was still waiting for.
      const wasStopped = stopsMs(process, view).some((ms) => ms > process.beginMs && ms <= endMs);
      const isOther = end.code !== EXIT.stopped && end.code !== EXIT.forced && wasStopped;
      if (!isOther && reason?.({ process, view, facts, adapterFaults }) === true) continue;
      tally.addViolation({
        atMs: endMs,
        what: 'the client ended without a reason',
        bound: 'an exit whose code names what has happened',
        measured: end.how === 'exit' ? `exit ${end.code}` : `${end.how}: ${end.error ?? ''}`,
      });
    }
    checkForced(view, tally);
    checkLocked(view, tally);
    checkRefusals(view, facts, tally);
    checkRegistrations(view, facts, tally);
    checkTokenFile(view, facts, tally);
    checkUnsupported(view, facts, tally);
    return tally.result;
  },
};

/** When a second signal ends a process at once. */
function forcedMs(view: TraceView): number[] {
  return view
    .faultsNamed('client.interrupt')
    .filter((fault) => parameterOf(fault, 'signal') !== 'SIGHUP')
    .map((fault) => fault.beginMs + Number(parameterOf(fault, 'after')));
}

/** A second signal ends a process that is still stopping. */
function checkForced(view: TraceView, tally: Tally): void {
  for (const atMs of forcedMs(view)) {
    const process = view.processes.find(({ beginMs, endMs }) => beginMs < atMs && endMs >= atMs);
    if (!process || atMs + AT_ONCE_MS > view.endMs) continue;
    tally.addDeadline({
      atMs: Math.min(process.endMs, atMs + AT_ONCE_MS),
      withinMs: AT_ONCE_MS,
      tookMs: process.endMs - atMs,
      what: 'a second signal did not end the client at once',
    });
  }
}

/** A process whose outbox another program has open exits: two clients must not take turns in it. */
function checkLocked(view: TraceView, tally: Tally): void {
  for (const { beginMs, endMs } of view.faultsNamed('disk.locked')) {
    for (const process of view.processes) {
      const byMs = process.beginMs + SHUTDOWN_MS;
      const isStopped = stopsMs(process, view).some((ms) => ms > process.beginMs && ms <= byMs);
      if (process.beginMs <= beginMs || byMs > Math.min(endMs, view.endMs) || isStopped) continue;
      const hasExited = process.end?.code === EXIT.lostTooLong && process.endMs <= byMs;
      tally.countChecks();
      if (hasExited) continue;
      tally.addViolation({
        atMs: byMs,
        what: 'the client did not exit although another program has its outbox open',
        bound: `exit ${EXIT.lostTooLong} within ${formatSeconds(SHUTDOWN_MS)}`,
        measured: process.end?.code === undefined ? 'not at all' : `exit ${process.end.code}`,
      });
    }
  }
}

function isPaired({ scooter }: RunFacts): boolean {
  return scooter.paired === true;
}

/** Whether the process has opened the adapter again since its last poll, if it has polled. */
function wasRestarted(process: ProcessSpan, { cycles, adapterOpensMs }: TraceView): boolean {
  const polled = cycles.findLast(({ link }) => link.process === process);
  return polled === undefined || countBetween(adapterOpensMs, polled.dueMs, process.endMs) > 0;
}

/**
 * Whether the client is paired with the scooter at the end of a process: it was at the start or has been paired since, and
 * then neither another device was, nor the pairing deleted.
 */
function hasValidToken({ endMs }: ProcessSpan, view: TraceView, facts: RunFacts): boolean {
  const lost = view.faultsNamed('scooter.rebind', 'scooter.reset').map(({ beginMs }) => beginMs);
  const paired = view.registrations.flatMap(({ pairedMs }) => pairedMs);
  const lastOf = (timesMs: readonly number[]): number =>
    Math.max(-Infinity, ...timesMs.filter((ms) => ms <= endMs));
  const pairedMs = Math.max(isPaired(facts) ? 0 : -Infinity, lastOf(paired));
  return pairedMs > lastOf(lost);
}
