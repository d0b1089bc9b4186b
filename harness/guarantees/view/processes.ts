import { EXIT } from '../exit-codes.ts';
import type { EventOf } from '../../world/trace/event.ts';
import type { Span } from './span.ts';

/** One process of the client, from start to end. */
export interface ProcessSpan extends Span {
  readonly number: number;
  /** Undefined if the trace ends first. */
  readonly end: EventOf<'client.ended'> | undefined;
}

/** Whether a process had no chance to shut down. */
export function endedAbruptly({ end }: ProcessSpan): boolean {
  return end?.how === 'killed' || end?.how === 'power cut' || end?.code === EXIT.forced;
}

/** Collects the client processes of a trace. */
export class ProcessLog {
  readonly processes: { -readonly [Key in keyof ProcessSpan]: ProcessSpan[Key] }[] = [];

  /** The running process. */
  get current(): ProcessSpan | undefined {
    const last = this.processes.at(-1);
    return last?.end ? undefined : last;
  }

  started({ atMs, life }: EventOf<'client.started'>): void {
    this.processes.push({ number: life, beginMs: atMs, endMs: Infinity, end: undefined });
  }

  ended(event: EventOf<'client.ended'>): void {
    const process = this.processes.findLast(({ number }) => number === event.life);
    if (!process) return;
    process.end = event;
    process.endMs = event.atMs;
  }
}
