/** A `timestamp`: local time with its offset from UTC. */
export interface Timestamp {
  /** In ms since 1970, UTC. */
  readonly atMs: number;
  readonly offsetMin: number;
}

const MS_PER_MINUTE = 60_000;
const TIMESTAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})([+-])(\d\d):([0-5]\d)$/;

/** Writes a timestamp as samples contain it, such as `2026-05-04T08:00:12.345+02:00`. */
export function timestampText({ atMs, offsetMin }: Timestamp): string {
  const local = new Date(atMs + offsetMin * MS_PER_MINUTE).toISOString().slice(0, -1);
  const minutes = Math.abs(offsetMin);
  return `${local}${offsetMin < 0 ? '-' : '+'}${twoDigits(Math.trunc(minutes / 60))}:${twoDigits(minutes % 60)}`;
}

/** Reads a timestamp; undefined if it has another form, such as other than three digits, or is no time. */
export function readTimestamp(text: string): Timestamp | undefined {
  const [, local = '', sign, hours, minutes] = TIMESTAMP.exec(text) ?? [];
  const localMs = Date.parse(`${local}Z`);
  if (Number.isNaN(localMs)) return undefined;
  const offsetMin = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1) + 0;
  const timestamp = { atMs: localMs - offsetMin * MS_PER_MINUTE, offsetMin };
  // `Date.parse` accepts 30 February and 24:00.
  return timestampText(timestamp).startsWith(local) ? timestamp : undefined;
}

/** Tells `clock_synced` of a sample: false as well if the state of the clock cannot be determined. */
export function clockSynced(state: boolean | 'unknown'): boolean {
  return state === true;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
