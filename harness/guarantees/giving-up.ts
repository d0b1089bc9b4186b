import { ADAPTER_IN_TROUBLE, CLIENT_ENDED, DELIVERY_IN_TROUBLE, troubles } from './excuses.ts';
import type { Terms } from './guarantee.ts';
import { seconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { Life } from './view/lives.ts';
import { Spans } from './view/span.ts';

/** A client that has waited long enough ends within this time: the attempt that it makes just then has to end first. */
const ENDING_MS = 5_000;
/** How much longer the last samples may take to reach the broker. */
const LAST_DRAIN_MS = 30_000;
/** How long the adapter may take to let go of an attempt that has failed. */
const LETTING_GO_MS = 2_000;
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
export class Waiting {
  readonly #view: TraceView;
  readonly #terms: Terms;
  readonly #tally: Tally;
  /** When nobody could have found the scooter, or connected to it. */
  readonly #absences: Spans;
  readonly #trouble: Spans;
  readonly #undelivered: Spans;
  readonly #attempts: Spans;

  constructor(view: TraceView, terms: Terms, tally: Tally) {
    this.#view = view;
    this.#terms = terms;
    this.#tally = tally;
    const neverOn = !terms.scooter.on && view.scooterOff.length === 0;
    this.#absences = new Spans([
      ...view.faultsNamed('radio.gap'),
      ...view.scooterOff,
      ...(neverOn ? [{ beginMs: 0, endMs: Infinity }] : []),
    ]);
    this.#trouble = troubles(view, terms, { ...CLIENT_ENDED, ...ADAPTER_IN_TROUBLE });
    this.#undelivered = troubles(view, terms, DELIVERY_IN_TROUBLE);
    const moments = view.linkAttemptsMs.map((atMs) => ({ beginMs: atMs, endMs: atMs }));
    this.#attempts = new Spans([...moments, ...view.scans]);
  }

  /** Nobody gives up before the window ends. */
  judgePatience({ life, sinceMs, windowMs, code }: Wait): void {
    if (life.end?.code !== code || this.#trouble.meets(sinceMs, life.endMs)) return;
    this.#tally.occasions();
    const waitedMs = life.endMs - sinceMs;
    if (waitedMs + ROUNDING_MS >= windowMs) return;
    this.#tally.violation({
      atMs: life.endMs,
      what: `the client ended with ${code} too soon`,
      bound: `after ${seconds(windowMs)}`,
      measured: seconds(waitedMs),
    });
  }

  /** With the scooter away all the time, the window is followed by the end. */
  judgeEnd({ life, sinceMs, windowMs, code }: Wait): void {
    const windowEndMs = sinceMs + windowMs;
    const withinMs = ENDING_MS + (this.#drains(windowEndMs) ? LAST_DRAIN_MS : 0);
    const overMs = Math.min(windowEndMs + withinMs, life.endMs);
    // In its last moment a story tells the client to stop.
    if (overMs >= this.#view.endMs || this.#absences.overAt(sinceMs) < windowEndMs + ENDING_MS) return;
    if (this.#trouble.meets(sinceMs, overMs)) return;
    this.#tally.deadline({
      atMs: overMs,
      withinMs,
      tookMs: Number.isFinite(life.endMs) ? life.endMs - windowEndMs : undefined,
      what: `the client did not give the scooter up in time after ${seconds(windowMs)}`,
    });
    if (life.endMs > overMs || life.end?.code === code) return;
    this.#tally.violation({
      atMs: life.endMs,
      what: 'the client ended otherwise than by giving the scooter up',
      bound: `exit ${code}`,
      measured: `${life.end?.how ?? 'no end'} ${life.end?.code ?? ''}`.trim(),
    });
  }

  /** Until the window ends or the scooter is back, there is an attempt in every retry period. */
  judgeAttempts({ life, sinceMs, windowMs }: Wait): void {
    const { connectTimeoutMs, retryMaxMs } = this.#terms.config.scooter;
    const periodMs = connectTimeoutMs + LETTING_GO_MS + retryMaxMs;
    const untilMs = Math.min(
      this.#absences.overAt(sinceMs),
      sinceMs + windowMs,
      life.endMs,
      this.#view.endMs,
    );
    if (untilMs - sinceMs < periodMs || this.#trouble.meets(sinceMs, untilMs)) return;
    const idle = this.#attempts.leave({ beginMs: sinceMs, endMs: untilMs });
    const longest = idle.reduce((a, b) => (b.endMs - b.beginMs > a.endMs - a.beginMs ? b : a), {
      beginMs: sinceMs,
      endMs: sinceMs,
    });
    const idleMs = longest.endMs - longest.beginMs;
    this.#tally.measured({
      atMs: longest.endMs,
      share: idleMs / periodMs,
      bound: `an attempt every ${seconds(periodMs)}`,
      measured: `none for ${seconds(idleMs)}`,
      what: 'the client did not try often enough to reach the scooter',
    });
  }

  /** Whether there may be something left to deliver at a moment. */
  #drains(ms: number): boolean {
    if (this.#undelivered.meets(ms, ms + ENDING_MS)) return true;
    return this.#view.samples.some(
      ({ takenMs, deliveredMs, announcement }) => takenMs <= ms && deliveredMs > ms && !announcement,
    );
  }
}
