import { ClientError } from '../../client/errors.ts';
import type { Bug } from './bug.ts';
import type { Records } from './records.ts';

/** Number of bugs of a day. */
export const BUGS_PER_DAY = 10;

const DAY_MS = 86_400_000;

export interface Selection {
  readonly all?: true;
  /** Ids. */
  readonly bug?: readonly string[];
  /** Name of a set. */
  readonly set?: string;
  /** Midnight UTC. */
  readonly date: Date;
}

/**
 * Selects the bugs to play: those that are named, all, or those of the day.
 * @throws ClientError `config` if a named bug or set does not exist
 */
export function selectBugs(bugs: readonly Bug[], records: Records, selection: Selection): readonly Bug[] {
  const { all, bug: ids, set, date } = selection;
  if (ids) return ids.map((id) => existing(id, bugs));
  const ofSet = bugs.filter((bug) => set === undefined || bug.set === set);
  if (set !== undefined && ofSet.length === 0) {
    const sets = [...new Set(bugs.map((bug) => bug.set))].join(', ');
    throw new ClientError('config', `There is no set '${set}', expected one of: ${sets || 'none yet'}`);
  }
  return all ? ofSet : bugsOfDay(ofSet, records, date);
}

/**
 * The next ten bugs on each day, so that every one that something objected to has its turn. The others cannot become
 * worse, and would cost every play; those that were never played are to be played with --write first.
 */
function bugsOfDay(bugs: readonly Bug[], records: Records, date: Date): readonly Bug[] {
  const candidates = bugs.filter(({ id }) => (records[id]?.first ?? null) !== null);
  if (candidates.length <= BUGS_PER_DAY) return candidates;
  const day = Math.floor(date.getTime() / DAY_MS);
  const begin = (day * BUGS_PER_DAY) % candidates.length;
  return [...candidates, ...candidates].slice(begin, begin + BUGS_PER_DAY);
}

function existing(id: string, bugs: readonly Bug[]): Bug {
  const bug = bugs.find((candidate) => candidate.id === id);
  if (bug) return bug;
  throw new ClientError('config', `There is no bug '${id}', docs/planted-bugs.md lists all`);
}
