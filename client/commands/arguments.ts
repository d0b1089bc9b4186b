import { InvalidArgumentError } from 'commander';

const LONGEST_S = 86_400;

/** Seconds from the command line: `20` or `20s`. */
export function positiveSeconds(text: string): number {
  const seconds = Number(/^(\d+(?:\.\d+)?)s?$/.exec(text)?.[1]);
  if (!(seconds > 0 && seconds <= LONGEST_S)) {
    throw new InvalidArgumentError(`Expected seconds, such as 20 or 20s, up to ${LONGEST_S}.`);
  }
  return seconds;
}

/** A Bluetooth address with or without separators, as the configuration has it; lower case with colons. */
export function macAddress(text: string): string {
  const digits = text.replace(/[:-]/g, '').toLowerCase();
  if (!/^[0-9a-f]{12}$/.test(digits)) {
    throw new InvalidArgumentError('Expected twelve hexadecimal digits, such as c8:f0:9e:00:00:01.');
  }
  return digits.replace(/..(?!$)/g, '$&:');
}
