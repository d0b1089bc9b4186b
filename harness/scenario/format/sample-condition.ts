import { z } from 'zod';
import type { ValueKind } from '../../../client/config/values.ts';

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

/** Kind of a condition such as `"locked = true, battery_info.current < 0"`. */
export function sampleCondition(): ValueKind<SampleCondition> {
  return {
    expects: 'a condition such as "locked = true, battery_info.current < 0"',
    schema: z
      .string()
      .refine((text) => text.split(',').every((part) => COMPARISON.test(part)))
      .transform((text) => ({ text, comparisons: text.split(',').flatMap(parseComparison) })),
  };
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
