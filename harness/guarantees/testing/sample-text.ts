/** Fields of a sample whose numbers always have a decimal point. */
const DECIMALS =
  /"(speed_kmh|trip_distance_left_km|uptime_sec|frame_temp|current|voltage|latitude|longitude|altitude|gps_speed|age_sec|speed_signed_kmh)":(-?\d+)(?=[,}])/g;

/** Encodes a sample as a correct client does: docs/topics.md. */
export function sampleText(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(fields).replace(DECIMALS, '"$1":$2.0');
}
