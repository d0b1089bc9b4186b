import type { Fact } from '../fact.ts';

/** All facts in a tree, each with its path, such as `firmware.esc`. */
export function factsIn(tree: object, path: readonly string[] = []): [string, Fact<unknown>][] {
  if ('grade' in tree) return [[path.join('.'), tree as Fact<unknown>]];
  return Object.entries(tree).flatMap(([key, node]) => factsIn(node as object, [...path, key]));
}
