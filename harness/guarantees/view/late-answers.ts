import type { EventOf } from '../../world/trace/event.ts';
import { parameterOf } from './fault-spans.ts';

interface LateSpan {
  readonly step: number;
  readonly beginMs: number;
  endMs: number;
  readonly byMs: number;
}

/** The times in which the scooter answers reads late: when a reply is sent tells when the read has reached it. */
export class LateAnswers {
  readonly #spans: LateSpan[] = [];

  began(event: EventOf<'fault.began'>): void {
    const { step, atMs: beginMs } = event;
    this.#spans.push({ step, beginMs, endMs: Infinity, byMs: Number(parameterOf(event, 'by')) });
  }

  ended({ step, atMs }: EventOf<'fault.ended'>): void {
    for (const span of this.#spans) if (span.step === step) span.endMs = atMs;
  }

  /** When the read may have reached the scooter to which it sends a reply at a time. */
  askedMs(sentMs: number): number {
    const late = this.#spans.findLast(
      ({ beginMs, endMs, byMs }) => beginMs <= sentMs - byMs && sentMs - byMs <= endMs,
    );
    return sentMs - (late?.byMs ?? 0);
  }
}
