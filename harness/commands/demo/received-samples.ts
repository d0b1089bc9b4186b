/** The fields of a payload that are printed. */
interface Payload {
  readonly speed_kmh: number;
  readonly total_distance_m: number;
  readonly battery_info: {
    readonly percent: number;
    readonly voltage: number;
    readonly temperature_1: number;
  };
  readonly gpsinfo: { readonly latitude: number; readonly longitude: number; readonly fix: boolean };
  readonly seq: number;
}

const COORDINATE_DIGITS = 5;

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
      `${payload.speed_kmh.toFixed(1).padStart(4)} km/h`,
      `${(payload.total_distance_m / 1000).toFixed(2)} km`,
      `${battery.percent} %`,
      `${battery.voltage.toFixed(1)} V`,
      `${battery.temperature_1} °C`,
      position,
    ].join('   ');
  }

  /** What is missing after a ride; undefined if nothing is. */
  get missing(): string | undefined {
    if (this.samples === 0) return 'no sample arrived at the subscriber';
    if (this.fixes === 0) return `${this.samples} samples arrived, none of them with a GPS fix`;
    return undefined;
  }
}
