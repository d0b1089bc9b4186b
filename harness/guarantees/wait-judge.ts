import { ADAPTER_EXCUSES, CLIENT_EXCUSES, DELIVERY_EXCUSES, excusedSpans } from './excuses.ts';
import type { RunFacts } from './guarantee.ts';
import { formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { Life } from './view/lives.ts';
import { Spans } from './view/span.ts';

/** A client that has waited long enough ends within this time: the attempt that it makes just then has to end first. */
const EXIT_MS = 5_000;
/** How much longer the last samples may take to reach the broker. */
const FINAL_DRAIN_MS = 30_000;
/** How long the adapter may take to let go of an attempt that has failed. */
const CANCEL_MS = 2_000;
/** Timers drop fractions of a millisecond. */
const ROUNDING_MS = 1;

/** A process of the client waits for the scooter. */
export interface Wait {
  readonly life: Life;
  readonly sinceMs: number;
  /** How long it is told to. */
  readonly windowMs: number;
  /** The exit code by which it says that it was in vain. */
  readonly code: number;
}

/** What waits are judged in. */
export class WaitJudge {
  readonly #view: TraceView;
  readonly #facts: RunFacts;
  readonly #tally: Tally;
  /** When nobody could have found the scooter, or connected to it. */
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
    this.#excused = excusedSpans(view, facts, { ...CLIENT_EXCUSES, ...ADAPTER_EXCUSES });
    this.#undelivered = excusedSpans(view, facts, DELIVERY_EXCUSES);
    const moments = view.linkAttemptsMs.map((atMs) => ({ beginMs: atMs, endMs: atMs }));
    this.#attempts = new Spans([...moments, ...view.scans]);
  }

  /** Nobody gives up before the window ends. */
  judgeMinimumWait({ life, sinceMs, windowMs, code }: Wait): void {
    if (life.end?.code !== code || this.#excused.overlaps(sinceMs, life.endMs)) return;
    this.#tally.countChecks();
    const waitedMs = life.endMs - sinceMs;
    if (waitedMs + ROUNDING_MS >= windowMs) return;
    this.#tally.addViolation({
      atMs: life.endMs,
      what: `the client ended with ${code} too soon`,
      bound: `after ${formatSeconds(windowMs)}`,
      measured: formatSeconds(waitedMs),
    });
  }

  /** With the scooter away all the time, the window is followed by the end. */
  judgeExit({ life, sinceMs, windowMs, code }: Wait): void {
    const windowEndMs = sinceMs + windowMs;
    const withinMs = EXIT_MS + (this.#mayHaveBacklog(windowEndMs) ? FINAL_DRAIN_MS : 0);
    const overMs = Math.min(windowEndMs + withinMs, life.endMs);
    // In its last moment a story tells the client to stop.
    if (overMs >= this.#view.endMs || this.#unreachable.endAt(sinceMs) < windowEndMs + EXIT_MS) return;
    if (this.#excused.overlaps(sinceMs, overMs)) return;
    this.#tally.addDeadline({
      atMs: overMs,
      withinMs,
      tookMs: Number.isFinite(life.endMs) ? life.endMs - windowEndMs : undefined,
      what: `the client did not give the scooter up in time after ${formatSeconds(windowMs)}`,
    });
    if (life.endMs > overMs || life.end?.code === code) return;
    this.#tally.addViolation({
      atMs: life.endMs,
      what: 'the client ended otherwise than by giving the scooter up',
      bound: `exit ${code}`,
      measured: `${life.end?.how ?? 'no end'} ${life.end?.code ?? ''}`.trim(),
    });
  }

  /** Until the window ends or the scooter is back, there is an attempt in every retry period. */
  judgeAttempts({ life, sinceMs, windowMs }: Wait): void {
    const { connectTimeoutMs, retryMaxMs } = this.#facts.config.scooter;
    const periodMs = connectTimeoutMs + CANCEL_MS + retryMaxMs;
    const untilMs = Math.min(
      this.#unreachable.endAt(sinceMs),
      sinceMs + windowMs,
      life.endMs,
      this.#view.endMs,
    );
    if (untilMs - sinceMs < periodMs || this.#excused.overlaps(sinceMs, untilMs)) return;
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
      what: 'the client did not try often enough to reach the scooter',
    });
  }

  /** Whether there may be something left to deliver at a moment. */
  #mayHaveBacklog(ms: number): boolean {
    if (this.#undelivered.overlaps(ms, ms + EXIT_MS)) return true;
    return this.#view.samples.some(
      ({ storedMs, deliveredMs, dropReport }) => storedMs <= ms && deliveredMs > ms && !dropReport,
    );
  }
}
