import { distance } from 'fastest-levenshtein';
import { SECTIONS } from './schema.ts';

/** A name this wrong, per letter of it, is no slip of the keyboard any more. */
const SLIPS_PER_LETTER = 1 / 3;
/** What standing in the wrong section costs, in slips: of two equally near keys, the one at hand is meant. */
const WRONG_SECTION = 1;

interface Candidate {
  readonly name: string;
  readonly label: string;
  readonly extra: number;
}

const ALL_KEYS = Object.entries(SECTIONS).flatMap(([section, { keys }]) =>
  Object.keys(keys).map((name) => ({ section, name })),
);

/** The key that was meant by `name` in `section` (`undefined`: above the first section), as one would write it. */
export function nearestKey(name: string, section: string | undefined): string | undefined {
  return nearest(
    name,
    ALL_KEYS.map((key) =>
      key.section === section
        ? { name: key.name, label: key.name, extra: 0 }
        : { name: key.name, label: `${key.name} in [${key.section}]`, extra: WRONG_SECTION },
    ),
  );
}

/** The name of the section that was meant by `[name]`. */
export function nearestSection(name: string): string | undefined {
  return nearest(
    name,
    Object.keys(SECTIONS).map((section) => ({ name: section, label: section, extra: 0 })),
  );
}

function nearest(name: string, candidates: readonly Candidate[]): string | undefined {
  const limit = Math.ceil(name.length * SLIPS_PER_LETTER);
  const [best] = candidates
    .map((candidate) => ({ ...candidate, slips: distance(name.toLowerCase(), candidate.name) }))
    .filter(({ slips }) => slips <= limit)
    .sort((a, b) => a.slips + a.extra - (b.slips + b.extra));
  return best?.label;
}
