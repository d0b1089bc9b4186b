import { EPOCH } from '../../world/clock/clock.ts';
import type { FaultName } from '../../scenario/faults/table.ts';
import type { Happening, TraceEvent } from '../../world/trace/event.ts';

/** What a clock on the wall shows so many milliseconds after a world began, ISO 8601. */
export function wallTime(ms: number): string {
  return new Date(EPOCH.getTime() + ms).toISOString();
}

/** A trace that is written as time goes by, with the faults in it. */
export class TraceRecorder {
  nowMs = 0;
  readonly #events: TraceEvent[] = [];
  #step = 0;

  /** Everything so far, in order. */
  get events(): readonly TraceEvent[] {
    return this.#events.toSorted((a, b) => a.atMs - b.atMs);
  }

  record(happening: Happening, afterMs = 0): void {
    this.#events.push({ ...happening, atMs: this.nowMs + afterMs });
  }

  /** @returns the number of the step, by which it ends. */
  beginFault(fault: FaultName): number {
    this.record({ type: 'fault.began', step: ++this.#step, fault, detail: '' });
    return this.#step;
  }

  endFault(step: number): void {
    const fault = this.#events.find((event) => event.type === 'fault.began' && event.step === step);
    if (fault?.type === 'fault.began') this.record({ type: 'fault.ended', step, fault: fault.fault });
  }
}
