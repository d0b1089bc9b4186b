import type { SourceId } from './sources.ts';

/** Grades of a fact, best first, and what each one means. */
export const GRADES = {
  captured: 'read from a real scooter of this model: published bytes, or values that its owner read off',
  derived:
    'from a manual, firmware, a working program or a list, calculated from captures, or captured from a scooter of another or an unstated model',
  assumed: 'no source; inferred from something similar',
  unknown: 'no source; the value is a stand-in, so that the simulator has one',
} as const;

export type Grade = keyof typeof GRADES;

/** A value with its evidence. */
export interface Fact<Value> {
  readonly value: Value;
  readonly grade: Grade;
  /** Where a captured or derived value is published. */
  readonly source?: SourceId;
  /** What else a reader has to know; for an assumption, what it is inferred from. */
  readonly note?: string;
}

const withNote = (note: string | undefined): { note?: string } => (note === undefined ? {} : { note });

export const captured = <Value>(value: Value, source: SourceId, note?: string): Fact<Value> => ({
  value,
  grade: 'captured',
  source,
  ...withNote(note),
});

export const derived = <Value>(value: Value, source: SourceId, note?: string): Fact<Value> => ({
  value,
  grade: 'derived',
  source,
  ...withNote(note),
});

/** @param note what it is inferred from */
export const assumed = <Value>(value: Value, note: string): Fact<Value> => ({
  value,
  grade: 'assumed',
  note,
});

/** @param standIn value that the simulator uses */
export const unknown = <Value>(standIn: Value, note?: string): Fact<Value> => ({
  value: standIn,
  grade: 'unknown',
  ...withNote(note),
});

/** The values of a tree of facts, in the same shape. */
export type Values<Tree> =
  Tree extends Fact<infer Value> ? Value : { readonly [Key in keyof Tree]: Values<Tree[Key]> };

const isFact = (node: object): node is Fact<unknown> => 'grade' in node;

/** Strips the evidence from a tree of facts. */
export function valuesOf<Tree extends object>(tree: Tree): Values<Tree> {
  if (isFact(tree)) return tree.value as Values<Tree>;
  return Object.fromEntries(
    Object.entries(tree).map(([key, node]) => [key, valuesOf(node as object)]),
  ) as Values<Tree>;
}
