import { distance } from 'fastest-levenshtein';

/** Maximum number of typos per letter for a suggestion. */
const MAX_TYPOS_PER_LETTER = 1 / 3;
/** Penalty for the wrong section, in typos: among equally similar keys, one in the same section is preferred. */
const WRONG_SECTION_COST = 1;

/** A key that may be suggested for an unknown one. */
export interface KnownKey {
  readonly name: string;
  /** `undefined` above the first section. */
  readonly section: string | undefined;
  /** Where the key belongs, such as "in [mqtt]"; part of the suggestion if the unknown key is elsewhere. */
  readonly location: string;
}

interface Candidate {
  readonly name: string;
  readonly label: string;
  readonly extraCost: number;
}

/**
 * Suggests the known key that is most similar to an unknown one in `section` (`undefined`: above the first section). Adds
 * its section if that is another one.
 */
export function nearestKey(
  unknown: string,
  section: string | undefined,
  known: readonly KnownKey[],
): string | undefined {
  return nearest(
    unknown,
    known.map(({ name, section: keySection, location }) =>
      keySection === section
        ? { name, label: name, extraCost: 0 }
        : { name, label: `${name} ${location}`, extraCost: WRONG_SECTION_COST },
    ),
  );
}

/** Suggests the word most similar to `unknown`. */
export function nearestWord(unknown: string, words: readonly string[]): string | undefined {
  return nearest(
    unknown,
    words.map((word) => ({ name: word, label: word, extraCost: 0 })),
  );
}

/** Number of letters that two words have in common at their beginning. */
function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}

/**
 * The label of the most similar candidate; of two with the same number of typos, the one with the longer beginning in
 * common. Undefined if two are equally similar.
 */
function nearest(unknown: string, candidates: readonly Candidate[]): string | undefined {
  const word = unknown.toLowerCase();
  const maxTypos = Math.ceil(unknown.length * MAX_TYPOS_PER_LETTER);
  const [best, second] = candidates
    .map((candidate) => ({
      ...candidate,
      typos: distance(word, candidate.name.toLowerCase()),
      prefix: commonPrefix(word, candidate.name.toLowerCase()),
    }))
    .filter(({ typos }) => typos <= maxTypos)
    .map(({ typos, extraCost, ...candidate }) => ({ ...candidate, cost: typos + extraCost }))
    .sort((a, b) => a.cost - b.cost || b.prefix - a.prefix);
  const isTie = best?.cost === second?.cost && best?.prefix === second?.prefix;
  return isTie && best?.name !== second?.name ? undefined : best?.label;
}
