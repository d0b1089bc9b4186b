import type { Step } from '../../format/scenario.ts';
import { Draw } from './draw.ts';
import type { OwnerStory } from './owner.ts';

const MINUTE_MS = 60_000;
/** How often an owner pauses the client at all. */
const SHARE = 0.12;
const MEAN_INTERVAL_MS = 5 * MINUTE_MS;
const PAUSE_MS = [5_000, 3 * MINUTE_MS] as const;

/** Draws when an owner pauses the client: in most seeds never, and while other faults come in the others. */
export function drawPauses(
  seed: number,
  { fromMs, untilMs }: Pick<OwnerStory, 'fromMs' | 'untilMs'>,
): Step[] {
  const draw = new Draw(seed, 'pauses');
  if (!draw.chance(SHARE)) return [];
  const steps: Step[] = [];
  let endMs = fromMs;
  for (;;) {
    const atMs = endMs + draw.intervalMs(MEAN_INTERVAL_MS);
    if (atMs >= untilMs) return steps;
    const forMs = Math.min(draw.logUniform(...PAUSE_MS), untilMs - atMs);
    steps.push({ atMs, fault: 'client.pause', forMs, values: {} });
    endMs = atMs + forMs;
  }
}
