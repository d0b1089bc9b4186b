import { FAULTS } from '../faults/table.ts';
import type { Happening } from '../../world/trace/event.ts';
import { forkSeed, seededRandom } from '../../world/random.ts';
import type { Stage } from '../../world/stage.ts';
import type { Scenario, Step } from '../format/scenario.ts';

interface ScriptContext {
  readonly stage: Stage;
  readonly seed: number;
  readonly record: (happening: Happening) => void;
}

/** Lets the steps of a scenario happen, from now on. @returns ends what is still going on. */
export function runScript({ steps, durationMs }: Scenario, setting: ScriptContext): () => void {
  const endMs = setting.stage.clock.now() + durationMs;
  const running = steps.map((step, index) => runStep(step, index + 1, endMs, setting));
  return () => running.forEach((end) => end());
}

/** @param endMs when the story ends: what would end after it does not begin. */
function runStep(
  step: Step,
  number: number,
  endMs: number,
  { stage, seed, record }: ScriptContext,
): () => void {
  const { atMs, fault, forMs, everyMs, values } = step;
  const random = seededRandom(forkSeed(seed, `step ${number}`));
  let timer: NodeJS.Timeout | undefined;
  let endActive: (() => void) | undefined;

  const begin = (): void => {
    const beganMs = stage.clock.now();
    record({ type: 'fault.began', step: number, fault, detail: formatValues(values) });
    const revert = FAULTS[fault].begin(stage, values, random);
    const next = (): void => {
      if (everyMs === undefined || beganMs + everyMs + (forMs ?? 0) > endMs) return;
      timer = setTimeout(begin, beganMs + everyMs - stage.clock.now());
    };
    const end = (): void => {
      endActive = undefined;
      revert?.();
      if (forMs !== undefined) record({ type: 'fault.ended', step: number, fault });
    };
    endActive = end;
    if (forMs === undefined) {
      next();
      return;
    }
    timer = setTimeout(() => {
      end();
      next();
    }, forMs);
  };

  timer = setTimeout(begin, atMs - stage.clock.now());
  return () => {
    clearTimeout(timer);
    endActive?.();
  };
}

function formatValues(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}
