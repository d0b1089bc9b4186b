import type { TraceEvent } from '../world/trace/event.ts';
import type { Colour, Paint } from './colours.ts';
import { EventCounter } from './event-counter.ts';
import { INITIAL_LANE_STATES, laneStateOf, laneStatesAfter, type LaneState } from './lane-states.ts';
import { formatTimestamp } from './units.ts';
import { countLabel, LANES, laneOf, formatEvent, type Lane } from './event-format.ts';
import { wrapText } from './wrap-text.ts';

export interface LaneRendererOptions {
  /** Width of the terminal in characters. */
  readonly columns: number;
  readonly paint: Paint;
  /** How much of the world's time goes by, at most, before what is no news is told in a row that counts it. */
  readonly countIntervalMs: number;
}

const COLOURS: Readonly<Record<Lane, Colour>> = {
  radio: 'cyan',
  scooter: 'yellow',
  client: 'green',
  gps: 'blue',
  broker: 'magenta',
  faults: 'red',
};

const GLYPHS: Readonly<Record<LaneState, string>> = { none: ' ', thin: '┆', full: '│', heavy: '┃' };
const EVENT_GLYPH = '●';

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
  readonly hasHeaderRow: boolean;
}

const WIDE: Layout = { gap: GAP, width: (lane) => lane.length, hasHeaderRow: true };
const NARROW: Layout = { gap: ' ', width: () => 1, hasHeaderRow: false };
/** With less room than this beside wide lanes, words are better off beside narrow ones. */
const MIN_TEXT_WIDTH = 50;

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
export class LaneRenderer {
  readonly #paint: Paint;
  readonly #countIntervalMs: number;
  readonly #layout: Layout;
  readonly #textWidth: number;
  readonly #counter = new EventCounter();
  #tracks = INITIAL_LANE_STATES;

  constructor({ columns, paint, countIntervalMs }: LaneRendererOptions) {
    const width = Math.min(Math.max(columns, COLUMNS.min), COLUMNS.max);
    this.#paint = paint;
    this.#countIntervalMs = countIntervalMs;
    this.#layout = width - indentOf(WIDE) >= MIN_TEXT_WIDTH ? WIDE : NARROW;
    this.#textWidth = width - indentOf(this.#layout);
  }

  /** What to read the lanes by. */
  get header(): readonly string[] {
    const indent = ' '.repeat(TIME_WIDTH);
    if (this.#layout.hasHeaderRow) return [`${indent}${GAP}${this.#lanes((lane) => lane)}`];
    return LANES.map((lane, index) => {
      const tracks = LANES.slice(0, index).map((other) => this.#inColour(other, GLYPHS.full));
      return `${indent}${GAP}${[...tracks, this.#inColour(lane, lane)].join(this.#layout.gap)}`;
    });
  }

  /** The rows that an event completes; none as long as it is only counted. */
  rows(event: TraceEvent): readonly string[] {
    const { atMs } = event;
    const { sinceMs = atMs } = this.#counter;
    const isNotable = countLabel(event) === undefined;
    const pending = isNotable || atMs - sinceMs >= this.#countIntervalMs ? this.flush(atMs) : [];
    this.#tracks = laneStatesAfter(this.#tracks, event);
    this.#counter.add(event);
    return isNotable ? [...pending, ...this.#row(atMs, formatEvent(event), laneOf(event))] : pending;
  }

  /** The rows that are owed by then: what has only been counted so far. */
  flush(atMs: number): readonly string[] {
    return this.#counter.sinceMs === undefined ? [] : this.#row(atMs, this.#counter.drain());
  }

  /** @param at where it happens; none for what happens in several lanes */
  #row(atMs: number, text: string, at?: Lane): readonly string[] {
    return wrapText(text, this.#textWidth).map((line, index) => {
      const isFirst = index === 0;
      const time = (isFirst ? formatTimestamp(atMs) : '').padStart(TIME_WIDTH);
      const tracks = this.#lanes((lane) =>
        isFirst && lane === at ? EVENT_GLYPH : GLYPHS[laneStateOf(this.#tracks, lane)],
      );
      const row = `${(isFirst && at ? at : '').padEnd(NAME_WIDTH)}${GAP}${line}`;
      return [time, tracks, at ? this.#inColour(at, row) : this.#paint('grey', row)].join(GAP);
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
