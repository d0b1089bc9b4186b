import { excusedSpans } from './excuses.ts';
import { EXIT } from './exit-codes.ts';
import { RELINKED_EXCUSES } from './relink-excuses.ts';
import { checkRefusals, REFUSAL_RULE } from './s8-refusals.ts';
import { checkRegistrations, REGISTRATION_RULES } from './s8-registrations.ts';
import type { Guarantee, RunFacts } from './guarantee.ts';
import { stopsMs } from './shutdown.ts';
import { checkTokenFile, exitOfDamage, TOKEN_FILE_RULE } from './s8-token-file.ts';
import { checkUnsupported, UNSUPPORTED_RULE, unsupportedLinks } from './s8-unsupported.ts';
import { formatSeconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { ProcessSpan } from './view/processes.ts';
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
]);

export const s8: Guarantee = {
  title: 'The client exits only for a reason that its exit code names, and never crashes',
  rules: [
    {
      checks: `Exit ${EXIT.stopped}`,
      bound:
        'only after client.term, client.register, client.restart, client.configure or client.hangup, or at the end of the scenario',
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
      checks: 'Exit of a process that was told to stop before',
      bound: `${EXIT.stopped}, whatever else has happened`,
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
      const isOther = end.code !== EXIT.stopped && wasStopped;
      if (!isOther && reason?.({ process, view, facts, adapterFaults }) === true) continue;
      tally.addViolation({
        atMs: endMs,
        what: 'the client ended without a reason',
        bound: 'an exit whose code names what has happened',
        measured: end.how === 'exit' ? `exit ${end.code}` : `${end.how}: ${end.error ?? ''}`,
      });
    }
    checkRefusals(view, facts, tally);
    checkRegistrations(view, facts, tally);
    checkTokenFile(view, facts, tally);
    checkUnsupported(view, facts, tally);
    return tally.result;
  },
};

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
