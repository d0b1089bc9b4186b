const MS_PER_SECOND = 1000;
const SECONDS_PER_MINUTE = 60;
const MINUTES_PER_HOUR = 60;

/** Formats whole numbers in a fixed locale, so that equal runs print equal text on every machine. */
const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** Formats milliseconds as `h:mm:ss`, rounded down. */
export function formatHms(ms: number): string {
  const seconds = Math.floor(ms / MS_PER_SECOND);
  const minutes = Math.floor(seconds / SECONDS_PER_MINUTE);
  const hours = Math.floor(minutes / MINUTES_PER_HOUR);
  return `${hours}:${padZero(minutes % MINUTES_PER_HOUR, 2)}:${padZero(seconds % SECONDS_PER_MINUTE, 2)}`;
}

/** Formats a virtual time, in milliseconds since the start, as `h:mm:ss.mmm`. */
export function formatTimestamp(atMs: number): string {
  return `${formatHms(atMs)}.${padZero(Math.floor(atMs) % MS_PER_SECOND, 3)}`;
}

/** Formats milliseconds as seconds with one decimal, such as `2.5 s`. */
export function formatSeconds(ms: number): string {
  return `${(ms / MS_PER_SECOND).toFixed(1)} s`;
}

/** Formats the ratio of virtual to real time, such as `7,200 ×`. */
export function formatSpeed(virtualMs: number, realMs: number): string {
  return realMs > 0 ? `${WHOLE.format(virtualMs / realMs)} ×` : '–';
}

/** Formats a number without its fraction: `1,200`. */
export function formatNumber(number: number): string {
  return WHOLE.format(number);
}

/** Formats a count with its noun: `1 seed`, `1,200 seeds`. */
export function formatCount(number: number, noun: string, plural = `${noun}s`): string {
  return `${WHOLE.format(number)} ${number === 1 ? noun : plural}`;
}

function padZero(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
