import fc from 'fast-check';
import { AutoReader } from '../../../client/gps/auto-reader.ts';
import type { Fix } from '../../../client/gps/fix.ts';
import { GpsdReader } from '../../../client/gps/gpsd/gpsd-reader.ts';
import { parseReport } from '../../../client/gps/gpsd/report.ts';
import { DIALECTS, GET_MODEL, parsePosition } from '../../../client/gps/modem/dialects.ts';
import { ModemReader } from '../../../client/gps/modem/modem-reader.ts';
import { NmeaReader } from '../../../client/gps/nmea/nmea-reader.ts';
import { parseSentence } from '../../../client/gps/nmea/sentence.ts';
import type { GpsReader } from '../../../client/gps/reader.ts';
import { gpsdLine, modemLine, sentence, streamOf } from '../../../client/gps/testing/arbitrary-streams.ts';
import { fractions, splitAt } from '../../../protocol/testing/arbitrary-messages.ts';
import { virtualClock } from '../../world/clock/clock.ts';
import { expectEqual, expectThat } from '../expect.ts';
import { fuzzTarget, random, type FuzzTarget } from '../target.ts';

/** Longest explanation of why there is no fix, for a log line. */
const MAX_EXPLANATION = 600;

/** Receivers that do not know the time report others. */
const FIRST_YEAR = 2000;
const LAST_YEAR = 2072;

/** Expects a position on the earth, and numbers that JSON can hold. */
function checkFix({ latitude, longitude, altitudeM, speedKmh, courseDeg, time }: Fix): void {
  expectThat(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180, 'a position outside the earth');
  expectThat(latitude !== 0 || longitude !== 0, 'a position of zeros');
  expectThat(altitudeM === null || Number.isFinite(altitudeM), 'an altitude that is no number');
  expectThat(speedKmh === null || (speedKmh >= 0 && Number.isFinite(speedKmh)), 'a speed that is no speed');
  expectThat(courseDeg === null || (courseDeg >= 0 && courseDeg < 360), 'a course outside the circle');
  const year = time?.getUTCFullYear() ?? FIRST_YEAR;
  expectThat(year >= FIRST_YEAR && year <= LAST_YEAR, 'a time at which there was or will be no scooter');
}

/** Fixes of a stream that arrives in these chunks. */
function fixesOf(reader: GpsReader, chunks: readonly Buffer[]): readonly Fix[] {
  const fixes = chunks.flatMap((chunk) => reader.push(chunk).fixes);
  for (const fix of fixes) checkFix(fix);
  const explanation = reader.explain();
  expectThat((explanation?.length ?? 0) <= MAX_EXPLANATION, 'an endless explanation');
  return fixes.map((fix) => ({ ...fix, receivedAtMs: 0 }));
}

const positionOf = ({ latitude, longitude }: Pick<Fix, 'latitude' | 'longitude'>): string =>
  `${latitude} ${longitude}`;

/** Expects that each position is one that a line contains. */
function checkOrigin(fixes: readonly Fix[], positions: readonly string[]): void {
  for (const fix of fixes)
    expectThat(positions.includes(positionOf(fix)), 'a position that no line contains');
}

/** Lines of a stream, from each `$` or bracket on as well: garbage may precede a sentence or a report. */
function linesOf(stream: Buffer, start: RegExp): string[] {
  return stream
    .toString('latin1')
    .split(/[\r\n]+/)
    .flatMap((line) => [line, ...[...line.matchAll(start)].map(({ index }) => line.slice(index))]);
}

const streams = (line: fc.Arbitrary<string>) => random(fc.record({ parts: streamOf(line), cuts: fractions }));

const nmea = fuzzTarget({
  name: 'nmea',
  about:
    'a receiver with sentences that are nearly right, binary protocols and noise: no position that no sentence has, ' +
    'and the same fixes however the stream is split',
  inputs: streams(sentence),
  check: ({ parts, cuts }) => {
    const stream = Buffer.concat(parts);
    const fixes = fixesOf(new NmeaReader(), [stream]);
    expectEqual('is independent of how it is split', fixesOf(new NmeaReader(), splitAt(stream, cuts)), fixes);
    const sentences = linesOf(stream, /\$/g).flatMap((line) => parseSentence(line) ?? []);
    checkOrigin(
      fixes,
      sentences.flatMap(({ coordinates }) => (coordinates ? [positionOf(coordinates)] : [])),
    );
  },
  runs: 150,
});

