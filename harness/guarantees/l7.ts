import { EXIT } from '../../client/errors.ts';
import { DELIVERY_EXCUSES, SCOOTER_EXCUSES, excusedSpans, untilRelinked, type Excuses } from './excuses.ts';
import type { Guarantee } from './guarantee.ts';
import { formatSeconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { Life } from './view/lives.ts';
import type { Spans } from './view/span.ts';

/** A client that is told to stop has stopped within this time. */
const STOP_TIMEOUT_MS = 5_000;
/** What the client says last on `<base>/status`. */
const OFFLINE = 'offline';
/** Who pulls the plug does not wait for an answer. */
const CUT_SHORT: readonly unknown[] = ['killed', 'power cut'];

/** What happens in the same moment as the stop, or meanwhile. */
const BROKER_EXCUSES_AT_STOP = withoutStop(DELIVERY_EXCUSES);
const SCOOTER_EXCUSES_AT_STOP = withoutStop({
  ...SCOOTER_EXCUSES,
  'adapter.down': untilRelinked,
  'adapter.flap': untilRelinked,
  'adapter.mute': untilRelinked,
});

export const l7: Guarantee = {
  title: 'A client that is told to stop hangs up, says that it is offline, and ends at once',
  check(view, facts) {
    const tally = new Tally();
    const scene = {
      view,
      tally,
      brokerExcused: excusedSpans(view, facts, BROKER_EXCUSES_AT_STOP),
      scooterExcused: excusedSpans(view, facts, SCOOTER_EXCUSES_AT_STOP),
    };
    const stops = view.faultsNamed('client.term').map(({ beginMs }) => beginMs);
    // At the end of its story every client is told to stop.
    for (const stopMs of [...stops, view.endMs]) {
      const life = stoppedLife(stopMs, view);
      if (life) judgeStop(stopMs, life, scene);
    }
    return tally.verdict;
  },
};

/** The process that was told to stop, and did not end in the same moment for a reason of its own. */
function stoppedLife(stopMs: number, { lives }: TraceView): Life | undefined {
  const life = lives.findLast(({ beginMs, endMs }) => beginMs <= stopMs && endMs >= stopMs);
  if (!life?.end || CUT_SHORT.includes(life.end.how)) return undefined;
  return life.endMs > stopMs || life.end.code === EXIT.stopped ? life : undefined;
}

interface StopContext {
  readonly view: TraceView;
  readonly tally: Tally;
  readonly brokerExcused: Spans;
  readonly scooterExcused: Spans;
}

function judgeStop(
  stopMs: number,
  life: Life,
  { view, tally, brokerExcused, scooterExcused }: StopContext,
): void {
  const { end, endMs } = life;
  tally.addDeadline({
    atMs: endMs,
    withinMs: STOP_TIMEOUT_MS,
    tookMs: endMs - stopMs,
    what: 'the client did not stop in time',
  });
  if (end?.code !== EXIT.stopped) {
    tally.addViolation({
      atMs: endMs,
      what: 'the client was told to stop and ended otherwise',
      bound: `exit ${EXIT.stopped}`,
      measured: end?.code === undefined ? (end?.error ?? 'none') : `exit ${end.code}`,
    });
  }
  const openLink = view.links.find((link) => link.life === life && link.endMs > endMs);
  if (openLink && !scooterExcused.overlaps(stopMs - 1, endMs)) {
    tally.addViolation({
      atMs: endMs,
      what: 'the client ended without hanging up on the scooter',
      bound: 'no link',
      measured: Number.isFinite(openLink.endMs)
        ? `a link for another ${formatSeconds(openLink.endMs - endMs)}`
        : 'a link',
    });
  }
  if (!isConnected(stopMs, life, view) || brokerExcused.overlaps(stopMs - 1, endMs)) return;
  const last = view.statusMessages.findLast(({ atMs }) => atMs >= stopMs && atMs <= endMs);
  if (last?.payload === OFFLINE && !last.isWill) return;
  tally.addViolation({
    atMs: endMs,
    what: 'the client did not say that it is offline',
    bound: `${OFFLINE} on the status topic`,
    measured: last ? `${last.payload}${last.isWill ? ' by its last will' : ''}` : 'nothing',
  });
}

/** Whether the client had its connection to the broker when it was told to stop. */
function isConnected(stopMs: number, life: Life, { connections }: TraceView): boolean {
  return connections.some(
    (connection) => connection.life === life && connection.beginMs <= stopMs && connection.endMs >= stopMs,
  );
}

function withoutStop(excuses: Excuses): Excuses {
  return Object.fromEntries(Object.entries(excuses).filter(([fault]) => fault !== 'client.term'));
}
