import { InvalidArgumentError } from 'commander';
import { macAddress } from '../config/values.ts';

const LONGEST_S = 86_400;

/** Seconds from the command line: `20` or `20s`. */
export function positiveSeconds(text: string): number {
  const seconds = Number(/^(\d+(?:\.\d+)?)s?$/.exec(text)?.[1]);
  if (!(seconds > 0 && seconds <= LONGEST_S)) {
    throw new InvalidArgumentError(`Expected seconds, such as 20 or 20s, up to ${LONGEST_S}.`);
  }
  return seconds;
}

/** A whole number above zero. */
export function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Expected a whole number above zero.');
  return Number(text);
}

/** A Bluetooth address as the configuration takes it; lower case with colons. */
export function macArgument(text: string): string {
  const { schema, expects } = macAddress();
  const { data } = schema.safeParse(text);
  if (data === undefined) throw new InvalidArgumentError(`Expected ${expects}.`);
  return data;
}
