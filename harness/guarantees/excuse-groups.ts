import {
  ADAPTER_EXCUSES,
  BROKER_DELAY_EXCUSES,
  BROKER_EXCUSES,
  CLIENT_EXCUSES,
  DELIVERY_EXCUSES,
  DISK_EXCUSES,
  POLL_EXCUSES,
  RECEPTION_EXCUSES,
  SCOOTER_EXCUSES,
} from './excuses.ts';
import type { Excuse, Excuses } from './guarantee.ts';
import { RETURN_EXCUSES } from './l2-return.ts';
import { TOPIC_EXCUSES } from './publishing.ts';

/** A table of excuses that several guarantees use. */
interface ExcuseGroup {
  readonly name: string;
  /** What its faults have in common. */
  readonly about: string;
  readonly excuses: Excuses;
}

/** The groups of docs/guarantees.md, each after those that it contains. */
export const EXCUSE_GROUPS: readonly ExcuseGroup[] = [
  { name: 'client', about: 'The client is stopped or killed', excuses: CLIENT_EXCUSES },
  { name: 'adapter', about: 'The Bluetooth adapter fails', excuses: ADAPTER_EXCUSES },
  {
    name: 'scooter',
    about: 'The scooter is unreachable, or its replies are missing or invalid',
    excuses: SCOOTER_EXCUSES,
  },
  { name: 'poll', about: 'A poll takes longer', excuses: POLL_EXCUSES },
  { name: 'return', about: 'The client is delayed in reading a scooter', excuses: RETURN_EXCUSES },
  { name: 'reception', about: 'Replies do not reach the client intact', excuses: RECEPTION_EXCUSES },
  { name: 'disk', about: 'Samples are not stored, or are stored late', excuses: DISK_EXCUSES },
  {
    name: 'broker',
    about: 'The broker is unreachable or refuses connections',
    excuses: BROKER_EXCUSES,
  },
  {
    name: 'broker delay',
    about: 'The broker takes messages slowly, or not at all',
    excuses: BROKER_DELAY_EXCUSES,
  },
  {
    name: 'delivery',
    about: 'Samples are delivered more slowly than at the drain rate',
    excuses: DELIVERY_EXCUSES,
  },
  {
    name: 'topics',
    about: 'The topics beside the samples are published late, or not at all',
    excuses: TOPIC_EXCUSES,
  },
];

/** Part of the faults of a group that another table has to contain so that it is described by the name of the group. */
const MIN_SHARE = 3 / 4;

/** A table of excuses in terms of groups. */
export interface ExcuseSummary {
  /** Names of groups whose faults it contains, but for the exceptions and those in `others`. */
  readonly groups: readonly string[];
  /** Faults of the groups that it does not contain. */
  readonly exceptions: readonly string[];
  /** Further faults, and those that are excused for another time than in the group, by that time in words. */
  readonly others: ReadonlyMap<string, readonly string[]>;
}

/** Describes a table of excuses by the groups that fit best. @param among the groups to use */
export function summarize(excuses: Excuses, among: readonly ExcuseGroup[] = EXCUSE_GROUPS): ExcuseSummary {
  const all = new Map(entries(excuses));
  const rest = new Map(all);
  const groups: string[] = [];
  const exceptions: string[] = [];
  for (let fit = bestFit(among, all, rest); fit; fit = bestFit(among, all, rest)) {
    groups.push(fit.name);
    exceptions.push(...fit.absent);
    for (const fault of fit.shared) rest.delete(fault);
  }
  const others = new Map<string, string[]>();
  for (const [fault, { about }] of rest) others.set(about, [...(others.get(about) ?? []), fault]);
  return { groups, exceptions, others };
}

/** A group that describes a part of a table. */
interface Fit {
  readonly name: string;
  /** Faults that it describes. */
  readonly shared: readonly string[];
  /** Faults of the group that are not in the table. */
  readonly absent: readonly string[];
}

/** The group that describes most faults of what is left of a table, with fewest exceptions. */
function bestFit(
  groups: readonly ExcuseGroup[],
  all: ReadonlyMap<string, Excuse>,
  rest: ReadonlyMap<string, Excuse>,
): Fit | undefined {
  const fits = groups.flatMap(({ name, excuses }): Fit[] => {
    const members = entries(excuses);
    const shared = members.filter(([fault, excuse]) => rest.get(fault) === excuse).map(([fault]) => fault);
    const absent = members.map(([fault]) => fault).filter((fault) => !all.has(fault));
    return shared.length >= MIN_SHARE * members.length ? [{ name, shared, absent }] : [];
  });
  const score = ({ shared, absent }: Fit): number => shared.length - absent.length;
  return fits.toSorted((a, b) => score(b) - score(a))[0];
}

function entries(excuses: Excuses): [string, Excuse][] {
  return Object.entries(excuses);
}
