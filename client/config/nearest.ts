import { distance } from 'fastest-levenshtein';
import { SECTIONS } from './schema.ts';

/** A name this wrong, per letter of it, is no slip of the keyboard any more. */
const SLIPS_PER_LETTER = 1 / 3;
/** What standing in the wrong section costs, in slips: of two equally near keys, the one at hand is meant. */
const WRONG_SECTION = 1;

/** A key that may have been meant. */
export interface KnownKey {
  readonly name: string;
  /** `undefined` above the first section. */
  readonly section: string | undefined;
  /** Tells one who has put it elsewhere where it belongs, such as "in [mqtt]". */
  readonly where: string;
}

interface Candidate {
  readonly name: string;
  readonly label: string;
  readonly extra: number;
}

/** The keys of the configuration. @param header how the header of a section is written. */
export function configKeys(header = (section: string) => `[${section}]`): KnownKey[] {
  return Object.entries(SECTIONS).flatMap(([section, { keys }]) =>
    Object.keys(keys).map((name) => ({ name, section, where: `in ${header(section)}` })),
  );
}

/**
 * The key that was meant by `name` in `section` (`undefined`: above the first section), with where it belongs unless
 * it is there.
 */
export function nearestKey(
  name: string,
  section: string | undefined,
  known: readonly KnownKey[] = configKeys(),
): string | undefined {
  return nearest(
    name,
    known.map((key) =>
      key.section === section
        ? { name: key.name, label: key.name, extra: 0 }
        : { name: key.name, label: `${key.name} ${key.where}`, extra: WRONG_SECTION },
    ),
  );
}

/** The name of the section of the configuration that was meant by `[name]`. */
export function nearestSection(name: string): string | undefined {
  return nearestWord(name, Object.keys(SECTIONS));
}

/** The one of a few words that was meant by `name`. */
export function nearestWord(name: string, words: readonly string[]): string | undefined {
  return nearest(
    name,
    words.map((word) => ({ name: word, label: word, extra: 0 })),
  );
}

/** The best candidate, unless another one is as good. */
function nearest(name: string, candidates: readonly Candidate[]): string | undefined {
  const limit = Math.ceil(name.length * SLIPS_PER_LETTER);
  const [best, second] = candidates
    .map((candidate) => ({
      ...candidate,
      slips: distance(name.toLowerCase(), candidate.name.toLowerCase()),
    }))
    .filter(({ slips }) => slips <= limit)
    .map(({ slips, extra, ...candidate }) => ({ ...candidate, cost: slips + extra }))
    .sort((a, b) => a.cost - b.cost);
  return best && best.cost === second?.cost && best.name !== second.name ? undefined : best?.label;
}
