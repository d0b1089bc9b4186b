import { z } from 'zod';
import type { ValueKind } from '../../../client/config/values.ts';

const UNITS_MS = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

type Unit = keyof typeof UNITS_MS;

const DURATION = new RegExp(`^(-?\\d+(?:\\.\\d+)?) ?(${Object.keys(UNITS_MS).join('|')})$`);

/** Timers are limited to 2^31 ms, which is 24.8 days. */
export const MAX_DURATION_S = 24 * 86_400;

/** Example duration in messages, if it is in the valid range. */
const EXAMPLE_S = 600;

/** Parses a text such as "90 s" to milliseconds; NaN if it is no duration. */
function parseDuration(text: string): number {
  const [, count, unit] = DURATION.exec(text) ?? [];
  return Number(count) * UNITS_MS[unit as Unit];
}

/** Formats a duration as in a scenario file, in the largest unit that divides it. */
export function formatDuration(ms: number): string {
  const units = Object.entries(UNITS_MS).reverse();
  const [unit, unitMs] = units.find(([, size]) => Math.abs(ms) >= size && ms % size === 0) ?? [
    's',
    UNITS_MS.s,
  ];
  return `${ms / unitMs} ${unit}`;
}

/** A duration: a text with a unit or a number of seconds in the file, milliseconds in the parsed scenario. */
export function duration(minS: number, maxS: number): ValueKind<number> {
  const [minMs, maxMs] = [minS * UNITS_MS.s, maxS * UNITS_MS.s];
  const exampleS = Math.min(maxS, EXAMPLE_S);
  const example = `"${formatDuration(exampleS * UNITS_MS.s)}" or ${exampleS}`;
  return {
    expects: `a duration from ${formatDuration(minMs)} to ${formatDuration(maxMs)}, such as ${example}`,
    schema: z
      .union([z.string().transform(parseDuration), z.number().transform((seconds) => seconds * UNITS_MS.s)])
      .pipe(z.number().min(minMs).max(maxMs))
      .transform(Math.round),
  };
}

/** Formats milliseconds since 1970 as in a scenario file; undefined if they are beyond what a date can be. */
export function formatMoment(ms: number): string | undefined {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** A moment: a text in ISO 8601 with a "Z" in the file, milliseconds since 1970 in the parsed scenario. */
export function moment(): ValueKind<number> {
  return {
    expects: 'a moment in UTC, such as "2026-12-31T23:58:00Z"',
    schema: z.iso.datetime().transform((text) => Date.parse(text)),
  };
}

/** As the environment variable TZ requires it, unlike `Intl`: no offset, and no other case of letters. */
const ZONE = /^[A-Z]\w*([/_+-][A-Z0-9]\w*)*$/;

/** The name of a time zone. */
export function timeZone(): ValueKind<string> {
  return {
    expects: 'a time zone, such as "Europe/Madrid"',
    schema: z.string().regex(ZONE).refine(isTimeZone),
  };
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).format();
    return true;
  } catch {
    return false;
  }
}

/** A fraction of a whole. */
export function share(min: number, max: number): ValueKind<number> {
  return {
    range: [min, max],
    expects: `a fraction from ${min} to ${max}`,
    schema: z.number().min(min).max(max),
  };
}

/** A text without line breaks. */
export function lineOfText(expects: string): ValueKind<string> {
  return { expects, schema: z.string().regex(/^[^\p{Cc}]*\S[^\p{Cc}]*$/u) };
}

/** `true` or `false`. */
export function boolean(): ValueKind<boolean> {
  return { expects: 'true or false', schema: z.boolean() };
}

/** `true`, `false`, or a word for a third case. */
export function booleanOr<const Word extends string>(word: Word): ValueKind<boolean | Word> {
  return {
    choices: [word],
    expects: `true, false or "${word}"`,
    schema: z.union([z.boolean(), z.literal(word)]),
  };
}

/** An array of any length. */
export function listOf<Typed>(element: ValueKind<Typed>): ValueKind<readonly Typed[]> {
  return {
    element,
    expects: `an array, each element ${element.expects}`,
    schema: z.array(element.schema),
  };
}
