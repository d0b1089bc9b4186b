import { InvalidArgumentError } from 'commander';
import { macAddress } from '../config/values.ts';

const MAX_S = 86_400;
const UNITS_S: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3_600 };

/** Parses a duration such as `90`, `90s`, `10m` or `2h`, up to a day; returns seconds. */
export function positiveSeconds(text: string): number {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([smh]?)$/.exec(text) ?? [];
  const seconds = Number(count) * (UNITS_S[unit] ?? NaN);
  if (!(seconds > 0 && seconds <= MAX_S)) {
    throw new InvalidArgumentError('Expected a duration such as 90s, 10m or 2h, at most 24h.');
  }
  return seconds;
}

/** Parses a whole number above zero. */
export function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Expected a whole number above zero.');
  return Number(text);
}

/** Parses a Bluetooth address as in the configuration; returns it in lower case with colons. */
export function macArgument(text: string): string {
  const { data } = macAddress().schema.safeParse(text);
  if (data === undefined) {
    throw new InvalidArgumentError('Expected a Bluetooth address such as C8:F0:9E:00:00:01.');
  }
  return data;
}
