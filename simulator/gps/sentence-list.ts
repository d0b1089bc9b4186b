import { tells, tellsAnything, type SentenceType } from './nmea-writer.ts';

/** What the sentences of a measurement contain. */
const REPORTED = ['position', 'altitude', 'speed', 'date'] as const;

/** Sentences that a receiver sends for each measurement, with what they tell of it; computed once for many of them. */
export class SentenceList {
  readonly types: readonly SentenceType[];
  readonly hasAltitude: boolean;
  readonly hasSpeed: boolean;
  readonly hasDate: boolean;
  /** Index of the sentence with which everything that sentences tell is told; undefined if something is missing. */
  readonly completedBy: number | undefined;
  /** Index of the first sentence with a position, and of the last one that tells anything; -1 if there is none. */
  readonly firstPosition: number;
  readonly last: number;

  constructor(types: readonly SentenceType[]) {
    const firstWith = (what: (typeof REPORTED)[number]): number =>
      types.findIndex((type) => tells(type, what));
    const indexes = REPORTED.map(firstWith);
    this.types = types;
    this.hasAltitude = firstWith('altitude') >= 0;
    this.hasSpeed = firstWith('speed') >= 0;
    this.hasDate = firstWith('date') >= 0;
    this.completedBy = indexes.includes(-1) ? undefined : Math.max(...indexes);
    this.firstPosition = firstWith('position');
    this.last = types.findLastIndex(tellsAnything);
  }
}
