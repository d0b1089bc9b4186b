import { isGpsdUrl } from '../../client/gps/gpsd/address.ts';
import type { EventOf } from '../world/trace/event.ts';
import { CLIENT_EXCUSES, DISK_EXCUSES, POLL_EXCUSES, excusedSpans, whileActive } from './excuses.ts';
import type { Excuse, Excuses, Guarantee, RunFacts } from './guarantee.ts';
import { latestCycleAt } from './polling.ts';
import { formatSeconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { FaultSpan } from './view/fault-spans.ts';
import { countUntil } from './view/search.ts';

/** Default interval of NMEA receivers; a fix consists of the sentences of one interval. */
const FIX_INTERVAL_MS = 1_000;

/** Time in which a client that is not told the protocol listens before it sends AT commands, and in which a modem has a new fix. */
const MODEM_MS = 4_000;

/** The longest pause before the client connects to gpsd again (martinete.toml). */
const GPSD_PAUSE_MS = 30_000;

/** A receiver without valid input for this long, or for reopen_interval if that is longer, is opened again (port.ts). */
const RECEIVE_TIMEOUT_MS = 10_000;
/** A modem is asked whether its GPS is on after 30 responses without a fix, and switched on (modem-reader.ts). */
const SWITCH_ON_MS = 33_000;

/** Time that a fault costs after its end, in addition to the pause before the port is opened, by its name. */
const COSTS_MS: Readonly<Record<string, (reopenIntervalMs: number) => number>> = {
  'gps.silence': () => 0,
  'gps.unplug': () => 0,
  'gps.garbage': () => 0,
  'gps.nofix': () => 0,
  'gps.estimated': () => 0,
  'gps.repeat': () => 0,
  'gps.hang': () => 0,
  'gps.restart': () => SWITCH_ON_MS,
  'gps.stuck': (reopenIntervalMs) => Math.max(RECEIVE_TIMEOUT_MS, reopenIntervalMs),
};
const GPS_FAULTS = Object.keys(COSTS_MS);

const untilRecovered: Excuse = {
  about: 'while active, and until the recovery is due',
  until: (fault, { facts }) => fault.endMs + recoveryMs(fault, facts),
};
const SAMPLE_EXCUSES: Excuses = { ...POLL_EXCUSES, ...DISK_EXCUSES };
const FIX_EXCUSES: Excuses = {
  ...CLIENT_EXCUSES,
  ...Object.fromEntries(GPS_FAULTS.map((name) => [name, whileActive])),
  'gps.restart': untilRecovered,
  'gps.stuck': untilRecovered,
};

export const l6: Guarantee = {
  title: 'A GPS fault neither delays nor drops samples, and the position recovers',
  rules: [
    {
      checks: `Longest interval between stored samples (with a sync_interval, between polls) from the beginning of ${GPS_FAULTS.join(', ')} to the recovery`,
      bound: 'send_interval + request_timeout',
      excuses: [SAMPLE_EXCUSES],
    },
    {
      checks: 'Time from the end of the fault to the next fix that reaches the client',
      bound:
        `reopen_interval + ${formatSeconds(2 * FIX_INTERVAL_MS)}; with gpsd, at least ${formatSeconds(GPSD_PAUSE_MS)} in place of reopen_interval; with a modem ${formatSeconds(MODEM_MS)} more; ` +
        `after gps.restart ${formatSeconds(SWITCH_ON_MS)} longer; after gps.stuck reopen_interval longer, and at least ${formatSeconds(RECEIVE_TIMEOUT_MS)}`,
      excuses: [FIX_EXCUSES],
    },
  ],
  blindSpots: [
    'The samples, if no link was polled when the fault began.',
    'Whether the client understands the fix: S4 checks the published position.',
    `Receivers with fewer than one fix in ${formatSeconds(FIX_INTERVAL_MS)}.`,
  ],
  check(view, facts) {
    const tally = new Tally();
    if (!facts.config.serial) return tally.result;
    for (const fault of view.faultsNamed(...GPS_FAULTS)) {
      const withinMs = recoveryMs(fault, facts);
      checkSamples(fault, fault.endMs + withinMs, view, facts, tally);
      checkFix(fault, withinMs, view, facts, tally);
    }
    return tally.result;
  },
};

function isModem({ receiver }: RunFacts['gps']): boolean {
  return receiver !== undefined && !['none', 'nmea', 'gpsd'].includes(receiver);
}

/** Time from the end of a fault until the next fix is due. */
function recoveryMs({ fault }: FaultSpan, { config, gps }: RunFacts): number {
  const { serialPort = '', reopenIntervalMs = 0 } = config.serial ?? {};
  const pauseMs = isGpsdUrl(serialPort) ? Math.max(reopenIntervalMs, GPSD_PAUSE_MS) : reopenIntervalMs;
  const modemMs = isModem(gps) ? MODEM_MS : 0;
  return pauseMs + modemMs + 2 * FIX_INTERVAL_MS + (COSTS_MS[fault]?.(reopenIntervalMs) ?? 0);
}

/** Samples are stored at their interval while the receiver fails and recovers. */
function checkSamples(
  fault: FaultSpan,
  overMs: number,
  view: TraceView,
  facts: RunFacts,
  tally: Tally,
): void {
  const before = latestCycleAt(view, fault.beginMs);
  if (!before || overMs > view.endMs || !view.runsThrough(before.dueMs, overMs)) return;
  if (excusedSpans(view, facts, SAMPLE_EXCUSES).overlaps(before.dueMs, overMs)) return;
  const { mqtt, scooter } = facts.config;
  const { syncIntervalMs } = facts.config.outbox;
  const { cycles, storedEvents } = view;
  const timesMs =
    syncIntervalMs > 0 ? cycles.map(({ dueMs }) => dueMs) : storedEvents.map((event) => event.atMs);
  const { gapMs, atMs } = longestGap(fault.beginMs, overMs, timesMs);
  tally.addDeadline({
    atMs,
    withinMs: mqtt.sendIntervalMs + scooter.requestTimeoutMs,
    tookMs: gapMs,
    what: `a sample was late or missing during ${fault.fault}`,
  });
}

/** The longest time without a sample, and its end. */
function longestGap(
  fromMs: number,
  toMs: number,
  timesMs: readonly number[],
): { gapMs: number; atMs: number } {
  let longest = { gapMs: 0, atMs: fromMs };
  let lastMs = fromMs;
  const measureGapTo = (atMs: number): void => {
    if (atMs - lastMs > longest.gapMs) longest = { gapMs: atMs - lastMs, atMs };
    lastMs = atMs;
  };
  for (let index = countUntil(timesMs, fromMs, (ms) => ms); index < timesMs.length; index++) {
    const atMs = timesMs[index] ?? Infinity;
    if (atMs > toMs) break;
    measureGapTo(atMs);
  }
  measureGapTo(toMs);
  return longest;
}

function firstFixAfter(ms: number, { fixes }: TraceView): EventOf<'gps.fix'> | undefined {
  for (let index = countUntil(fixes, ms, ({ atMs }) => atMs); index < fixes.length; index++) {
    const fix = fixes[index];
    if (fix?.heard && fix.latitude !== undefined) return fix;
  }
  return undefined;
}

/** The client receives a complete fix again. */
function checkFix(fault: FaultSpan, withinMs: number, view: TraceView, facts: RunFacts, tally: Tally): void {
  const { endMs } = fault;
  const fix = firstFixAfter(endMs, view);
  const overMs = Math.min(endMs + withinMs, fix?.atMs ?? Infinity);
  if (overMs > view.endMs || !view.runsThrough(endMs, overMs)) return;
  if (excusedSpans(view, facts, FIX_EXCUSES, fault).overlaps(endMs, overMs)) return;
  tally.addDeadline({
    atMs: overMs,
    withinMs,
    tookMs: fix ? fix.atMs - endMs : undefined,
    what: `no fix in time after ${fault.fault}`,
  });
}
