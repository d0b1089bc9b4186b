import { ADAPTER_EXCUSES, excusedSpans, SCOOTER_EXCUSES } from './excuses.ts';
import { EXIT } from './exit-codes.ts';
import type { Excuses, Guarantee, RunFacts } from './guarantee.ts';
import { PAUSE_CHECK_MS } from './pauses.ts';
import { supervisionTimeoutAt } from './polling.ts';
import { formatSeconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { Link } from './view/links.ts';
import { firstAfter } from './view/search.ts';
import { parameterOf } from './view/fault-spans.ts';
import type { Span } from './view/span.ts';

/** Tolerance of the times: the command takes a moment. */
const TOLERANCE_MS = 250;

/** What hinders the end of a link on the air. */
const RADIO_EXCUSES: Excuses = Object.fromEntries(
  Object.entries(SCOOTER_EXCUSES).filter(([fault]) => /^(?:radio|link)\./.test(fault)),
);

export const l15: Guarantee = {
  title: 'A pause releases the scooter at once, and lasts as long as requested, whatever the wall clock does',
  rules: [
    {
      checks: `Link of the client from ${formatSeconds(PAUSE_CHECK_MS)} after the begin of a pause, or after a fault of the radio or the link that was active then, or if the scooter has gone off on the link, its supervision timeout + ${formatSeconds(TOLERANCE_MS)} after that, to its end`,
      bound: 'none',
      excuses: [ADAPTER_EXCUSES],
    },
    {
      checks:
        'Time from the end of a pause until the adapter scans or connects, if the process was not restarted meanwhile',
      bound: formatSeconds(PAUSE_CHECK_MS),
      excuses: [ADAPTER_EXCUSES],
    },
    {
      checks: `Time from the end of a pause to an exit ${EXIT.lostTooLong}, if the client polled the scooter when it began`,
      bound: `at least reconnect_window − ${formatSeconds(PAUSE_CHECK_MS)}: the pause does not count from when the client has noticed it`,
      excuses: [ADAPTER_EXCUSES],
    },
  ],
  blindSpots: [
    'Pauses that overlap, pauses that begin while the pause file cannot be read or written, the command `resume`, and how long a pause lasts that a restart interrupts.',
  ],
  check(view, facts) {
    const tally = new Tally();
    const adapterFaults = excusedSpans(view, facts, ADAPTER_EXCUSES);
    const hindered = excusedSpans(view, facts, RADIO_EXCUSES);
    const pauses = view.faultsNamed('client.pause');
    for (const pause of pauses) {
      const releaseMs = pause.beginMs + PAUSE_CHECK_MS;
      const fromMs = hindered.overlaps(pause.beginMs, releaseMs)
        ? hindered.endAt(releaseMs) + PAUSE_CHECK_MS
        : releaseMs;
      const toMs = Math.min(pause.endMs - TOLERANCE_MS, view.endMs);
      const isOnly =
        pauses.every((other) => other === pause || !overlap(other, pause)) && !isHidden(pause, view);
      if (!isOnly || adapterFaults.overlaps(pause.beginMs, pause.endMs + PAUSE_CHECK_MS)) continue;
      tally.countChecks();
      const link = view.links.find(
        (each) => each.beginMs < toMs && each.endMs > Math.max(fromMs, lostMs(each, view)),
      );
      if (link) {
        tally.addViolation({
          atMs: Math.max(fromMs, link.beginMs),
          what: 'the client was connected to the scooter during a pause',
          bound: `no link until ${formatSeconds(toMs)}`,
          measured: `a link from ${formatSeconds(link.beginMs)} to ${formatSeconds(link.endMs)}`,
        });
      }
      checkExit(pause, view, facts, tally);
      const byMs = pause.endMs + PAUSE_CHECK_MS;
      if (byMs > view.endMs || !view.runsThrough(pause.beginMs, byMs)) continue;
      const scan = firstAfter(view.scans, toMs, ({ beginMs }) => beginMs)?.beginMs ?? Infinity;
      const attempt = firstAfter(view.linkAttemptsMs, toMs, (ms) => ms) ?? Infinity;
      const resumedMs = Math.min(scan, attempt);
      tally.addDeadline({
        atMs: byMs,
        withinMs: PAUSE_CHECK_MS,
        tookMs: Number.isFinite(resumedMs) ? Math.max(0, resumedMs - pause.endMs) : undefined,
        what: 'the client did not search for the scooter after a pause',
      });
    }
    return tally.result;
  },
};

/** Until when a link may persist on which the scooter has gone off: nobody confirms that it is ended. -Infinity if it has not. */
function lostMs(link: Link, { scooterOff }: TraceView): number {
  const off = scooterOff.find(({ beginMs }) => beginMs > link.beginMs && beginMs < link.endMs);
  return off ? off.beginMs + supervisionTimeoutAt(link, off.beginMs) + TOLERANCE_MS : -Infinity;
}

/** A pause is no loss of the scooter. */
function checkExit(pause: Span, view: TraceView, { config }: RunFacts, tally: Tally): void {
  const wasPolled = view.links.some(
    ({ beginMs, endMs, cycleCount }) => cycleCount > 0 && beginMs < pause.beginMs && endMs > pause.beginMs,
  );
  const process = view.processAt(pause.endMs - TOLERANCE_MS);
  if (!wasPolled || process?.end?.code !== EXIT.lostTooLong) return;
  const afterMs = process.endMs - pause.endMs;
  const minMs = config.scooter.reconnectWindowMs - PAUSE_CHECK_MS;
  if (afterMs >= minMs) return;
  tally.addViolation({
    atMs: process.endMs,
    what: 'the client gave up the scooter because of a pause',
    bound: `not before ${formatSeconds(minMs)} after the pause`,
    measured: formatSeconds(afterMs),
  });
}

/** Whether the command cannot write the pause, or the client not read it. */
function isHidden(pause: Span, view: TraceView): boolean {
  return view.faultsNamed('disk.pausefile').some((fault) => {
    const isBegun = fault.beginMs <= pause.beginMs && fault.endMs >= pause.beginMs;
    return isBegun || (parameterOf(fault, 'how') === 'invalid' && overlap(fault, pause));
  });
}

function overlap(a: Span, b: Span): boolean {
  return a.beginMs <= b.endMs && b.beginMs <= a.endMs;
}
