import type { SampleId } from '../outbox/stored-sample.ts';

/** Minimum number of disconnects on the same sample before it is quarantined, and the minimum time they span. */
const MIN_DISCONNECTS = 3;
const MIN_SPAN_MS = 120_000;
/** Number of disconnects after which a connection must be stable without the sample before it is sent again. */
const PROBE_DISCONNECTS = 2;
/** Time after which a connection counts as stable. */
const STABLE_MS = 30_000;
/** Minimum time between two quarantines if the broker acknowledges no sample in between: it may refuse them all. */
const QUARANTINE_INTERVAL_MS = 3_600_000;

/** Maximum time from sending a sample to a disconnect that it can have caused. */
const MAX_REACTION_MS = 5_000;

/** State of a connection when it ended. */
export interface ConnectionRecord {
  readonly upMs: number;
  /** Number of messages that the broker acknowledged on it. */
  readonly acknowledged: number;
  /** Time since the latest sample was sent. */
  readonly inFlightMs: number;
}

interface Suspect extends SampleId {
  readonly firstMs: number;
  readonly disconnects: number;
}

/**
 * Finds a sample that makes the broker disconnect. After a disconnect, the samples that were in flight are sent one at a
 * time, so that the next disconnect has a single suspect. A suspect is quarantined after several disconnects, spread over
 * time, each on a connection that had worked. It is cleared if a connection is lost without it in flight. Until the broker
 * acknowledges a sample, at most one is quarantined per hour, so that a broker that refuses all of them costs few.
 */
export class PoisonDetector {
  #suspect: Suspect | undefined;
  /** Earliest time of the next quarantine, by `performance.now()`. */
  #quarantineFromMs = 0;
  /** Names of the samples to be sent one at a time. */
  #isolated: readonly string[] = [];

  /** Maximum number of samples in flight: `normal`, or 1 while suspects are isolated. */
  window(normal: number): number {
    return this.#isolated.length > 0 ? 1 : normal;
  }

  /** Whether a connection must be stable before the suspect is sent, and is not reported as stable until then. */
  get isProbing(): boolean {
    return (this.#suspect?.disconnects ?? 0) >= PROBE_DISCONNECTS;
  }

  /** Minimum time that a connection must be up before a sample is sent. */
  minUpMs(sample: SampleId): number {
    return this.isProbing && this.#suspectOf(sample) ? STABLE_MS : 0;
  }

  /** Clears a sample that the broker has acknowledged. */
  acknowledged(sample: SampleId): void {
    this.#quarantineFromMs = 0;
    // Samples are sent in order: earlier ones were acknowledged as well, or dropped.
    const suspect = this.#suspect;
    if (suspect?.bootId === sample.bootId && suspect.seq <= sample.seq) this.#suspect = undefined;
    const at = this.#isolated.indexOf(nameOf(sample));
    this.#isolated = at < 0 ? [] : this.#isolated.slice(at + 1);
  }

  /** Records a disconnect by the broker with these samples in flight, oldest first; returns the one to quarantine. */
  disconnected<Sample extends SampleId>(
    inFlight: readonly Sample[],
    { upMs, acknowledged, inFlightMs }: ConnectionRecord,
  ): Sample | undefined {
    const [oldest, ...others] = inFlight;
    if (!oldest) return undefined;
    this.#isolated = [...new Set([...this.#isolated, ...inFlight.map(nameOf)])];
    const worked = acknowledged > 0 || upMs >= STABLE_MS;
    if (others.length > 0 || !worked || inFlightMs > MAX_REACTION_MS) return undefined;
    const nowMs = performance.now();
    const { firstMs, disconnects: before } = this.#suspectOf(oldest) ?? { firstMs: nowMs, disconnects: 0 };
    const { bootId, seq } = oldest;
    const disconnects = before + 1;
    this.#suspect = { bootId, seq, firstMs, disconnects };
    const isProven = disconnects >= MIN_DISCONNECTS && nowMs - firstMs >= MIN_SPAN_MS;
    return isProven && nowMs >= this.#quarantineFromMs ? oldest : undefined;
  }

  /** Clears the suspect if a connection was lost without it in flight, for whatever reason. */
  lost(inFlight: readonly SampleId[]): void {
    if (!inFlight.some((sample) => this.#suspectOf(sample))) this.#suspect = undefined;
  }

  /** Called after the sample that {@link disconnected} returned was quarantined. */
  quarantined(sample: SampleId): void {
    this.acknowledged(sample);
    this.#quarantineFromMs = performance.now() + QUARANTINE_INTERVAL_MS;
  }

  #suspectOf(sample: SampleId): Suspect | undefined {
    return this.#suspect && nameOf(this.#suspect) === nameOf(sample) ? this.#suspect : undefined;
  }
}

function nameOf({ bootId, seq }: SampleId): string {
  return `${bootId} ${seq}`;
}
