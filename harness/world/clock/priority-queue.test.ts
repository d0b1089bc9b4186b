import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PriorityQueue, type Entry } from './priority-queue.ts';

it('gives what waits by its moment and its order, whatever was called off meanwhile', () => {
  const acts = fc.array(
    fc.oneof(
      fc.record({ type: fc.constant('add' as const), dueMs: fc.nat(50) }),
      fc.record({ type: fc.constant('callOff' as const), at: fc.nat(200) }),
      fc.record({ type: fc.constant('take' as const), byMs: fc.nat(60) }),
    ),
    { maxLength: 400 },
  );
  fc.assert(
    fc.property(acts, (script) => {
      const queue = new PriorityQueue<number>();
      let model: Entry<number>[] = [];
      const all: Entry<number>[] = [];
      for (const act of script) {
        if (act.type === 'add') {
          const entry = queue.add(all.length, act.dueMs);
          model = [...model, entry].sort(
            (one, other) => one.dueMs - other.dueMs || one.sequence - other.sequence,
          );
          all.push(entry);
        } else if (act.type === 'callOff') {
          const entry = all[act.at];
          if (entry) queue.cancel(entry);
          model = model.filter((other) => other !== entry);
        } else {
          const first = model[0];
          const expected = first && first.dueMs <= act.byMs ? model.shift() : undefined;
          expect(queue.popDue(act.byMs)).toBe(expected);
        }
        expect([queue.size, queue.nextMs]).toEqual([model.length, model[0]?.dueMs]);
      }
    }),
  );
});
