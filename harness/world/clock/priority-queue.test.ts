import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PriorityQueue, type Entry } from './priority-queue.ts';

it('returns entries by due time and insertion order, whatever was cancelled meanwhile', () => {
  const actions = fc.array(
    fc.oneof(
      fc.record({ type: fc.constant('add' as const), dueMs: fc.nat(50) }),
      fc.record({ type: fc.constant('cancel' as const), index: fc.nat(200) }),
      fc.record({ type: fc.constant('pop' as const), byMs: fc.nat(60) }),
    ),
    { maxLength: 400 },
  );
  fc.assert(
    fc.property(actions, (script) => {
      const queue = new PriorityQueue<number>();
      let model: Entry<number>[] = [];
      const all: Entry<number>[] = [];
      for (const action of script) {
        if (action.type === 'add') {
          const entry = queue.add(all.length, action.dueMs);
          model = [...model, entry].sort(
            (one, other) => one.dueMs - other.dueMs || one.sequence - other.sequence,
          );
          all.push(entry);
        } else if (action.type === 'cancel') {
          const entry = all[action.index];
          if (entry) queue.cancel(entry);
          model = model.filter((other) => other !== entry);
        } else {
          const first = model[0];
          const expected = first && first.dueMs <= action.byMs ? model.shift() : undefined;
          expect(queue.popDue(action.byMs)).toBe(expected);
        }
        expect([queue.size, queue.nextMs]).toEqual([model.length, model[0]?.dueMs]);
      }
    }),
  );
});
