import { PACKET_ERROR } from '../../../client/ble/library-log.ts';
import type { Config } from '../../../client/config/schema.ts';
import type { EventOf, TraceEvent } from '../../world/trace/event.ts';
import { meetsCondition, type SampleCondition } from '../format/sample-condition.ts';
import type { Expectations } from '../format/scenario.ts';

/** An expectation that was not met. */
export interface FailedExpectation {
  readonly key: string;
  readonly expected: string;
  readonly measured: string;
  /** Virtual time at which it could no longer be met. */
  readonly atMs: number;
  /** Stack of an uncaught error. */
  readonly stack?: string;
}

/** Result of a run. */
export interface RunResult {
  readonly events: readonly TraceEvent[];
  /** End of the scenario in virtual time. */
  readonly endMs: number;
  readonly config: Config;
  /** Number of timers that remain after shutdown. */
  readonly pendingTimers: number;
  /** Stacks of uncaught errors, by the number of the client's process. */
  readonly crashStacks: ReadonlyMap<number, string>;
  /** Stacks of the warnings in the trace, in the same order. */
  readonly warningStacks: readonly string[];
}

type MeasuredKey = Exclude<keyof Expectations, 'guarantees' | 'published' | 'recoveredByMs'>;

/** What was measured for an expectation; undefined if there is nothing to measure. */
interface Measurement {
  readonly value: number | undefined;
  /** Times of what was counted. */
  readonly timesMs: readonly number[];
}

const MEASURES: Readonly<Record<MeasuredKey, (result: RunResult) => Measurement>> = {
  logins: (result) => count(result, (event) => event.type === 'login' && event.ok),
  links: (result) => count(result, ({ type }) => type === 'link.up'),
  starts: (result) => count(result, ({ type }) => type === 'client.started'),
  exit: ({ events, endMs }) => {
    const end = events.find((event) => event.type === 'client.ended' && event.atMs <= endMs);
    return { value: end?.type === 'client.ended' ? end.code : undefined, timesMs: end ? [end.atMs] : [] };
  },
  samples: (result) => ({
    value: new Set(receivedSamples(result).map(({ payload }) => payload)).size,
    timesMs: [],
  }),
};

/** Expectations that are a minimum; others have to match exactly. */
const MINIMUMS: readonly MeasuredKey[] = ['samples'];

/** The expectations that a run has not met. Crashes, warnings of Node.js and remaining timers are never expected. */
export function checkExpectations(expect: Expectations, result: RunResult): FailedExpectation[] {
  const missed = (Object.keys(MEASURES) as MeasuredKey[]).flatMap((key): FailedExpectation[] => {
    const expected = expect[key];
    if (expected === undefined) return [];
    const { value: measured, timesMs } = MEASURES[key](result);
    const isMinimum = MINIMUMS.includes(key);
    const isMet = measured !== undefined && (isMinimum ? measured >= expected : measured === expected);
    if (isMet) return [];
    return [
      {
        key,
        expected: isMinimum ? `at least ${expected}` : String(expected),
        measured: measured === undefined ? 'none' : String(measured),
        // The first one too many, or the end, before which more might have come.
        atMs: timesMs[key === 'exit' ? 0 : expected] ?? result.endMs,
      },
    ];
  });
  missed.push(
    ...checkPublished(expect.published ?? [], result),
    ...checkCrashes(result),
    ...checkWarnings(result),
  );
  if (expect.recoveredByMs !== undefined) missed.push(...checkRecovery(expect.recoveredByMs, result));
  if (result.pendingTimers === 0) return missed;
  return [
    ...missed,
    { key: 'pending timers', expected: 'none', measured: String(result.pendingTimers), atMs: result.endMs },
  ];
}

function checkPublished(conditions: readonly SampleCondition[], result: RunResult): FailedExpectation[] {
  const payloads = receivedSamples(result).map(({ payload }) => payload);
  return conditions
    .filter((condition) => !payloads.some((payload) => meetsCondition(condition, payload)))
    .map(({ text }) => ({
      key: 'published',
      expected: text,
      measured: 'no such sample',
      atMs: result.endMs,
    }));
}

/** The client must not crash, nor survive an error of its own only because errors cost no more than a packet. */
function checkCrashes({ events, crashStacks }: RunResult): FailedExpectation[] {
  return events.flatMap((event): FailedExpectation[] => {
    const crash = { key: 'crashes', expected: 'none', atMs: event.atMs };
    if (event.type === 'client.ended' && event.how === 'crashed') {
      const stack = crashStacks.get(event.life);
      const measured = `${event.error ?? 'one'} (process ${event.life})`;
      return [{ ...crash, measured, ...(stack !== undefined && { stack }) }];
    }
    const isPacketError = event.type === 'log' && event.message.startsWith(PACKET_ERROR);
    return isPacketError ? [{ ...crash, measured: event.message }] : [];
  });
}

/** Node.js must not warn of the client, such as of too many listeners. */
function checkWarnings({ events, warningStacks }: RunResult): FailedExpectation[] {
  const warnings = events.filter((event) => event.type === 'warning');
  return warnings.map(({ atMs, name, message }, index) => {
    const stack = warningStacks[index];
    const measured = `${name}: ${message}`;
    return { key: 'warnings', expected: 'none', measured, atMs, ...(stack !== undefined && { stack }) };
  });
}

/** Checks the longest time without a new sample at the broker after the expected recovery. */
function checkRecovery(byMs: number, result: RunResult): FailedExpectation[] {
  const { sendIntervalMs } = result.config.mqtt;
  const { requestTimeoutMs } = result.config.scooter;
  const boundMs = sendIntervalMs + requestTimeoutMs;
  const times = receivedSamples(result).flatMap(({ atMs }) =>
    atMs > byMs && atMs < result.endMs ? [atMs] : [],
  );
  const limits = [byMs, ...times, result.endMs];
  const pausesMs = limits.slice(1).map((atMs, index) => atMs - (limits[index] ?? atMs));
  // A read that the scooter does not answer takes the time of its two requests.
  const withheldMs = result.events.flatMap(({ type, atMs }) => (type === 'reply.withheld' ? [atMs] : []));
  const excessMs = pausesMs.map((pauseMs, index) => {
    const endMs = limits[index + 1] ?? result.endMs;
    const count = withheldMs.filter((atMs) => atMs > endMs - pauseMs && atMs <= endMs).length;
    return pauseMs - boundMs - count * requestTimeoutMs;
  });
  const longest = excessMs.indexOf(Math.max(...excessMs));
  const longestMs = pausesMs[longest] ?? 0;
  if ((excessMs[longest] ?? 0) <= 0) return [];
  return [
    {
      key: 'recovered_by',
      expected: `a sample every ${boundMs / 1000} s after ${byMs / 1000} s`,
      measured: `none for ${longestMs / 1000} s`,
      atMs: (limits[longest] ?? byMs) + boundMs,
    },
  ];
}

function receivedSamples({ events, config }: RunResult): EventOf<'received'>[] {
  return events.filter(
    (event): event is EventOf<'received'> => event.type === 'received' && event.topic === config.mqtt.topic,
  );
}

function count({ events, endMs }: RunResult, fits: (event: TraceEvent) => boolean): Measurement {
  const timesMs = events.flatMap((event) => (event.atMs <= endMs && fits(event) ? [event.atMs] : []));
  return { value: timesMs.length, timesMs };
}
