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
  /** Virtual time after which counted events are printed even if no notable event follows. */
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

const GLYPHS: Readonly<Record<LaneState, string>> = { none: ' ', pending: '┆', ok: '│', fault: '┃' };
const EVENT_GLYPH = '●';

/** A narrower terminal wraps the rows, a wider one stays empty on the right. */
const COLUMNS = { min: 80, max: 200 };
const TIME_WIDTH = '00:00:00.000'.length;
const NAME_WIDTH = Math.max(...LANES.map((lane) => lane.length));
const GAP = '  ';

/** How lanes are laid out. */
interface Layout {
  readonly gap: string;
  readonly width: (lane: Lane) => number;
  /** Whether one row names all lanes; otherwise each lane is named in a row of its own. */
  readonly hasHeaderRow: boolean;
}

const WIDE: Layout = { gap: GAP, width: (lane) => lane.length, hasHeaderRow: true };
const NARROW: Layout = { gap: ' ', width: () => 1, hasHeaderRow: false };
/** The narrow layout is used if the wide one leaves fewer characters than this for text. */
const MIN_TEXT_WIDTH = 50;

/** The column in which the text of a row starts. */
function indentOf({ gap, width }: Layout): number {
  const lanes = LANES.map((lane) => ' '.repeat(width(lane))).join(gap);
  return [' '.repeat(TIME_WIDTH), lanes, ' '.repeat(NAME_WIDTH), ''].join(GAP).length;
}

/**
 * Renders trace events as terminal rows: the time, one lane each for radio, scooter, client, GPS, broker and faults that
 * shows its current state, and a description. Frequent events are only counted.
 *
 * ```
 *  0:00:12.000  ┆ │ │ │ │ ●  faults   scooter.busy started (step 1)
 * ```
 */
export class LaneRenderer {
  readonly #paint: Paint;
  readonly #countIntervalMs: number;
  readonly #layout: Layout;
  readonly #textWidth: number;
  readonly #counter = new EventCounter();
  #states = INITIAL_LANE_STATES;

  constructor({ columns, paint, countIntervalMs }: LaneRendererOptions) {
    const width = Math.min(Math.max(columns, COLUMNS.min), COLUMNS.max);
    this.#paint = paint;
    this.#countIntervalMs = countIntervalMs;
    this.#layout = width - indentOf(WIDE) >= MIN_TEXT_WIDTH ? WIDE : NARROW;
    this.#textWidth = width - indentOf(this.#layout);
  }

  /** Rows that name the lanes. */
  get header(): readonly string[] {
    const indent = ' '.repeat(TIME_WIDTH);
    if (this.#layout.hasHeaderRow) return [`${indent}${GAP}${this.#lanes((lane) => lane)}`];
    return LANES.map((lane, index) => {
      const lanes = LANES.slice(0, index).map((other) => this.#inColour(other, GLYPHS.ok));
      return `${indent}${GAP}${[...lanes, this.#inColour(lane, lane)].join(this.#layout.gap)}`;
    });
  }

  /** Rows to print for an event; none if it is only counted. */
  rows(event: TraceEvent): readonly string[] {
    const { atMs } = event;
    const { sinceMs = atMs } = this.#counter;
    const isNotable = countLabel(event) === undefined;
    const pending = isNotable || atMs - sinceMs >= this.#countIntervalMs ? this.flush(atMs) : [];
    this.#states = laneStatesAfter(this.#states, event);
    this.#counter.add(event);
    return isNotable ? [...pending, ...this.#row(atMs, formatEvent(event), laneOf(event))] : pending;
  }

  /** Rows for the events that have been counted but not printed yet. */
  flush(atMs: number): readonly string[] {
    return this.#counter.sinceMs === undefined ? [] : this.#row(atMs, this.#counter.drain());
  }

  /** @param at the lane of the event; undefined for counted events of several lanes */
  #row(atMs: number, text: string, at?: Lane): readonly string[] {
    return wrapText(text, this.#textWidth).map((line, index) => {
      const isFirst = index === 0;
      const time = (isFirst ? formatTimestamp(atMs) : '').padStart(TIME_WIDTH);
      const lanes = this.#lanes((lane) =>
        isFirst && lane === at ? EVENT_GLYPH : GLYPHS[laneStateOf(this.#states, lane)],
      );
      const row = `${(isFirst && at ? at : '').padEnd(NAME_WIDTH)}${GAP}${line}`;
      return [time, lanes, at ? this.#inColour(at, row) : this.#paint('grey', row)].join(GAP);
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
