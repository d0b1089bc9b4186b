import { FAULTS } from '../../faults/table.ts';
import type { Step } from '../../format/scenario.ts';
import { Draw } from './draw.ts';
import type { OwnerStory } from './owner.ts';
import { drawValues } from './values.ts';

const MINUTE_MS = 60_000;

type Habit = 'client.pause' | 'client.configure';

/** What an owner does now and then, while other faults come: in which part of the seeds, how often, and for how long: 1 ms if at once. */
const HABITS: Readonly<Record<Habit, { share: number; meanMs: number; forMs: readonly [number, number] }>> = {
  'client.pause': { share: 0.12, meanMs: 5 * MINUTE_MS, forMs: [5_000, 3 * MINUTE_MS] },
  'client.configure': { share: 0.08, meanMs: 4 * MINUTE_MS, forMs: [1, 1] },
};

/** Draws when an owner pauses the client, or changes its configuration: in most seeds never. */
export function drawHabits(seed: number, phase: Pick<OwnerStory, 'fromMs' | 'untilMs'>): Step[] {
  return (Object.keys(HABITS) as Habit[]).flatMap((fault) => drawHabit(new Draw(seed, fault), fault, phase));
}

function drawHabit(
  draw: Draw,
  fault: Habit,
  { fromMs, untilMs }: Pick<OwnerStory, 'fromMs' | 'untilMs'>,
): Step[] {
  const { share, meanMs, forMs: range } = HABITS[fault];
  if (!draw.chance(share)) return [];
  const { lasts, parameters } = FAULTS[fault];
  const steps: Step[] = [];
  let endMs = fromMs;
  for (;;) {
    const atMs = endMs + draw.intervalMs(meanMs);
    if (atMs >= untilMs) return steps;
    const forMs = Math.min(draw.logUniform(...range), untilMs - atMs);
    steps.push({ atMs, fault, forMs: lasts ? forMs : undefined, values: drawValues(draw, parameters) });
    endMs = atMs + forMs;
  }
}
