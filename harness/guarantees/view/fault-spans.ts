import type { EventOf } from '../../world/trace/event.ts';
import type { Span } from './span.ts';

/** A fault and the span of time in which it was active. */
export interface FaultSpan extends Span {
  readonly step: number;
  readonly fault: string;
  /** Its parameters, as `samples one`. */
  readonly detail: string;
}

/** A parameter of a fault, as text in milliseconds, bytes and the like; undefined if it has none of this name. */
export function parameterOf({ detail }: Pick<FaultSpan, 'detail'>, name: string): string | undefined {
  const found = detail.split(', ').find((parameter) => parameter.startsWith(`${name} `));
  return found?.slice(name.length + 1);
}

/** Collects the faults of a trace. A fault without a duration has no end event. */
export class FaultLog {
  readonly spans: { step: number; fault: string; detail: string; beginMs: number; endMs: number }[] = [];

  began({ atMs, step, fault, detail }: EventOf<'fault.began'>): void {
    this.spans.push({ step, fault, detail, beginMs: atMs, endMs: atMs });
  }

  ended({ atMs, step }: EventOf<'fault.ended'>): void {
    const span = this.spans.findLast((begun) => begun.step === step);
    if (span) span.endMs = atMs;
  }
}
