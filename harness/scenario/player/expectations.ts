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
}

/** Result of a run. */
export interface RunResult {
  readonly events: readonly TraceEvent[];
  /** End of the scenario in virtual time. */
  readonly endMs: number;
  readonly config: Config;
  /** Number of timers that remain after shutdown. */
  readonly pendingTimers: number;
}

type MeasuredKey = Exclude<keyof Expectations, 'guarantees' | 'published' | 'recoveredByMs'>;

/** Measures an expectation; undefined if there is nothing to measure. */
const MEASURES: Readonly<Record<MeasuredKey, (result: RunResult) => number | undefined>> = {
  logins: (result) => count(result, (event) => event.type === 'login' && event.ok),
  links: (result) => count(result, ({ type }) => type === 'link.up'),
  starts: (result) => count(result, ({ type }) => type === 'client.started'),
  exit: ({ events, endMs }) => {
    const end = events.find((event) => event.type === 'client.ended' && event.atMs <= endMs);
    return end?.type === 'client.ended' ? end.code : undefined;
  },
  samples: (result) => new Set(receivedSamples(result).map(({ payload }) => payload)).size,
};

/** Expectations that are a minimum; others have to match exactly. */
const MINIMUMS: readonly MeasuredKey[] = ['samples'];

/** The expectations that a run has not met. Crashes and remaining timers are never expected. */
export function checkExpectations(expect: Expectations, result: RunResult): FailedExpectation[] {
  const missed = (Object.keys(MEASURES) as MeasuredKey[]).flatMap((key): FailedExpectation[] => {
    const expected = expect[key];
    if (expected === undefined) return [];
    const measured = MEASURES[key](result);
    const isMinimum = MINIMUMS.includes(key);
    const isMet = measured !== undefined && (isMinimum ? measured >= expected : measured === expected);
    if (isMet) return [];
    return [
      {
        key,
        expected: isMinimum ? `at least ${expected}` : String(expected),
        measured: measured === undefined ? 'none' : String(measured),
      },
    ];
  });
  missed.push(...checkPublished(expect.published ?? [], result), ...checkCrashes(result));
  if (expect.recoveredByMs !== undefined) missed.push(...checkRecovery(expect.recoveredByMs, result));
  if (result.pendingTimers === 0) return missed;
  return [...missed, { key: 'pending timers', expected: 'none', measured: String(result.pendingTimers) }];
}

function checkPublished(conditions: readonly SampleCondition[], result: RunResult): FailedExpectation[] {
  const payloads = receivedSamples(result).map(({ payload }) => payload);
  return conditions
    .filter((condition) => !payloads.some((payload) => meetsCondition(condition, payload)))
    .map(({ text }) => ({ key: 'published', expected: text, measured: 'no such sample' }));
}

/** The client must not crash, nor survive an error of its own only because errors cost no more than a packet. */
function checkCrashes({ events }: RunResult): FailedExpectation[] {
  return events.flatMap((event) => {
    const error =
      event.type === 'client.ended' && event.how === 'crashed'
        ? (event.error ?? 'one')
        : event.type === 'log' && event.message.startsWith(PACKET_ERROR) && event.message;
    return error === false ? [] : [{ key: 'crashes', expected: 'none', measured: error }];
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
  const longestMs = Math.max(...limits.slice(1).map((atMs, index) => atMs - (limits[index] ?? atMs)));
  if (longestMs <= boundMs) return [];
  return [
    {
      key: 'recovered_by',
      expected: `a sample every ${boundMs / 1000} s after ${byMs / 1000} s`,
      measured: `none for ${longestMs / 1000} s`,
    },
  ];
}

function receivedSamples({ events, config }: RunResult): EventOf<'received'>[] {
  return events.filter(
    (event): event is EventOf<'received'> => event.type === 'received' && event.topic === config.mqtt.topic,
  );
}

function count({ events, endMs }: RunResult, fits: (event: TraceEvent) => boolean): number {
  return events.filter((event) => event.atMs <= endMs && fits(event)).length;
}
