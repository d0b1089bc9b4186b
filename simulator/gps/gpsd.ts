import type { Measurement } from './modem-families.ts';
import { GEOID_SEPARATION_M } from './nmea-writer.ts';

const MPS_PER_KMH = 1 / 3.6;
const DEVICE = '/dev/ttyUSB1';
/** `status` of a position from satellites, and from dead reckoning. */
const STATUS = { normal: 1, deadReckoning: 5 } as const;
const MODE = { noFix: 1, flat: 2, full: 3 } as const;
/** Satellites in view, and those used with a fix in each mode. */
const IN_VIEW = 12;
const USED = { [MODE.noFix]: 0, [MODE.flat]: 3, [MODE.full]: 9 } as const;

/** What a gpsd without receiver answers to who watches: an empty list, or an error. */
export const UNLISTED_REPLIES = ['list', 'error'] as const;
export type UnlistedReply = (typeof UNLISTED_REPLIES)[number];

/** Virtual gpsd with one receiver: its JSON protocol, as version 3.22 of Debian has it. */
export class VirtualGpsd {
  #isWatched = false;
  #input = '';

  /** Called when a client connects: returns the greeting. The client has to watch first. */
  connect(): Buffer {
    this.#isWatched = false;
    this.#input = '';
    return line({ class: 'VERSION', release: '3.22', rev: '3.22', proto_major: 3, proto_minor: 14 });
  }

  /** Handles commands of the client, and returns the responses. @param unlisted set if gpsd has no receiver */
  receive(bytes: Buffer, unlisted?: UnlistedReply): Buffer {
    const commands = (this.#input + bytes.toString('latin1')).split(/[;\n]+/);
    this.#input = commands.pop() ?? '';
    return Buffer.from(commands.map((command) => this.#reply(command, unlisted)).join(''));
  }

  /** Returns the reports of a measurement and its satellites, undefined if no client watches. */
  report({ position, time, isEstimated = false }: Measurement): Buffer | undefined {
    if (!this.#isWatched) return undefined;
    const common = { class: 'TPV', device: DEVICE, time: time.toISOString() };
    const mode = position ? (position.isFlat ? MODE.flat : MODE.full) : MODE.noFix;
    const sky = { class: 'SKY', device: DEVICE, nSat: IN_VIEW, uSat: USED[mode] };
    const tpv = position && {
      status: isEstimated ? STATUS.deadReckoning : STATUS.normal,
      ...{ lat: position.latitude, lon: position.longitude },
      ...(position.altitudeM !== undefined && altitudes(position.altitudeM)),
      track: position.courseDeg,
      speed: position.speedKmh === undefined ? undefined : position.speedKmh * MPS_PER_KMH,
    };
    return Buffer.concat([line(sky), line({ ...common, mode, ...tpv })]);
  }

  #reply(command: string, unlisted: UnlistedReply | undefined): string {
    const receivers = unlisted ? [] : [{ class: 'DEVICE', path: DEVICE, activated: true }];
    const devices = { class: 'DEVICES', devices: receivers };
    if (command === '?DEVICES') return String(line(devices));
    if (!command.startsWith('?WATCH='))
      return String(line({ class: 'ERROR', message: 'Unrecognized request' }));
    if (unlisted === 'error') return String(line({ class: 'ERROR', message: 'No devices attached' }));
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
