import { readSentence, type SentenceFacts } from './nmea.ts';

/** A position from satellites, and what else is known at the time of it. */
export interface GpsFix extends Omit<SentenceFacts, 'timeOfDayMs' | 'midnightMs' | 'isFix'> {
  readonly latitude: number;
  readonly longitude: number;
  /** The satellites' UTC in ms since 1970; `unknown` if there is a time of day, and nothing that has a date. */
  readonly timeMs: number | null | 'unknown';
}

/** Groups lines by the time of day of their sentences. A line without one belongs to the sentence before it. */
export function epochs(lines: readonly string[]): string[][] {
  const groups: string[][] = [];
  let current: number | null = null;
  for (const line of lines) {
    const time: number | null = readSentence(line)?.timeOfDayMs ?? current;
    const group = groups.at(-1);
    if (group && (time === current || current === null)) group.push(line);
    else groups.push([line]);
    current = time;
  }
  return groups;
}

/**
 * Reads the fix of one epoch: each value is that of the first sentence that has it, of those with a fix.
 * @param lines what a receiver sent for one time
 * @returns undefined if no sentence has a valid status, latitude and longitude
 */
export function readFix(lines: readonly string[]): GpsFix | undefined {
  const sentences = lines.map(readSentence).filter((facts) => facts !== undefined);
  const fixes = sentences.filter(({ isFix }) => isFix);
  const position = fixes.find(({ latitude, longitude }) => latitude !== null && longitude !== null);
  if (!position || position.latitude === null || position.longitude === null) return undefined;
  const first = <K extends keyof SentenceFacts>(key: K): SentenceFacts[K] | null =>
    fixes.find((facts) => facts[key] !== null)?.[key] ?? null;
  return {
    latitude: position.latitude,
    longitude: position.longitude,
    altitudeM: first('altitudeM'),
    speedKmh: first('speedKmh'),
    courseDeg: first('courseDeg'),
    satellites: first('satellites'),
    hdop: first('hdop'),
    timeMs: timeOf(sentences, first('timeOfDayMs')),
  };
}

function timeOf(sentences: readonly SentenceFacts[], timeOfDayMs: number | null): GpsFix['timeMs'] {
  const dates = sentences.map(({ midnightMs }) => midnightMs).filter((date) => date !== undefined);
  if (timeOfDayMs === null) return null;
  if (dates.length === 0) return 'unknown';
  const date = dates.find((midnightMs) => midnightMs !== null) ?? null;
  return date === null ? null : date + timeOfDayMs;
}