const gpsd = fuzzTarget({
  name: 'gpsd',
  about:
    'gpsd with reports of any values, and noise: no position that no report has, and no number that is none',
  inputs: streams(gpsdLine),
  check: ({ parts, cuts }) => {
    const stream = Buffer.concat(parts);
    const fixes = fixesOf(new GpsdReader(), [stream]);
    expectEqual('is independent of how it is split', fixesOf(new GpsdReader(), splitAt(stream, cuts)), fixes);
    const reports = linesOf(stream, /\{/g).flatMap((line) => parseReport(line) ?? []);
    checkOrigin(
      fixes,
      reports.flatMap((report) =>
        report.class === 'TPV' && report.lat !== undefined && report.lon !== undefined
          ? [positionOf({ latitude: report.lat, longitude: report.lon })]
          : [],
      ),
    );
  },
  runs: 120,
});

const COMMANDS = [GET_MODEL, ...DIALECTS.flatMap(({ commands }) => Object.values(commands))].map(
  (command) => `${command}\r`,
);

const modem = fuzzTarget({
  name: 'modem',
  about:
    'a modem with responses of any family in any order, and noise: no position that no response has, known commands ' +
    'alone, and the same fixes however the stream is split',
  inputs: streams(modemLine),
  check: ({ parts, cuts }) => {
    const stream = Buffer.concat(parts);
    const whole = playModem([stream]);
    expectEqual('is independent of how it is split', playModem(splitAt(stream, cuts)), whole);
    checkOrigin(
      whole.fixes,
      linesOf(stream, /\+/g).flatMap((line) =>
        DIALECTS.flatMap((dialect) => {
          const measurement = parsePosition(dialect, line, 'knots');
          return measurement ? [positionOf(measurement)] : [];
        }),
      ),
    );
    for (const command of whole.sent) expectThat(COMMANDS.includes(command), 'sends an unknown command');
    // One when it starts, and one in response to each line.
    expectThat(
      whole.sent.length <= 1 + stream.filter((byte) => byte === 0x0a || byte === 0x0d).length,
      'sends much',
    );
  },
  runs: 120,
});

/** A modem that sends a stream at once, so that no timer fires. */
function playModem(chunks: readonly Buffer[]): { fixes: readonly Fix[]; sent: string[] } {
  const sent: string[] = [];
  const reader = new ModemReader('knots');
  reader.start((bytes) => void sent.push(bytes.toString('latin1')));
  try {
    return { fixes: fixesOf(reader, chunks), sent };
  } finally {
    reader.stop();
  }
}

const moments = fc.array(
  fc.record({
    waitMs: fc.constantFrom(0, 10, 1000, 2500, 40_000),
    parts: fc.oneof(streamOf(sentence, 3), streamOf(modemLine, 3)),
  }),
  { maxLength: 8 },
);

const MAX_COMMANDS_PER_S = 2;

const auto = fuzzTarget({
  name: 'gps-detection',
  about:
    'a receiver of unknown protocol that sends anything, with pauses of up to 40 s: few commands, none while it ' +
    'streams sentences, and no timer is left once it is stopped',
  inputs: random(moments),
  check: async (events) => {
    const clock = virtualClock();
    try {
      const reader = new AutoReader('knots');
      let sent = 0;
      let lines = 0;
      let isNmea = false;
      reader.start(() => {
        sent += 1;
        expectThat(!isNmea, 'writes to a receiver that streams sentences');
      });
      for (const { waitMs, parts } of events) {
        await clock.advance(waitMs);
        for (const part of parts) {
          const { fixes, protocol } = reader.push(part);
          for (const fix of fixes) checkFix(fix);
          isNmea ||= protocol === 'nmea';
          lines += part.filter((byte) => byte === 0x0a || byte === 0x0d).length;
        }
      }
      expectThat(sent <= 1 + lines + (MAX_COMMANDS_PER_S * clock.now()) / 1000, 'sends without end');
      reader.stop();
      expectEqual('timers are left', clock.pendingTimers(), 0);
    } finally {
      clock.close();
    }
  },
  runs: 60,
});

/** Receivers of positions. */
export const GPS_TARGETS: readonly FuzzTarget[] = [nmea, gpsd, modem, auto];
