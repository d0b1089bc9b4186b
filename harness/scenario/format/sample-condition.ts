import { z } from 'zod';
import { isTable } from '../../../client/config/document.ts';
import { nearestWord } from '../../../client/config/suggestions.ts';
import type { ValueKind } from '../../../client/config/values.ts';
import { encodeSample } from '../../../client/sample-payload.ts';

/** A comparison of a field of a published sample with a value. */
interface Comparison {
  /** Names of the field and of the objects around it, outermost first. */
  readonly path: readonly string[];
  readonly operator: Operator;
  readonly value: unknown;
}

/** Comparisons that one and the same sample has to meet. */
export interface SampleCondition {
  /** As in the scenario file. */
  readonly text: string;
  readonly comparisons: readonly Comparison[];
}

const OPERATORS = {
  '=': (field: unknown, value: unknown): boolean => field === value,
  '<': (field: unknown, value: unknown): boolean => Number(field) < Number(value),
  '>': (field: unknown, value: unknown): boolean => Number(field) > Number(value),
} as const;
type Operator = keyof typeof OPERATORS;

const COMPARISON = /^\s*([a-z_0-9]+(?:\.[a-z_0-9]+)*)\s*([=<>])\s*(-?\d+(?:\.\d+)?|true|false|null)\s*$/;

/** Fields of a published sample, such as `battery_info.current`: every sample has all of them. */
const FIELDS = pathsIn(
  JSON.parse(
    encodeSample(
      {
        telemetry: { live: null, battery: null, range: null },
        fix: undefined,
        takenAt: new Date(0),
        takenAtMonotonicMs: 0,
        clockSynced: true,
        bootId: '',
        seq: 0,
      },
      'null',
    ),
  ),
);

function pathsIn(value: unknown, path: readonly string[] = []): string[] {
  if (!isTable(value)) return [path.join('.')];
  return Object.entries(value).flatMap(([name, inner]) => pathsIn(inner, [...path, name]));
}

/** Kind of a condition such as `"locked = true, battery_info.current < 0"`. */
export function sampleCondition(): ValueKind<SampleCondition> {
  return {
    expects: 'a condition such as "locked = true, battery_info.current < 0"',
    explain: explainUnknownField,
    schema: z
      .string()
      .refine((text) => text.split(',').every((part) => COMPARISON.test(part)))
      .refine((text) => unknownField(text) === undefined)
      .transform((text) => ({ text, comparisons: text.split(',').flatMap(parseComparison) })),
  };
}

/** The first field in a condition that no published sample has. */
function unknownField(condition: unknown): string | undefined {
  const parts = typeof condition === 'string' ? condition.split(',') : [];
  return parts.flatMap((part) => COMPARISON.exec(part)?.[1] ?? []).find((field) => !FIELDS.includes(field));
}

function explainUnknownField(condition: unknown): string | undefined {
  const field = unknownField(condition);
  if (field === undefined) return undefined;
  const nearest = nearestWord(field, FIELDS);
  const advice = nearest === undefined ? `one of ${FIELDS.join(', ')}` : `did you mean ${nearest}?`;
  return `a field of a published sample (there is no field ${field}, ${advice})`;
}

function parseComparison(text: string): Comparison[] {
  const [, path = '', operator = '', value = ''] = COMPARISON.exec(text) ?? [];
  if (!isOperator(operator)) return [];
  return [{ path: path.split('.'), operator, value: JSON.parse(value) }];
}

function isOperator(text: string): text is Operator {
  return Object.hasOwn(OPERATORS, text);
}

/** Whether a sample meets a condition. @param payload JSON as published */
export function meetsCondition({ comparisons }: SampleCondition, payload: string): boolean {
  const sample: unknown = JSON.parse(payload);
  return comparisons.every(({ path, operator, value }) => OPERATORS[operator](fieldAt(sample, path), value));
}

function fieldAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce(
    (inner, name) =>
      typeof inner === 'object' && inner !== null
        ? Object.entries(inner).find(([key]) => key === name)?.[1]
        : undefined,
    value,
  );
}
