import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUGS_PER_DAY, selectBugs, type Selection } from './selection.ts';
import { bugNamed, EXPECTATION } from './testing/bugs.ts';

const DAY_MS = 86_400_000;
const date = new Date('2026-11-29T00:00:00Z');

function idsOf(
  count: number,
  selection: Partial<Selection> = {},
  survivors: readonly string[] = [],
  unplayed: readonly string[] = [],
): string[] {
  const bugs = Array.from({ length: count }, (_, index) =>
    bugNamed(`bug-${index}`, { set: index % 2 ? 'second' : 'first' }),
  );
  const played = bugs.filter(({ id }) => !unplayed.includes(id));
  const records = Object.fromEntries(
    played.map(({ id }) => [id, { first: survivors.includes(id) ? null : EXPECTATION, guarantee: null }]),
  );
  return selectBugs(bugs, records, { date, ...selection }).map(({ id }) => id);
}

describe('the bugs of a day', () => {
  it('are ten, the same at every time of that day and others on the next', () => {
    const today = idsOf(80);
    expect(today).toHaveLength(BUGS_PER_DAY);
    expect(idsOf(80, { date: new Date('2026-11-29T23:59:59Z') })).toEqual(today);
    const tomorrow = idsOf(80, { date: new Date('2026-11-30T00:00:00Z') });
    expect(tomorrow.filter((id) => today.includes(id))).toEqual([]);
  });

  it('are all bugs within as many days as their number needs, whatever that is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 130 }),
        fc.integer({ min: 0, max: 40_000 }),
        (count, firstDay) => {
          const days = Math.ceil(count / BUGS_PER_DAY);
          const ids = Array.from({ length: days }, (_, day) =>
            idsOf(count, { date: new Date((firstDay + day) * DAY_MS) }),
          );
          expect(Math.max(...ids.map((each) => each.length))).toBeLessThanOrEqual(BUGS_PER_DAY);
          expect(new Set(ids.flat()).size).toBe(count);
        },
      ),
    );
  });

  it('leave out what nothing objected to the last time, which would cost every play', () => {
    expect(idsOf(5, {}, ['bug-3'])).toEqual(['bug-0', 'bug-1', 'bug-2', 'bug-4']);
    expect(idsOf(5, { all: true }, ['bug-3'])).toHaveLength(5);
  });

  it('leave out what was never played, of which nobody knows whether anything objects to it', () => {
    expect(idsOf(5, {}, [], ['bug-0', 'bug-4'])).toEqual(['bug-1', 'bug-2', 'bug-3']);
  });

  it('include bugs that only an expectation objected to', () => {
    expect(
      selectBugs([bugNamed('a')], { a: { first: EXPECTATION, guarantee: null } }, { date }),
    ).toHaveLength(1);
  });
});

describe('bugs', () => {
  it('can be selected all, by set and by id', () => {
    expect(idsOf(30, { all: true })).toHaveLength(30);
    expect(idsOf(30, { all: true, set: 'second' })).toHaveLength(15);
    expect(idsOf(12, { set: 'second' })).toEqual(['bug-1', 'bug-3', 'bug-5', 'bug-7', 'bug-9', 'bug-11']);
    expect(idsOf(30, { bug: ['bug-7', 'bug-2'] })).toEqual(['bug-7', 'bug-2']);
  });

  it('that do not exist are reported', () => {
    expect(() => idsOf(3, { bug: ['bug-9'] })).toThrow("There is no bug 'bug-9'");
    expect(() => idsOf(3, { set: 'third' })).toThrow(
      "There is no set 'third', expected one of: first, second",
    );
  });
});
