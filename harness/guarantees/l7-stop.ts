import { EXIT } from './exit-codes.ts';
import { DELIVERY_EXCUSES, SCOOTER_EXCUSES, excusedSpans, whileActive } from './excuses.ts';
import type { Excuse, Excuses, Guarantee } from './guarantee.ts';
import { untilTriedAgainOn, whileItCloses } from './forbidden-topics.ts';
import { untilRelinked } from './relink-excuses.ts';
import { SHUTDOWN_MS, STOPS } from './shutdown.ts';
import { formatSeconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { endedAbruptly, type ProcessSpan } from './view/processes.ts';
import type { Spans } from './view/span.ts';

/** Last payload of the client on `<base>/status`. */
const OFFLINE = 'offline';

const untilStatusTriedAgain = untilTriedAgainOn('status');
/** The broker rejects the status, or closes the connection on some topic. */
const whileStatusMayFail: Excuse = {
  about: `${untilStatusTriedAgain.about}; otherwise ${whileItCloses.about}`,
  until: (fault, context) =>
    Math.max(untilStatusTriedAgain.until(fault, context), whileItCloses.until(fault, context)),
};

/** Faults at the time of the stop or during it excuse violations; the stop itself does not. */
const BROKER_EXCUSES_AT_STOP = withoutStop({
  ...DELIVERY_EXCUSES,
  'broker.limits': whileActive,
  'broker.forbid': whileStatusMayFail,
});
const SCOOTER_EXCUSES_AT_STOP = withoutStop({
  ...SCOOTER_EXCUSES,
  'adapter.down': untilRelinked,
  'adapter.flap': untilRelinked,
  'adapter.mute': untilRelinked,
});

export const l7: Guarantee = {
  title: 'A client that is stopped disconnects, publishes "offline" and exits promptly',
  rules: [
    {
      checks: `Time from ${STOPS.join(', ')}, or the end of the scenario, to the exit`,
      bound: formatSeconds(SHUTDOWN_MS),
      excuses: [],
    },
    { checks: 'Link to the scooter at the exit', bound: 'none', excuses: [SCOOTER_EXCUSES_AT_STOP] },
    {
      checks: 'Last message on the status topic, if the client was connected to the broker',
      bound: `"${OFFLINE}", and not by the last will`,
      excuses: [BROKER_EXCUSES_AT_STOP],
    },
  ],
  blindSpots: [
    'Other signals than SIGTERM and SIGHUP.',
    'Samples that are undelivered at the exit: S1 and L8 check whether they arrive after the next start.',
    'The exit code: S8 checks that.',
    'A process that exits for another reason in the moment of the stop.',
    'The state of the serial port and of the adapter after the exit.',
  ],
  check(view, facts) {
    const tally = new Tally();
    const context = {
      view,
      tally,
      brokerExcused: excusedSpans(view, facts, BROKER_EXCUSES_AT_STOP),
      scooterExcused: excusedSpans(view, facts, SCOOTER_EXCUSES_AT_STOP),
    };
    const stops = view.faultsNamed(...STOPS).map(({ beginMs }) => beginMs);
    // The end of a scenario stops the client as well.
    for (const stopMs of [...stops, view.endMs]) {
      const process = stoppedProcess(stopMs, view);
      if (process) checkStop(stopMs, process, context);
    }
    return tally.result;
  },
};

/** The process that received SIGTERM, unless it exited for another reason at the same time. */
function stoppedProcess(stopMs: number, { processes }: TraceView): ProcessSpan | undefined {
  const process = processes.find(({ beginMs, endMs }) => beginMs < stopMs && endMs >= stopMs);
  if (!process?.end || endedAbruptly(process)) return undefined;
  return process.endMs > stopMs || process.end.code === EXIT.stopped ? process : undefined;
}

interface StopContext {
  readonly view: TraceView;
  readonly tally: Tally;
  readonly brokerExcused: Spans;
  readonly scooterExcused: Spans;
}

function checkStop(
  stopMs: number,
  process: ProcessSpan,
  { view, tally, brokerExcused, scooterExcused }: StopContext,
): void {
  const { endMs } = process;
  tally.addDeadline({
    atMs: endMs,
    withinMs: SHUTDOWN_MS,
    tookMs: endMs - stopMs,
    what: 'the client did not stop in time',
  });
  const openLink = view.links.find((link) => link.process === process && link.endMs > endMs);
  if (openLink && !scooterExcused.overlaps(stopMs - 1, endMs)) {
    tally.addViolation({
      atMs: endMs,
      what: 'the client exited without disconnecting from the scooter',
      bound: 'no link',
      measured: Number.isFinite(openLink.endMs)
        ? `a link for another ${formatSeconds(openLink.endMs - endMs)}`
        : 'a link',
    });
  }
  if (!isConnected(stopMs, process, view) || brokerExcused.overlaps(stopMs - 1, endMs)) return;
  const last = view.statusMessages.findLast(({ atMs }) => atMs >= stopMs && atMs <= endMs);
  if (last?.payload === OFFLINE && !last.isWill) return;
  tally.addViolation({
    atMs: endMs,
    what: 'the client did not publish that it is offline',
    bound: `${OFFLINE} on the status topic`,
    measured: last ? `${last.payload}${last.isWill ? ' by its last will' : ''}` : 'nothing',
  });
}

/** Whether the client was connected to the broker at the time of the stop. */
function isConnected(stopMs: number, process: ProcessSpan, { connections }: TraceView): boolean {
  return connections.some(
    (connection) =>
      connection.process === process && connection.beginMs <= stopMs && connection.endMs >= stopMs,
  );
}

function withoutStop(excuses: Excuses): Excuses {
  return Object.fromEntries(
    Object.entries(excuses).filter(([fault]) => !STOPS.some((stop) => stop === fault)),
  );
}
