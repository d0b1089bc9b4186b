import type { TraceEvent } from '../world/trace/event.ts';
import type { Colour, Paint } from './colours.ts';
import { Tally } from './tally.ts';
import { EMPTY_TRACKS, trackOf, tracksAfter, type Track } from './tracks.ts';
import { moment } from './units.ts';
import { countedAs, LANES, laneOf, said, type Lane } from './words.ts';
import { wrapped } from './wrap.ts';

export interface LanesOptions {
  /** Width of the terminal in characters. */
  readonly columns: number;
  readonly paint: Paint;
  /** How much of the world's time goes by, at most, before what is no news is told in a row that counts it. */
  readonly tallyMs: number;
}

const COLOURS: Readonly<Record<Lane, Colour>> = {
  radio: 'cyan',
  scooter: 'yellow',
  client: 'green',
  gps: 'blue',
  broker: 'magenta',
  faults: 'red',
};

const GLYPHS: Readonly<Record<Track, string>> = { none: ' ', thin: '┆', full: '│', heavy: '┃' };
const HAPPENS = '●';

/** Narrower terminals break the rows, wider ones stay empty at the right. */
const COLUMNS = { min: 80, max: 200 };
const TIME_WIDTH = '00:00:00.000'.length;
const NAME_WIDTH = Math.max(...LANES.map((lane) => lane.length));
const GAP = '  ';

/** How the lanes stand side by side. */
interface Layout {
  readonly gap: string;
  readonly width: (lane: Lane) => number;
  /** Whether each lane has its name above it; else the names stand in steps. */
  readonly isNamed: boolean;
}

const WIDE: Layout = { gap: GAP, width: (lane) => lane.length, isNamed: true };
const NARROW: Layout = { gap: ' ', width: () => 1, isNamed: false };
/** With less room than this beside wide lanes, words are better off beside narrow ones. */
const WORDS_WIDTH = 50;

/** Where the words of a row begin. */
function indentOf({ gap, width }: Layout): number {
  const tracks = LANES.map((lane) => ' '.repeat(width(lane))).join(gap);
  return [' '.repeat(TIME_WIDTH), tracks, ' '.repeat(NAME_WIDTH), ''].join(GAP).length;
}

/**
 * A world's events as rows for a terminal: the time, a lane each for radio, scooter, client, GPS, broker and faults that
 * shows how things stand there, and what happens, in words. What flows steadily is counted.
 *
 * ```
 *  0:00:12.000  ┆ │ │ │ │ ●  faults   scooter.busy begins (step 1)
 * ```
 */
export class Lanes {
  readonly #paint: Paint;
  readonly #tallyMs: number;
  readonly #layout: Layout;
  readonly #wordsWidth: number;
  readonly #tally = new Tally();
  #tracks = EMPTY_TRACKS;

  constructor({ columns, paint, tallyMs }: LanesOptions) {
    const width = Math.min(Math.max(columns, COLUMNS.min), COLUMNS.max);
    this.#paint = paint;
    this.#tallyMs = tallyMs;
    this.#layout = width - indentOf(WIDE) >= WORDS_WIDTH ? WIDE : NARROW;
    this.#wordsWidth = width - indentOf(this.#layout);
  }

  /** What to read the lanes by. */
  get header(): readonly string[] {
    const indent = ' '.repeat(TIME_WIDTH);
    if (this.#layout.isNamed) return [`${indent}${GAP}${this.#lanes((lane) => lane)}`];
    return LANES.map((lane, index) => {
      const tracks = LANES.slice(0, index).map((other) => this.#inColour(other, GLYPHS.full));
      return `${indent}${GAP}${[...tracks, this.#inColour(lane, lane)].join(this.#layout.gap)}`;
    });
  }

  /** The rows that an event completes; none as long as it is only counted. */
  rows(event: TraceEvent): readonly string[] {
    const { atMs } = event;
    const { sinceMs = atMs } = this.#tally;
    const isNews = countedAs(event) === undefined;
    const owed = isNews || atMs - sinceMs >= this.#tallyMs ? this.rest(atMs) : [];
    this.#tracks = tracksAfter(this.#tracks, event);
    this.#tally.count(event);
    return isNews ? [...owed, ...this.#row(atMs, said(event), laneOf(event))] : owed;
  }

  /** The rows that are owed by then: what has only been counted so far. */
  rest(atMs: number): readonly string[] {
    return this.#tally.sinceMs === undefined ? [] : this.#row(atMs, this.#tally.take());
  }

  /** @param at where it happens; none for what happens in several lanes */
  #row(atMs: number, what: string, at?: Lane): readonly string[] {
    return wrapped(what, this.#wordsWidth).map((words, index) => {
      const isFirst = index === 0;
      const time = (isFirst ? moment(atMs) : '').padStart(TIME_WIDTH);
      const tracks = this.#lanes((lane) =>
        isFirst && lane === at ? HAPPENS : GLYPHS[trackOf(this.#tracks, lane)],
      );
      const text = `${(isFirst && at ? at : '').padEnd(NAME_WIDTH)}${GAP}${words}`;
      return [time, tracks, at ? this.#inColour(at, text) : this.#paint('grey', text)].join(GAP);
    });
  }

  #lanes(show: (lane: Lane) => string): string {
    const { gap, width } = this.#layout;
    return LANES.map((lane) => this.#inColour(lane, show(lane).padEnd(width(lane)))).join(gap);
  }

  #inColour(lane: Lane, text: string): string {
    return this.#paint(COLOURS[lane], text);
  }
}
