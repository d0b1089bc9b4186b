import { ADAPTER_EXCUSES, CLIENT_EXCUSES, DELIVERY_EXCUSES, excusedSpans, whileActive } from './excuses.ts';
import type { Excuses, Rule, RunFacts } from './guarantee.ts';
import { untilResumed } from './pauses.ts';
import { formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { ProcessSpan } from './view/processes.ts';
import { Spans } from './view/span.ts';

/** Time in which the client exits after a window has ended: the current attempt has to end first. */
const EXIT_MS = 5_000;
/** Additional time for the last deliveries. */
const FINAL_DRAIN_MS = 30_000;
/** Time that the adapter may take to cancel a connection attempt. */
const CANCEL_MS = 2_000;
/** Timers truncate fractions of a millisecond. */
const ROUNDING_MS = 1;

/** Stopped and paused clients, and adapter faults; and the client takes an impostor for the scooter. */
const EXCUSES: Excuses = {
  ...CLIENT_EXCUSES,
  ...ADAPTER_EXCUSES,
  'client.pause': untilResumed,
  'scooter.impostor': whileActive,
};

/** What is checked of a wait. @param window the key of its configured duration */
export function waitRules(window: string, code: number): readonly Rule[] {
  return [
    {
      checks: 'Interval without an attempt to reach the scooter while it is out of range or off',
      bound: `scooter.connect_timeout + ${formatSeconds(CANCEL_MS)} + retry_max`,
      excuses: [EXCUSES],
    },
    {
      checks: `Time from the end of ${window} to exit ${code}, if the scooter stays out of range or off`,
      bound: `${formatSeconds(EXIT_MS)}; ${formatSeconds(EXIT_MS + FINAL_DRAIN_MS)} if there may be undelivered samples`,
      excuses: [EXCUSES],
    },
    { checks: `Exit ${code} before the end of ${window}`, bound: 'never', excuses: [EXCUSES] },
  ];
}

/** What neither guarantee about a wait can see. */
export const WAIT_BLIND_SPOTS = [
  'The end of the window while the scooter is reachable, but refuses connections, logins or reads: only the last rule of L3 applies to it.',
  'Whether an attempt could succeed: each scan and each request for a connection counts.',
];

/** A client process that waits for the scooter. */
export interface Wait {
  readonly process: ProcessSpan;
  readonly sinceMs: number;
  /** Configured duration of the wait. */
  readonly windowMs: number;
  /** Exit code for a wait without success. */
  readonly code: number;
}

/** Checks whether the client waits for the scooter as long as configured, retries meanwhile, and then exits. */
export class WaitChecker {
  readonly #view: TraceView;
  readonly #facts: RunFacts;
  readonly #tally: Tally;
  /** Spans in which the scooter could not be found or connected to. */
  readonly #unreachable: Spans;
  readonly #excused: Spans;
  readonly #undelivered: Spans;
  readonly #attempts: Spans;

  constructor(view: TraceView, facts: RunFacts, tally: Tally) {
    this.#view = view;
    this.#facts = facts;
    this.#tally = tally;
    const neverOn = !facts.scooter.on && view.scooterOff.length === 0;
    this.#unreachable = new Spans([
      ...view.faultsNamed('radio.gap'),
      ...view.scooterOff,
      ...(neverOn ? [{ beginMs: 0, endMs: Infinity }] : []),
    ]);
    this.#excused = excusedSpans(view, facts, EXCUSES);
    this.#undelivered = excusedSpans(view, facts, DELIVERY_EXCUSES);
    const attempts = view.linkAttemptsMs.map((atMs) => ({ beginMs: atMs, endMs: atMs }));
    this.#attempts = new Spans([...attempts, ...view.scans]);
  }

  /** The client does not exit before the window ends. */
  checkMinimumWait({ process, sinceMs, windowMs, code }: Wait): void {
    if (process.end?.code !== code || this.#isExcused(sinceMs, process.endMs)) return;
    this.#tally.countChecks();
    const waitedMs = process.endMs - sinceMs;
    if (waitedMs + ROUNDING_MS >= windowMs) return;
    this.#tally.addViolation({
      atMs: process.endMs,
      what: `the client exited with ${code} too early`,
      bound: `after ${formatSeconds(windowMs)}`,
      measured: formatSeconds(waitedMs),
    });
  }

  /** If the scooter stays unreachable, the client exits after the window. */
  checkExit({ process, sinceMs, windowMs, code }: Wait): void {
    const windowEndMs = sinceMs + windowMs;
    const withinMs = EXIT_MS + (this.#mayHaveBacklog(windowEndMs) ? FINAL_DRAIN_MS : 0);
    const overMs = Math.min(windowEndMs + withinMs, process.endMs);
    // The end of the scenario stops the client.
    if (overMs >= this.#view.endMs || this.#unreachable.endAt(sinceMs) < windowEndMs + EXIT_MS) return;
    if (this.#isExcused(sinceMs, overMs)) return;
    this.#tally.addDeadline({
      atMs: overMs,
      withinMs,
      tookMs: Number.isFinite(process.endMs) ? process.endMs - windowEndMs : undefined,
      what: `the client did not exit in time after a window of ${formatSeconds(windowMs)}`,
    });
    if (process.endMs > overMs || process.end?.code === code) return;
    this.#tally.addViolation({
      atMs: process.endMs,
      what: 'the client exited with another code after the window',
      bound: `exit ${code}`,
      measured: `${process.end?.how ?? 'no exit'} ${process.end?.code ?? ''}`.trim(),
    });
  }

  /** Until the window ends or the scooter is reachable, there is an attempt in every retry period. */
  checkAttempts({ process, sinceMs, windowMs }: Wait): void {
    const { connectTimeoutMs, retryMaxMs } = this.#facts.config.scooter;
    const periodMs = connectTimeoutMs + CANCEL_MS + retryMaxMs;
    const untilMs = Math.min(
      this.#unreachable.endAt(sinceMs),
      sinceMs + windowMs,
      process.endMs,
      this.#view.endMs,
    );
    if (untilMs - sinceMs < periodMs || this.#isExcused(sinceMs, untilMs)) return;
    const idle = this.#attempts.subtractFrom({ beginMs: sinceMs, endMs: untilMs });
    const longest = idle.reduce((a, b) => (b.endMs - b.beginMs > a.endMs - a.beginMs ? b : a), {
      beginMs: sinceMs,
      endMs: sinceMs,
    });
    const idleMs = longest.endMs - longest.beginMs;
    this.#tally.addMeasurement({
      atMs: longest.endMs,
      share: idleMs / periodMs,
      bound: `an attempt every ${formatSeconds(periodMs)}`,
      measured: `none for ${formatSeconds(idleMs)}`,
      what: 'too few attempts to reach the scooter',
    });
  }

  /** A fault may begin in the same millisecond as the process. */
  #isExcused(sinceMs: number, untilMs: number): boolean {
    return this.#excused.overlaps(sinceMs - 1, untilMs);
  }

  /** Whether there may be undelivered samples at a time. */
  #mayHaveBacklog(ms: number): boolean {
    if (this.#undelivered.overlaps(ms, ms + EXIT_MS)) return true;
    return this.#view.samples.some(
      ({ storedMs, deliveredMs, dropReport }) => storedMs <= ms && deliveredMs > ms && !dropReport,
    );
  }
}
