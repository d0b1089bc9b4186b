import type { Rule, RunFacts } from './guarantee.ts';
import { formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { firstAfter } from './view/search.ts';

/** Time that a working adapter takes to be opened, with a margin. */
const OPEN_MS = 1_000;

export const ADAPTER_RESET_RULE: Rule = {
  checks: 'Time from the loss of a link with polls after adapter.holds to the next opening of the adapter',
  bound: `3 × retry_min + ${formatSeconds(OPEN_MS)}: two pauses with a cap of retry_min and twice that`,
  excuses: [],
};

/** Checks that the client resets an adapter at once that says that nothing else helps. */
export function checkAdapterResets(view: TraceView, { config }: RunFacts, tally: Tally): void {
  const withinMs = 3 * config.scooter.retryMinMs + OPEN_MS;
  for (const { beginMs } of view.faultsNamed('adapter.holds')) {
    const openedMs = firstAfter(view.adapterOpensMs, beginMs, (ms) => ms) ?? Infinity;
    const link = firstAfter(view.links, beginMs, ({ endMs }) => endMs);
    const lostMs = link?.endMs ?? Infinity;
    const overMs = Math.min(lostMs + withinMs, openedMs);
    if (!link || link.cycleCount < 2 || openedMs <= lostMs) continue;
    if (overMs > view.endMs || !view.runsThrough(lostMs, overMs)) continue;
    const isDisturbed = view.faults.some(
      ({ fault, ...span }) =>
        /^(radio|client|adapter)\./.test(fault) && span.beginMs > beginMs && span.beginMs <= overMs,
    );
    if (isDisturbed) continue;
    tally.addDeadline({
      atMs: overMs,
      withinMs,
      tookMs: openedMs < Infinity ? openedMs - lostMs : undefined,
      what: 'the client did not reset an adapter that still holds a connection',
    });
  }
}
