import { readTimestamp } from '../oracle/moments.ts';
import type { ClockOptions } from '../scenario/format/scenario.ts';
import type { Rule } from './guarantee.ts';
import type { AppendWindow, Mismatch } from './position-check.ts';
import { formatSeconds } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { Fields } from './view/deliveries.ts';

/** Time between the end of a poll and the timestamp of its sample. */
const MARGIN_MS = 50;
/** Time in which a new process finds out whether the clock is synchronised. */
const CLOCK_ANSWER_MS = 1_000;
/** Longest interval at which the client asks: in the first ten minutes of a process, and afterwards. */
const ASK_MS = { first: 10_000, later: 60_000, firstPhase: 600_000 } as const;

/** What is checked of the time of a sample. */
export const TIME_RULES: readonly Rule[] = [
  {
    checks: 'timestamp',
    bound: `the wall clock between the last reply of the poll and the storing, ± ${formatSeconds(MARGIN_MS)}, as local time with the offset of the zone`,
    excuses: [],
  },
  {
    checks: 'clock_synced',
    bound:
      `true once the clock is synchronised, in the first ${formatSeconds(CLOCK_ANSWER_MS)} of a process and for ` +
      `${formatSeconds(ASK_MS.first)} after it was set (${formatSeconds(ASK_MS.later)} in a process that is older than ` +
      `${formatSeconds(ASK_MS.firstPhase)}) or the end of clock.unknown also false; false before, and if nothing tells`,
    excuses: [],
  },
];

/** Compares the time of a sample with the wall clock, and with what the client can know of its synchronisation. */
export function timeMismatch(
  fields: Fields,
  window: AppendWindow,
  view: TraceView,
  clock: ClockOptions,
): Mismatch | undefined {
  const { timestamp, clock_synced: isSynced } = fields;
  const { atMs, offsetMin } = (typeof timestamp === 'string' ? readTimestamp(timestamp) : undefined) ?? {};
  const fromMs = view.wallMs(window.fromMs) - MARGIN_MS;
  const toMs = view.wallMs(window.toMs) + MARGIN_MS;
  // A step in the moment of the sample may have come before or after it.
  const spanMs = window.toMs - window.fromMs + 2 * MARGIN_MS;
  const isStepped = view.wallMs(window.toMs + MARGIN_MS) - view.wallMs(window.fromMs - MARGIN_MS) !== spanMs;
  if (atMs === undefined || (!isStepped && (atMs < fromMs || atMs > toMs))) {
    return {
      path: 'timestamp',
      expected: `${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}`,
      published: JSON.stringify(timestamp),
    };
  }
  if (offsetMin !== offsetOf(clock.zone, atMs)) {
    const expected = `local time of ${clock.zone}, with its offset`;
    return { path: 'timestamp', expected, published: JSON.stringify(timestamp) };
  }
  const allowed = new Set(clockStates(window, view, clock).map((state) => state === true));
  if (typeof isSynced === 'boolean' && allowed.has(isSynced)) return undefined;
  return { path: 'clock_synced', expected: [...allowed].join(' or '), published: JSON.stringify(isSynced) };
}

const FORMATS = new Map<string, Intl.DateTimeFormat>();
/** A name such as `GMT-02:30`, or `GMT`. */
const OFFSET = /^GMT(?:([+-])(\d\d):(\d\d))?$/;

/** Offset of a time zone from UTC at a moment, in minutes. It does not depend on the zone of this process. */
function offsetOf(zone: string, atMs: number): number {
  const format =
    FORMATS.get(zone) ?? new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
  FORMATS.set(zone, format);
  const name = format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours = 0, minutes = 0] = OFFSET.exec(name) ?? [];
  return (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1) + 0;
}

/** What a process may know of the clock. */
export function clockStates(
  { processBeganMs, fromMs, toMs }: AppendWindow,
  view: TraceView,
  { service, setAfterMs = 0 }: ClockOptions,
): readonly (boolean | 'unknown')[] {
  if (service === 'none') return ['unknown'];
  const failing = view.faultsNamed('clock.unknown');
  // Nothing has told it yet.
  if (failing.some(({ beginMs, endMs }) => beginMs <= processBeganMs + MARGIN_MS && endMs >= toMs))
    return ['unknown'];
  const isNew = fromMs <= processBeganMs + CLOCK_ANSWER_MS;
  const hasFailed = failing.some(({ beginMs, endMs }) => beginMs <= toMs && endMs >= processBeganMs);
  const unsynced = [
    ...(service === 'kernel' ? [false] : []),
    ...(service !== 'kernel' || isNew || hasFailed ? ['unknown' as const] : []),
  ];
  if (toMs < setAfterMs) return unsynced;
  const toldMs = failing
    .filter(({ beginMs, endMs }) => beginMs <= fromMs && endMs >= processBeganMs)
    .reduce((latestMs, { endMs }) => Math.max(latestMs, endMs), setAfterMs);
  const askMs = toldMs - processBeganMs < ASK_MS.firstPhase ? ASK_MS.first : ASK_MS.later;
  const knownMs = Math.max(processBeganMs, toldMs + (toldMs > processBeganMs ? askMs : 0));
  return fromMs > knownMs + CLOCK_ANSWER_MS ? [true] : [true, ...unsynced, false];
}
