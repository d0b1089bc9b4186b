import type { SampleId } from '../outbox/stored-sample.ts';

/** Hang-ups on one and the same sample before it is quarantined, and the time from the first to the last of them. */
const MIN_HANG_UPS = 3;
const MIN_SPAN_MS = 120_000;
/** Hang-ups after which a connection has to prove that it holds without the sample. */
const DOUBTFUL_HANG_UPS = 2;
/** A connection that has been up for so long holds. */
const HOLDING_MS = 30_000;

/** A hang-up so long after a sample went out is about something else. */
const REACTION_MS = 5_000;

/** What is known of a connection when it ends. */
export interface ConnectionRecord {
  readonly upMs: number;
  /** Messages that the broker has acknowledged on it. */
  readonly acknowledged: number;
  /** For how long the sample that went out last has been in flight. */
  readonly inFlightMs: number;
}

interface Suspect {
  readonly name: string;
  readonly firstMs: number;
  readonly hangUps: number;
}

/**
 * Finds a sample on which the broker hangs up. After a hang-up the samples that were in flight go out one at a time, so
 * that the next one has a single suspect. It takes several hang-ups to convict it, spread over time, each on a connection
 * that worked; and as soon as a connection breaks without it, the broker is to blame. No second sample is quarantined
 * before the broker has acknowledged one.
 */
export class PoisonDetector {
  #suspect: Suspect | undefined;
  #awaitsAcknowledgement = false;
  /** Samples that are to go out one at a time. */
  #alone: readonly string[] = [];

  /** Number of samples that may be in flight, instead of `normal`. */
  window(normal: number): number {
    return this.#alone.length > 0 ? 1 : normal;
  }

  /** Whether a connection has to prove that it holds without a sample, so that its holding is no news yet. */
  get isProbing(): boolean {
    return (this.#suspect?.hangUps ?? 0) >= DOUBTFUL_HANG_UPS;
  }

  /** For how long a connection has to be up before a sample may be sent on it, in milliseconds. */
  probationMs(sample: SampleId): number {
    return this.isProbing && this.#suspect?.name === nameOf(sample) ? HOLDING_MS : 0;
  }

  /** The broker takes samples, and this one is innocent. */
  acknowledged(sample: SampleId): void {
    const name = nameOf(sample);
    this.#awaitsAcknowledgement = false;
    if (this.#suspect?.name === name) this.#suspect = undefined;
    // Samples go out in order: what came before this one has arrived as well, or was dropped.
    const at = this.#alone.indexOf(name);
    this.#alone = at < 0 ? [] : this.#alone.slice(at + 1);
  }

  /** The broker hung up while these were in flight, oldest first; returns the one to quarantine. */
  hungUp<Sample extends SampleId>(
    inFlight: readonly Sample[],
    { upMs, acknowledged, inFlightMs }: ConnectionRecord,
  ): Sample | undefined {
    const [oldest, ...others] = inFlight;
    if (!oldest) {
      this.broke();
      return undefined;
    }
    this.#alone = [...new Set([...this.#alone, ...inFlight.map(nameOf)])];
    const worked = acknowledged > 0 || upMs >= HOLDING_MS;
    if (others.length > 0 || !worked || inFlightMs > REACTION_MS) return undefined;
    const name = nameOf(oldest);
    const nowMs = performance.now();
    const before = this.#suspect?.name === name ? this.#suspect : { name, firstMs: nowMs, hangUps: 0 };
    this.#suspect = { ...before, hangUps: before.hangUps + 1 };
    const { firstMs, hangUps } = this.#suspect;
    const isProven = hangUps >= MIN_HANG_UPS && nowMs - firstMs >= MIN_SPAN_MS;
    return isProven && !this.#awaitsAcknowledgement ? oldest : undefined;
  }

  /** A connection broke without the suspect: samples have nothing to do with it. */
  broke(): void {
    this.#suspect = undefined;
  }

  /** The sample that was returned is out of the way. */
  quarantined(sample: SampleId): void {
    this.acknowledged(sample);
    this.#awaitsAcknowledgement = true;
  }
}

function nameOf({ bootId, seq }: SampleId): string {
  return `${bootId} ${seq}`;
}
