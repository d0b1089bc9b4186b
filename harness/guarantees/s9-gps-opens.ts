import { isGpsdUrl } from '../../client/gps/gpsd/address.ts';
import { addPauseProblem, PauseChecker, type BackoffLimits, type CheckedPause } from './pause-checker.ts';
import type { Rule, RunFacts } from './guarantee.ts';
import { LAST_PAUSE, retriedUntilMs } from './shutdown.ts';
import { formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { ProcessSpan } from './view/processes.ts';
import { lastUntil } from './view/search.ts';
import { perView } from './view/per-view.ts';
import { Spans } from './view/span.ts';

/** The longest pause before the client connects to gpsd again (martinete.toml). */
const GPSD_PAUSE_MS = 30_000;

export const GPS_OPENS_RULE: Rule = {
  checks:
    'Interval between two attempts of a process to open the port of the receiver, or a connection to gpsd',
  bound:
    `at least reopen_interval; for gpsd random from reopen_interval to a cap, which doubles from it up to ${formatSeconds(GPSD_PAUSE_MS)}, ` +
    'and is reopen_interval again after valid input; if the port is gone or may not be opened, and no open call hangs, no longer than that; after open calls that hung, the cap may be any; ' +
    LAST_PAUSE,
  excuses: [],
};

/** The backoff of a client that opens the receiver again. */
export function reopenLimits({ config }: RunFacts): BackoffLimits {
  const { serialPort = '', reopenIntervalMs = 0 } = config.serial ?? {};
  const maxMs = isGpsdUrl(serialPort) ? Math.max(reopenIntervalMs, GPSD_PAUSE_MS) : reopenIntervalMs;
  return { minMs: reopenIntervalMs, maxMs };
}

/** The pause after an attempt to open the receiver, or after the loss of the port that it has opened. */
export interface PortPause extends CheckedPause {
  /** Time of the attempt. */
  readonly openMs: number;
  /** Time of the next one, or until when the process certainly retried. */
  readonly toMs: number;
}

/** The pauses between the attempts of each process to open the receiver. */
export const portPauses = perView((view, facts): readonly PortPause[] =>
  view.processes.flatMap((process) => pausesOf(process, view, facts)),
);

function pausesOf(process: ProcessSpan, view: TraceView, facts: RunFacts): PortPause[] {
  const checker = new PauseChecker(reopenLimits(facts));
  const gone = new Spans(view.faultsNamed('gps.unplug', 'gps.denied'));
  const hanging = new Spans(view.faultsNamed('gps.hang'));
  const opensMs = view.gpsOpensMs.filter((ms) => ms >= process.beginMs && ms < process.endMs);
  const overMs = Math.min(process.endMs, view.endMs);
  const retriedMs = Math.min(retriedUntilMs(process, view), overMs);
  return opensMs.map((openMs, index): PortPause => {
    const nextMs = opensMs[index + 1];
    const toMs = nextMs ?? Math.max(openMs, retriedMs);
    // What is received at the moment of an attempt is received on the new port.
    const heardMs = lastUntil(heardFixes(view, facts), (nextMs ?? overMs) - 1, (ms) => ms) ?? -Infinity;
    const isHeard = heardMs >= openMs;
    const mayHang = hanging.overlaps(openMs - 1, toMs);
    const checked = checker.check({
      earliestMs: Math.max(openMs, heardMs),
      // A client waits for open calls that hang: too many of them would block its access to files.
      latestMs: mayHang ? Infinity : lostMs(openMs, toMs, gone),
      toMs,
      // gpsd answers although its receiver is silent.
      reset: isHeard ? 'certain' : 'possible',
      mayBeCutShort: nextMs === undefined,
      // Each pause that it has waited for them counts in the backoff, but no attempt follows.
      longest: mayHang ? 'possible' : 'no',
    });
    return { openMs, toMs, ...checked };
  });
}

/** When the port that was opened at a time was gone at the latest; Infinity if it stayed. */
function lostMs(fromMs: number, toMs: number, gone: Spans): number {
  if (gone.endAt(fromMs) > fromMs) return fromMs;
  const [there] = gone.subtractFrom({ beginMs: fromMs, endMs: toMs });
  return there && there.endMs < toMs ? there.endMs : Infinity;
}

/** Times at which the client has received valid input of the receiver, with a fix or without. */
const heardFixes = perView(({ fixes }): readonly number[] =>
  fixes.filter((fix) => fix.heard).map(({ atMs }) => atMs),
);

/** Checks how often the client opens the receiver. */
export function checkGpsOpens(view: TraceView, facts: RunFacts, tally: Tally): void {
  if (!facts.config.serial) return;
  for (const { toMs, problem } of portPauses(view, facts)) {
    if (toMs > view.endMs) continue;
    tally.countChecks();
    if (problem) addPauseProblem(tally, 'the receiver was opened again', toMs, problem);
  }
}
