import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Fix } from '../fix.ts';
import { NmeaReader } from './nmea-reader.ts';

/** What a receiver sent, and the positions that gpsd reported for it. */
interface Log {
  readonly log: string;
  readonly receiver: string;
  readonly lines: readonly string[];
  readonly positions: readonly (readonly [latitude: number, longitude: number])[];
}

const LOGS = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../fixtures/gpsd/logs.json'), 'utf8'),
) as readonly Log[];

/** gpsd reports the position of each sentence, the client one of a measurement; 0.0001° is 11 m. */
const TOLERANCE_DEG = 1e-4;
/** Ends the last measurement. */
const LATER = '$GPRMC,235958.99,V,,,,,,,,,,N*7D';

function read(lines: readonly string[]): readonly Fix[] {
  const reader = new NmeaReader();
  return [...lines, LATER].flatMap((line) => reader.push(Buffer.from(`${line}\r\n`), 0).fixes);
}

describe('a receiver of which gpsd has a log', () => {
  it.each(LOGS)(
    '$log ($receiver) has the positions that gpsd reports, and no others',
    ({ lines, positions }) => {
      const fixes = read(lines);
      const isNear = (fix: Fix, [latitude, longitude]: Log['positions'][number]): boolean =>
        Math.abs(fix.latitude - latitude) <= TOLERANCE_DEG &&
        Math.abs(fix.longitude - longitude) <= TOLERANCE_DEG;
      const missed = positions.filter((position) => !fixes.some((fix) => isNear(fix, position)));
      const invented = fixes.filter((fix) => !positions.some((position) => isNear(fix, position)));
      expect({ missed, invented }).toEqual({ missed: [], invented: [] });
    },
  );
});
