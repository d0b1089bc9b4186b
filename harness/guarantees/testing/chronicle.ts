import { EPOCH } from '../../world/clock/clock.ts';
import type { FaultName } from '../../scenario/faults/table.ts';
import type { Happening, TraceEvent } from '../../world/trace/event.ts';

/** What a clock on the wall shows so many milliseconds after a world began, ISO 8601. */
export function wallTime(ms: number): string {
  return new Date(EPOCH.getTime() + ms).toISOString();
}

/** A trace that is written as time goes by, with the faults in it. */
export class Chronicle {
  nowMs = 0;
  readonly #told: TraceEvent[] = [];
  #step = 0;

  /** Everything so far, in order. */
  get events(): readonly TraceEvent[] {
    return this.#told.toSorted((a, b) => a.atMs - b.atMs);
  }

  tell(happening: Happening, afterMs = 0): void {
    this.#told.push({ ...happening, atMs: this.nowMs + afterMs });
  }

  /** @returns the number of the step, by which it ends. */
  begin(fault: FaultName): number {
    this.tell({ type: 'fault.began', step: ++this.#step, fault, detail: '' });
    return this.#step;
  }

  end(step: number): void {
    const fault = this.#told.find((event) => event.type === 'fault.began' && event.step === step);
    if (fault?.type === 'fault.began') this.tell({ type: 'fault.ended', step, fault: fault.fault });
  }
}
