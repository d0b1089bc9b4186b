import { FAULTS } from '../faults/table.ts';
import type { EventContent } from '../../world/trace/event.ts';
import { deriveSeed, seededRandom } from '../../world/random.ts';
import type { Simulation } from '../../world/simulation.ts';
import type { Trigger } from '../format/moments.ts';
import type { Scenario, Step } from '../format/scenario.ts';
import type { MomentCounter } from './moment-counter.ts';

interface ScriptContext {
  readonly simulation: Simulation;
  readonly seed: number;
  readonly record: (event: EventContent) => void;
  readonly moments: MomentCounter;
}

/** Schedules the steps of a scenario from now on. @returns ends the active faults */
export function runScript({ steps, durationMs }: Scenario, context: ScriptContext): () => void {
  const endMs = context.simulation.clock.now() + durationMs;
  const running = steps.map((step, index) => runStep(step, index + 1, endMs, context));
  return () => running.forEach((end) => end());
}

/** @param endMs end of the scenario; a repetition that would end later does not start */
function runStep(
  step: Step,
  number: number,
  endMs: number,
  { simulation, seed, record, moments }: ScriptContext,
): () => void {
  const { atMs, fault, forMs, everyMs, trigger, values } = step;
  const random = seededRandom(deriveSeed(seed, `step ${number}`));
  let timer: NodeJS.Timeout | undefined;
  let stopWaiting: (() => void) | undefined;
  let endActive: (() => void) | undefined;

  const begin = (): void => {
    const beganMs = simulation.clock.now();
    record({ type: 'fault.began', step: number, fault, detail: formatValues(values) });
    const revert = FAULTS[fault].begin(simulation, values, random, forMs ?? 0);
    const next = (): void => {
      if (everyMs === undefined || beganMs + everyMs + (forMs ?? 0) > endMs) return;
      timer = setTimeout(begin, beganMs + everyMs - simulation.clock.now());
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

  /** Waits for the moment at which the fault begins. */
  const arm = ({ on, nth, waitMs }: Trigger): void => {
    stopWaiting = moments.wait(on, nth, () => {
      clearTimeout(timer);
      begin();
    });
    if (waitMs !== undefined) timer = setTimeout(stopWaiting, waitMs);
  };

  timer = setTimeout(() => (trigger ? arm(trigger) : begin()), atMs - simulation.clock.now());
  return () => {
    stopWaiting?.();
    clearTimeout(timer);
    endActive?.();
  };
}

function formatValues(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}
