import { z } from 'zod';
import type { ValueKind } from '../../../client/config/values.ts';

const UNITS_MS = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

type Unit = keyof typeof UNITS_MS;

const DURATION = new RegExp(`^(-?\\d+(?:\\.\\d+)?) ?(${Object.keys(UNITS_MS).join('|')})$`);

/** What messages show of both spellings, where it is not too long. */
const EXAMPLE_S = 600;

/** The milliseconds of a text such as "90 s"; not a number where it is no duration. */
function fromText(text: string): number {
  const [, count, unit] = DURATION.exec(text) ?? [];
  return Number(count) * UNITS_MS[unit as Unit];
}

/** A duration as it is written in a scenario: in the largest unit that divides it. */
export function durationText(ms: number): string {
  const units = Object.entries(UNITS_MS).reverse();
  const [unit, unitMs] = units.find(([, size]) => Math.abs(ms) >= size && ms % size === 0) ?? [
    's',
    UNITS_MS.s,
  ];
  return `${ms / unitMs} ${unit}`;
}

/** A text with a unit or a number of seconds in the file, whole milliseconds in the typed scenario; back where negative. */
export function duration(minS: number, maxS: number): ValueKind<number> {
  const [minMs, maxMs] = [minS * UNITS_MS.s, maxS * UNITS_MS.s];
  const exampleS = Math.min(maxS, EXAMPLE_S);
  const example = `"${durationText(exampleS * UNITS_MS.s)}" or ${exampleS}`;
  return {
    expects: `a duration from ${durationText(minMs)} to ${durationText(maxMs)}, such as ${example}`,
    schema: z
      .union([z.string().transform(fromText), z.number().transform((seconds) => seconds * UNITS_MS.s)])
      .pipe(z.number().min(minMs).max(maxMs))
      .transform(Math.round),
  };
}

/** A part of a whole, in the file and in the typed scenario alike. */
export function share(min: number, max: number): ValueKind<number> {
  return {
    range: [min, max],
    expects: `a share from ${min} to ${max}`,
    schema: z.number().min(min).max(max),
  };
}

/** Any text of one line. */
export function line(expects: string): ValueKind<string> {
  return { expects, schema: z.string().regex(/^[^\p{Cc}]*\S[^\p{Cc}]*$/u) };
}

/** `true` or `false`. */
export function yesOrNo(): ValueKind<boolean> {
  return { expects: 'true or false', schema: z.boolean() };
}

/** An array of any length, in the file and in the typed scenario alike. */
export function listOf<Typed>(element: ValueKind<Typed>): ValueKind<readonly Typed[]> {
  return {
    expects: `an array, each element ${element.expects}`,
    schema: z.array(element.schema),
  };
}
