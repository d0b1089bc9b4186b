import type { Play } from './plays.ts';
import type { Records } from './records.ts';

/**
 * Sorts plays for a bug: first those that objected last time, the one with a guarantee before the other; then the likely
 * ones, by the number of bugs that each has objected to per expected CPU time.
 */
export function orderPlays(plays: readonly Play[], bugId: string, records: Records): readonly Play[] {
  const counts = objectionCounts(records);
  const kept = [records[bugId]?.guarantee?.play, records[bugId]?.first?.play];
  const keptRank = ({ name }: Play): number => {
    const index = kept.indexOf(name);
    return index < 0 ? kept.length : index;
  };
  const likelihood = ({ name, expectedMs }: Play): number => ((counts.get(name) ?? 0) + 1) / expectedMs;
  return plays.toSorted((a, b) => keptRank(a) - keptRank(b) || likelihood(b) - likelihood(a));
}

/** The number of bugs that each play has objected to, by its name. */
function objectionCounts(records: Records): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { first, guarantee } of Object.values(records)) {
    const names = new Set([first, guarantee].flatMap((objection) => (objection ? [objection.play] : [])));
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
