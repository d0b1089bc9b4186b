import type { Fix } from '../fix.ts';
import type { Sentence, SentenceType } from './sentence.ts';
import type { UtcClock } from './utc.ts';

/** Maximum time between two sentences of one measurement; at 4800 baud one takes most of a second. */
const MAX_DURATION_MS = 2000;

type Measured = Omit<Sentence, 'type' | 'status'>;

/** What a sentence tells whatever its status, and what only with a position or without any status. */
const TIMES = ['timeOfDayMs', 'dateMs'] as const satisfies (keyof Measured)[];
const MEASURED = [
  ...TIMES,
  'coordinates',
  'altitudeM',
  'speedKmh',
  'courseDeg',
] as const satisfies (keyof Measured)[];

/** The sentences of one measurement of a receiver, combined as they arrive. */
export class Epoch {
  readonly #beganAtMs: number;
  readonly #types = new Set<SentenceType>();
  #lastType: SentenceType | undefined;
  readonly #measured: { -readonly [Name in keyof Measured]: Measured[Name] } = {};
  #positionAtMs: number | undefined;
  /** Whether a sentence says that the position is not from satellites. */
  #isRefuted = false;

  constructor(beganAtMs: number) {
    this.#beganAtMs = beganAtMs;
  }

  /** Type of the latest sentence. */
  get lastType(): SentenceType | undefined {
    return this.#lastType;
  }

  /** Whether everything is known that sentences tell, whatever follows. */
  get isComplete(): boolean {
    const { coordinates, altitudeM, speedKmh, dateMs } = this.#measured;
    return (
      coordinates !== undefined && altitudeM !== undefined && speedKmh !== undefined && dateMs !== undefined
    );
  }

  /** Whether a sentence is of this measurement: of the same time, or, without one, the first of its type. */
  includes({ type, timeOfDayMs }: Sentence, receivedAtMs: number): boolean {
    if (receivedAtMs - this.#beganAtMs > MAX_DURATION_MS) return false;
    if (timeOfDayMs !== undefined && this.#measured.timeOfDayMs !== undefined)
      return timeOfDayMs === this.#measured.timeOfDayMs;
    // VTG has no time, and several satellite systems may have one each.
    return type === 'VTG' || !this.#types.has(type);
  }

  /** Adds what a sentence tells, except what is known already. Returns whether that was anything. */
  add(sentence: Sentence, receivedAtMs: number): boolean {
    const { type, status } = sentence;
    this.#types.add(type);
    this.#lastType = type;
    this.#isRefuted ||= status === 'other';
    const isUsable = status === undefined || status === 'valid';
    if (isUsable && sentence.coordinates) this.#positionAtMs ??= receivedAtMs;
    const news = (isUsable ? MEASURED : TIMES).filter((name) => this.#learn(name, sentence[name]));
    return news.length > 0;
  }

  #learn<Name extends keyof Measured>(name: Name, value: Measured[Name]): boolean {
    if (value === undefined || this.#measured[name] !== undefined) return false;
    this.#measured[name] = value;
    return true;
  }

  /** The fix as far as it is known; undefined without a position from satellites. */
  fix(clock: UtcClock): Fix | undefined {
    const { coordinates, altitudeM, speedKmh, courseDeg, timeOfDayMs, dateMs } = this.#measured;
    if (this.#positionAtMs === undefined || !coordinates || this.#isRefuted) return undefined;
    return {
      latitude: coordinates.latitude,
      longitude: coordinates.longitude,
      altitudeM: altitudeM ?? null,
      speedKmh: speedKmh ?? null,
      courseDeg: courseDeg ?? null,
      time: clock.complete(timeOfDayMs, dateMs) ?? null,
      receivedAtMs: this.#positionAtMs,
    };
  }
}
