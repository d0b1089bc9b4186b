import type { Measurement } from './modem-families.ts';
import { GEOID_SEPARATION_M } from './nmea-writer.ts';

const MPS_PER_KMH = 1 / 3.6;
const DEVICE = '/dev/ttyUSB1';
/** `status` of a position from satellites, and from dead reckoning. */
const STATUS = { normal: 1, deadReckoning: 5 } as const;
const MODE_NO_FIX = 1;
const MODE_3D = 3;

/** Virtual gpsd with one receiver: its JSON protocol, as version 3.22 of Debian has it. */
export class VirtualGpsd {
  #isWatched = false;
  #input = '';

  /** Called when a client connects: it has to watch first. */
  onConnected(): void {
    this.#isWatched = false;
    this.#input = '';
  }

  /** Handles commands of the client, and returns the responses. */
  receive(bytes: Buffer): Buffer {
    const commands = (this.#input + bytes.toString('latin1')).split(/[;\n]+/);
    this.#input = commands.pop() ?? '';
    return Buffer.from(commands.map((command) => this.#reply(command)).join(''));
  }

  /** Returns the report of a measurement, undefined if no client watches. */
  report({ position, time, isEstimated = false }: Measurement): Buffer | undefined {
    if (!this.#isWatched) return undefined;
    const common = { class: 'TPV', device: DEVICE, time: time.toISOString() };
    return line(
      position
        ? {
            ...common,
            ...{ status: isEstimated ? STATUS.deadReckoning : STATUS.normal, mode: MODE_3D },
            ...{ lat: position.latitude, lon: position.longitude },
            ...altitudes(position.altitudeM),
            track: position.courseDeg,
            speed: position.speedKmh * MPS_PER_KMH,
          }
        : { ...common, mode: MODE_NO_FIX },
    );
  }

  #reply(command: string): string {
    const devices = { class: 'DEVICES', devices: [{ class: 'DEVICE', path: DEVICE, activated: true }] };
    if (command === '?DEVICES') return String(line(devices));
    if (!command.startsWith('?WATCH='))
      return String(line({ class: 'ERROR', message: 'Unrecognized request' }));
    this.#isWatched = true;
    return [devices, { class: 'WATCH', enable: true, json: true }].map(line).join('');
  }
}

/**
 * `alt` is deprecated since version 3.20, and may be the altitude above the ellipsoid or above mean sea level (gpsd_json(5)).
 * @param altitudeM above mean sea level
 */
function altitudes(altitudeM: number): object {
  const aboveEllipsoidM = altitudeM + GEOID_SEPARATION_M;
  return { altHAE: aboveEllipsoidM, altMSL: altitudeM, alt: aboveEllipsoidM };
}

function line(report: object): Buffer {
  return Buffer.from(`${JSON.stringify(report)}\r\n`);
}
