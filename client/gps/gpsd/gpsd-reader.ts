import type { Fix } from '../fix.ts';
import { checkedCoordinates, isPossibleYear } from '../nmea/fields.ts';
import type { GpsReader, ReadResult } from '../reader.ts';
import { GpsdDiagnosis } from './gpsd-diagnosis.ts';
import { hasFix, isFromSatellites, parseReport, type Tpv } from './report.ts';

const WATCH = Buffer.from('?WATCH={"enable":true,"json":true};\n');
/** gpsd sends nothing while its receiver is silent; its response shows that the connection works. */
const LIST_DEVICES = Buffer.from('?DEVICES;\n');
const LIST_INTERVAL_MS = 5000;
/** Longer than any report: 140 satellites in view have about 15 kB. */
const MAX_LINE_LENGTH = 65_536;
const KMH_PER_MPS = 3.6;
/** Reads the reports of gpsd on whatever receivers it holds. */
export class GpsdReader implements GpsReader {
  readonly #diagnosis = new GpsdDiagnosis();
  /** An incomplete line. */
  #pending = '';
  #timer: NodeJS.Timeout | undefined;

  start(send: (bytes: Buffer) => void): void {
    send(WATCH);
    this.stop();
    this.#timer = setInterval(() => send(LIST_DEVICES), LIST_INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  explain(): string {
    return this.#diagnosis.conclude();
  }

  /** @param receivedAtMs time of arrival by `performance.now()` */
  push(chunk: Buffer, receivedAtMs = performance.now()): ReadResult {
    const lines = (this.#pending + chunk.toString('latin1')).split(/[\r\n]+/);
    // A line that is too long is cut to a length that is still too long, to bound memory.
    this.#pending = (lines.pop() ?? '').slice(0, MAX_LINE_LENGTH + 1);
    const fixes: Fix[] = [];
    let protocol: ReadResult['protocol'];
    for (const line of lines.filter((line) => line.length <= MAX_LINE_LENGTH)) {
      const report = parseReport(line);
      if (!report) continue;
      protocol = 'gpsd';
      this.#diagnosis.add(report);
      const fix = report.class === 'TPV' && fixOf(report, receivedAtMs);
      if (fix) fixes.push(fix);
    }
    return { fixes, protocol };
  }
}

function fixOf(report: Tpv, receivedAtMs: number): Fix | undefined {
  const { lat, lon, altMSL, alt, speed = -1, track = -1, time = '' } = report;
  const coordinates = checkedCoordinates(lat, lon);
  if (!coordinates || !hasFix(report) || !isFromSatellites(report)) return undefined;
  const at = new Date(time);
  return {
    ...coordinates,
    altitudeM: altMSL ?? alt ?? null,
    speedKmh: speed >= 0 ? speed * KMH_PER_MPS : null,
    courseDeg: track >= 0 && track <= 360 ? track % 360 : null,
    time: isPossibleYear(at.getUTCFullYear()) ? at : null,
    receivedAtMs,
  };
}
