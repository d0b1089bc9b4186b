import { ADAPTER_EXCUSES, ADAPTER_EXIT_MS, untilClientExits, untilUnreportedNoticed } from './excuses.ts';
import type { Excuse, Excuses } from './guarantee.ts';
import { formatSeconds } from './tally.ts';
import { parameterOf } from './view/fault-spans.ts';
import { firstAfter, lastUntil } from './view/search.ts';

/** Interval at which a search restarts the adapter, which may no longer receive (docs/link.md). */
const SEARCH_RESTART_MS = 300_000;

/** Until the next link: a client that has not noticed the adapter fault cannot disconnect. */
export const untilRelinked: Excuse = {
  about: `while active, and until the next link, at most ${formatSeconds(ADAPTER_EXIT_MS)} later`,
  until: ({ beginMs, endMs }, { view }) => {
    const linkedMs = firstAfter(view.links, beginMs, (link) => link.beginMs)?.beginMs ?? Infinity;
    return Math.max(endMs, Math.min(linkedMs, endMs + ADAPTER_EXIT_MS));
  },
};

/** Likewise; a client without a link notices a reset that is not reported only when it opens the adapter again. */
const untilResetNoticed: Excuse = {
  about:
    `${untilRelinked.about} (without a report and a link: or until the adapter is opened again, ` +
    `at most ${formatSeconds(SEARCH_RESTART_MS)} later)`,
  until: (fault, context) => {
    const { links, adapterOpensMs } = context.view;
    const { beginMs } = fault;
    const relinkedMs = untilRelinked.until(fault, context);
    // An adapter that is opened again has forgotten its links, which persist on the air.
    const openMs = lastUntil(adapterOpensMs, beginMs, (ms) => ms) ?? -Infinity;
    const isLinked = links.some(
      (link) => link.beginMs <= beginMs && link.endMs > beginMs && link.beginMs >= openMs,
    );
    if (isLinked || parameterOf(fault, 'report') !== 'no') return relinkedMs;
    const openedMs = firstAfter(adapterOpensMs, beginMs, (ms) => ms) ?? Infinity;
    const linkedMs = firstAfter(links, beginMs, (link) => link.beginMs)?.beginMs ?? Infinity;
    return Math.max(relinkedMs, Math.min(openedMs, linkedMs, beginMs + SEARCH_RESTART_MS));
  },
};

/** Likewise, if the reset is not reported: then a client notices it only when it reads the scooter, or searches for long. */
export const untilUnreportedResetNoticed: Excuse = {
  about: `${untilClientExits.about}; without a report, ${untilResetNoticed.about}`,
  until: (fault, context) => {
    const { until } = parameterOf(fault, 'report') === 'no' ? untilResetNoticed : untilClientExits;
    return until(fault, context);
  },
};

/** The faults of the adapter, each until the next link, however it is noticed. */
export const RELINKED_EXCUSES: Excuses = {
  ...Object.fromEntries(Object.keys(ADAPTER_EXCUSES).map((fault) => [fault, untilRelinked])),
  'adapter.autoenable': untilRelinked,
};

/** Likewise, and longer after those that a client may notice late, which then waits to open the adapter again. */
export const RELINK_EXCUSES: Excuses = {
  ...RELINKED_EXCUSES,
  'adapter.unreported': untilUnreportedNoticed,
  'adapter.reset': untilResetNoticed,
};
