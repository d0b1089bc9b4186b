/** A pair of different lines in two transcripts; undefined for a missing line. */
export interface Difference {
  readonly ours: string | undefined;
  readonly theirs: string | undefined;
}

/** Computes the minimal difference of two transcripts. */
export function differences(ours: readonly string[], theirs: readonly string[]): Difference[] {
  const lengths = commonLengths(ours, theirs);
  const found: Difference[] = [];
  let [own, their]: [string[], string[]] = [[], []];
  const flush = (): void => {
    for (let index = 0; index < Math.max(own.length, their.length); index++)
      found.push({ ours: own[index], theirs: their[index] });
    [own, their] = [[], []];
  };
  for (let [i, j] = [0, 0]; i < ours.length || j < theirs.length;) {
    const [line, other] = [ours[i], theirs[j]];
    if (line !== undefined && line === other) {
      flush();
      i += 1;
      j += 1;
    } else if (line !== undefined && (lengths[i + 1]?.[j] ?? 0) >= (lengths[i]?.[j + 1] ?? 0)) {
      own.push(line);
      i += 1;
    } else if (other !== undefined) {
      their.push(other);
      j += 1;
    } else {
      own.push(line ?? '');
      i += 1;
    }
  }
  flush();
  return found;
}

/** Lengths of the longest common subsequence of the two tails from each pair of indices. */
function commonLengths(ours: readonly string[], theirs: readonly string[]): number[][] {
  const lengths = Array.from({ length: ours.length + 1 }, () => new Array<number>(theirs.length + 1).fill(0));
  for (let i = ours.length - 1; i >= 0; i--) {
    const [row, next] = [lengths[i], lengths[i + 1]];
    if (!row || !next) continue;
    for (let j = theirs.length - 1; j >= 0; j--)
      row[j] = ours[i] === theirs[j] ? (next[j + 1] ?? 0) + 1 : Math.max(next[j] ?? 0, row[j + 1] ?? 0);
  }
  return lengths;
}
