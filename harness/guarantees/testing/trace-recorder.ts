import { EPOCH } from '../../world/clock/clock.ts';
import type { FaultName } from '../../scenario/faults/table.ts';
import type { EventContent, TraceEvent } from '../../world/trace/event.ts';

/** Wall-clock time at a virtual time, ISO 8601. */
export function wallTime(ms: number): string {
  return new Date(EPOCH.getTime() + ms).toISOString();
}

/** Records events and faults with the current virtual time. */
export class TraceRecorder {
  nowMs = 0;
  readonly #events: TraceEvent[] = [];
  #step = 0;

  /** Recorded events in order of time. */
  get events(): readonly TraceEvent[] {
    return this.#events.toSorted((a, b) => a.atMs - b.atMs);
  }

  record(content: EventContent, afterMs = 0): void {
    this.#events.push({ ...content, atMs: this.nowMs + afterMs });
  }

  /** Starts a fault. @returns its step number, for {@link endFault} */
  /** @param detail its parameters, as `samples one` */
  beginFault(fault: FaultName, detail = ''): number {
    this.record({ type: 'fault.began', step: ++this.#step, fault, detail });
    return this.#step;
  }

  endFault(step: number): void {
    const fault = this.#events.find((event) => event.type === 'fault.began' && event.step === step);
    if (fault?.type === 'fault.began') this.record({ type: 'fault.ended', step, fault: fault.fault });
  }
}
