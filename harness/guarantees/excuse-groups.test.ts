import { describe, expect, it } from 'vitest';
import { EXCUSE_GROUPS, summarize, type ExcuseSummary } from './excuse-groups.ts';
import { BROKER_EXCUSES, whileActive } from './excuses.ts';
import type { Excuses } from './guarantee.ts';
import { GUARANTEES } from './table.ts';

/** The faults of a table, each with its time in words. */
function timesOf(excuses: Excuses): Record<string, string> {
  return Object.fromEntries(Object.entries(excuses).map(([fault, { about }]) => [fault, about]));
}

/** The faults that a reader of a summary takes for excused. */
function expand({ groups, exceptions, others }: ExcuseSummary): Record<string, string> {
  const ofGroups = EXCUSE_GROUPS.filter(({ name }) => groups.includes(name));
  const times = new Map(ofGroups.flatMap(({ excuses }) => Object.entries(timesOf(excuses))));
  for (const fault of exceptions) times.delete(fault);
  for (const [about, faults] of others) for (const fault of faults) times.set(fault, about);
  return Object.fromEntries(times);
}

describe('a summary of excuses', () => {
  it.each(Object.entries(GUARANTEES))('names exactly the faults that excuse %s', (_, { rules }) => {
    for (const excuses of rules.flatMap((rule) => rule.excuses)) {
      expect(expand(summarize(excuses))).toEqual(timesOf(excuses));
    }
  });

  it('describes each group by the groups before it', () => {
    EXCUSE_GROUPS.forEach(({ excuses }, index) => {
      const summary = summarize(excuses, EXCUSE_GROUPS.slice(0, index));
      expect(expand(summary)).toEqual(timesOf(excuses));
    });
  });

  it('names a group together with the fault that is not excused, and a fault with another time', () => {
    const { 'broker.push': _, ...rest } = BROKER_EXCUSES;
    expect(summarize({ ...rest, 'disk.full': whileActive })).toEqual({
      groups: ['broker'],
      exceptions: ['broker.push'],
      others: new Map([[whileActive.about, ['disk.full']]]),
    });
  });
});
