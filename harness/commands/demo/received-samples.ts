import { MODES } from '../../../protocol/registers/codes.ts';

/** The fields of a payload that are printed. Those of a register block that stayed silent are null. */
interface Payload {
  readonly speed_kmh: number | null;
  readonly total_distance_m: number | null;
  readonly battery_info: {
    readonly percent: number | null;
    readonly voltage: number | null;
    readonly temperature_1: number | null;
  };
  readonly locked: boolean | null;
  readonly error: number | null;
  readonly warning: number | null;
  readonly mode: number | null;
  readonly gpsinfo: { readonly latitude: number; readonly longitude: number; readonly fix: boolean };
  readonly seq: number;
}

const COORDINATE_DIGITS = 5;
const METRES_PER_KM = 1000;

/** Formats a number in units of `unit`; a dash if it is unknown. */
function decimals(value: number | null, digits: number, unit = 1): string {
  return value === null ? '–' : (value / unit).toFixed(digits);
}

/** What is not as on a plain ride: a lock, codes, and any mode but the normal one. */
function conditionsOf({ locked, error, warning, mode }: Payload): string[] {
  const modes = Object.entries(MODES).filter(([name, value]) => value === mode && name !== 'normal');
  return [
    ...(locked === true ? ['locked'] : []),
    ...(error ? [`error ${error}`] : []),
    ...(warning ? [`warning ${warning}`] : []),
    ...modes.map(([name]) => `mode ${name}`),
  ];
}

/** Counts the samples that a subscriber has received. */
export class ReceivedSamples {
  samples = 0;
  fixes = 0;

  /** Counts a payload. @returns its description in one line */
  add(text: string): string {
    const payload = JSON.parse(text) as Payload;
    const { battery_info: battery, gpsinfo } = payload;
    this.samples += 1;
    if (gpsinfo.fix) this.fixes += 1;
    const position = gpsinfo.fix
      ? [gpsinfo.latitude, gpsinfo.longitude].map((degrees) => degrees.toFixed(COORDINATE_DIGITS)).join(' ')
      : 'no fix';
    return [
      `#${payload.seq}`,
      `${decimals(payload.speed_kmh, 1).padStart(4)} km/h`,
      `${decimals(payload.total_distance_m, 2, METRES_PER_KM)} km`,
      `${decimals(battery.percent, 0)} %`,
      `${decimals(battery.voltage, 1)} V`,
      `${decimals(battery.temperature_1, 0)} °C`,
      position,
      ...conditionsOf(payload),
    ].join('   ');
  }

  /** What is missing after a ride; undefined if nothing is. */
  get missing(): string | undefined {
    if (this.samples === 0) return 'no sample arrived at the subscriber';
    if (this.fixes === 0) return `${this.samples} samples arrived, none of them with a GPS fix`;
    return undefined;
  }
}
