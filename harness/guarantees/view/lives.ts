import type { EventOf } from '../../world/trace/event.ts';
import type { Span } from './span.ts';

/** One process of the client, from start to end. */
export interface Life extends Span {
  readonly number: number;
  /** Undefined if the trace ends first. */
  readonly end: EventOf<'client.ended'> | undefined;
}

/** Whether a process had no chance to shut down. */
export function endedAbruptly({ end }: Life): boolean {
  return end?.how === 'killed' || end?.how === 'power cut';
}

/** Collects the client processes of a trace. */
export class LifeLog {
  readonly lives: { -readonly [Key in keyof Life]: Life[Key] }[] = [];

  /** The running process. */
  get current(): Life | undefined {
    const last = this.lives.at(-1);
    return last?.end ? undefined : last;
  }

  started({ atMs, life }: EventOf<'client.started'>): void {
    this.lives.push({ number: life, beginMs: atMs, endMs: Infinity, end: undefined });
  }

  ended(event: EventOf<'client.ended'>): void {
    const life = this.lives.findLast(({ number }) => number === event.life);
    if (!life) return;
    life.end = event;
    life.endMs = event.atMs;
  }
}
