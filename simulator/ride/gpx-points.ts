import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { decodeXml } from './xml-text.ts';

/** Paths of the elements that are points: within a track, and within a route. */
const TRACK_POINT = 'gpx/trk/trkseg/trkpt';
const ROUTE_POINT = 'gpx/rte/rtept';
/** Decimal numbers of XML Schema, and those with an exponent. */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const MAX_LATITUDE = 90;
const MAX_LONGITUDE = 180;
/** Exceeds every height that there is on a road, and every depth. */
const MAX_HEIGHT_M = 10_000;

/** A text that is not a usable GPX file; the message says why. */
export class GpxError extends Error {
  override readonly name = 'GpxError';
}

/** A point of a GPX file: degrees north and east. */
export interface GpxPoint {
  readonly latitude: number;
  readonly longitude: number;
  /** Metres above sea level; undefined if the file does not state it. */
  heightM: number | undefined;
}

/**
 * Reads the points of each track of a GPX file, then those of each route, in the order of the file.
 * @throws GpxError if it is not well-formed XML, or not GPX, or if a number in it is invalid
 */
export function gpxPoints(file: Uint8Array): GpxPoint[][] {
  const reader = new PointReader();
  const parser = new SaxesParser();
  parser.on('opentag', (tag) => reader.open(tag));
  parser.on('text', (text) => reader.addText(text));
  parser.on('cdata', (text) => reader.addText(text));
  parser.on('closetag', () => reader.close());
  parser.on('error', ({ message }) => {
    throw new GpxError(`not a GPX file: line and column ${message.replace(/\.$/, '')}`);
  });
  parser.write(textOf(file)).close();
  return [...reader.tracks, ...reader.routes];
}

function textOf(file: Uint8Array): string {
  try {
    return decodeXml(file);
  } catch (error) {
    if (error instanceof RangeError) throw new GpxError(`cannot decode the GPX file: ${error.message}`);
    throw error;
  }
}

/** Collects the points from the elements of a GPX file. */
class PointReader {
  readonly tracks: GpxPoint[][] = [];
  readonly routes: GpxPoint[][] = [];
  /** Names of the open elements, without prefixes. */
  readonly #path: string[] = [];
  #text = '';

  open({ name, attributes }: SaxesTagPlain): void {
    this.#path.push(localName(name));
    this.#text = '';
    const path = this.#path.join('/');
    if (this.#path.length === 1 && path !== 'gpx') {
      throw new GpxError(`not a GPX file: its root element is <${name}>, not <gpx>`);
    }
    if (path === 'gpx/trk') this.tracks.push([]);
    if (path === 'gpx/rte') this.routes.push([]);
    this.#pointsAt(path)?.push({
      latitude: number('lat', attributes['lat'], MAX_LATITUDE),
      longitude: number('lon', attributes['lon'], MAX_LONGITUDE),
      heightM: undefined,
    });
  }

  addText(text: string): void {
    this.#text += text;
  }

  close(): void {
    const isHeight = this.#path.pop() === 'ele';
    const point = isHeight ? this.#pointsAt(this.#path.join('/'))?.at(-1) : undefined;
    if (point && this.#text.trim() !== '') point.heightM = number('ele', this.#text, MAX_HEIGHT_M);
    this.#text = '';
  }

  /** The points of the track or route to which an element belongs, if it is a point. */
  #pointsAt(path: string): GpxPoint[] | undefined {
    if (path === TRACK_POINT) return this.tracks.at(-1);
    return path === ROUTE_POINT ? this.routes.at(-1) : undefined;
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function number(name: string, text = '', limit: number): number {
  const value = NUMBER.test(text.trim()) ? Number(text) : NaN;
  if (Math.abs(value) <= limit) return value;
  throw new GpxError(
    `a point of the GPX file has the ${name} "${text.trim()}": expected a number from ${-limit} to ${limit}`,
  );
}
