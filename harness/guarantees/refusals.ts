import { acknowledgements } from './acknowledged.ts';
import type { Rule, RunFacts } from './guarantee.ts';
import { sampleName } from './sample-names.ts';
import { formatCount, formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { SampleMap } from './view/deliveries.ts';
import type { SampleId } from '../world/trace/sample-id.ts';

/** Evidence that a sample is refused: how often the broker has received it, and over which time. */
const MIN_RECEPTIONS = 3;
const MIN_SPAN_MS = 120_000;
/** Time between two quarantines if the broker acknowledges nothing in between. */
const QUARANTINE_INTERVAL_MS = 3_600_000;
/** The client measures by its own disconnects. */
const TOLERANCE_MS = 1_000;

/** What has to be true of samples that are reported as refused. */
export const REFUSAL_RULES: readonly Rule[] = [
  {
    checks: 'Receptions at the broker of a sample reported as dropped with reason "refused"',
    bound: `at least ${MIN_RECEPTIONS} over ${formatSeconds(MIN_SPAN_MS)}, unless the broker has limited the size of packets in the run`,
    excuses: [],
  },
  {
    checks: 'Time between the last receptions of two such samples, without an acknowledged sample in between',
    bound: `at least ${formatSeconds(QUARANTINE_INTERVAL_MS)}`,
    excuses: [],
  },
];

/** Checks the evidence for refused samples, and how many of them were dropped. */
export function checkRefusals(view: TraceView, facts: RunFacts, tally: Tally): void {
  const reports = view.dropReports.all.filter(({ reason }) => reason === 'refused');
  if (reports.length === 0 || view.faultsNamed('broker.limits').length > 0) return;
  const receptions = receptionsOf(view);
  const isAcknowledged = acknowledgements(view, facts);
  const acknowledgedMs = [...view.deliveries.first, ...view.deliveries.repeated]
    .filter(isAcknowledged)
    .map(({ atMs }) => atMs);
  const quarantined: { readonly id: SampleId; readonly atMs: number }[] = [];
  for (const { bootId, from, to, atMs: reportedMs } of reports) {
    for (let seq = from; seq <= to; seq++) {
      const id = { bootId, seq };
      const times = receptions.get(id)?.filter((ms) => ms <= reportedMs) ?? [];
      const spanMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
      tally.countChecks();
      quarantined.push({ id, atMs: times.at(-1) ?? reportedMs });
      if (times.length >= MIN_RECEPTIONS && spanMs + TOLERANCE_MS >= MIN_SPAN_MS) continue;
      tally.addViolation({
        atMs: reportedMs,
        what: `${sampleName(id)} was dropped as refused without evidence`,
        bound: `received ${MIN_RECEPTIONS} times over ${formatSeconds(MIN_SPAN_MS)}`,
        measured: `${formatCount(times.length, 'time')} over ${formatSeconds(spanMs)}`,
      });
    }
  }
  quarantined.sort((a, b) => a.atMs - b.atMs);
  quarantined.forEach(({ id, atMs }, index) => {
    const before = quarantined[index - 1];
    if (!before || atMs - before.atMs + TOLERANCE_MS >= QUARANTINE_INTERVAL_MS) return;
    if (acknowledgedMs.some((ms) => ms > before.atMs && ms < atMs)) return;
    tally.addViolation({
      atMs,
      what: `${sampleName(id)} was dropped as refused soon after ${sampleName(before.id)}`,
      bound: `${formatSeconds(QUARANTINE_INTERVAL_MS)} later, if the broker acknowledges nothing`,
      measured: formatSeconds(atMs - before.atMs),
    });
  });
}

/** Times at which the broker received each sample. */
function receptionsOf({ deliveries }: TraceView): SampleMap<number[]> {
  const receptions = new SampleMap<number[]>();
  for (const delivery of deliveries.first) receptions.set(delivery, [delivery.atMs]);
  for (const delivery of deliveries.repeated) receptions.get(delivery)?.push(delivery.atMs);
  return receptions;
}
