import { z } from 'zod';

/** A pause may last a day, and no file makes it last longer, nor a clock while the client runs. */
export const MAX_PAUSE_MS = 86_400_000;

/** A time in which the client leaves the scooter alone, by the wall clock of the Pi: milliseconds since 1970. */
export interface Pause {
  /** When it was asked for, or the client last wrote down what is left of it. */
  readonly fromMs: number;
  readonly untilMs: number;
}

const FILE_SCHEMA = z.object({ from: z.iso.datetime(), until: z.iso.datetime() });

/** The file of a pause lies beside the outbox, which belongs to one client alone. */
export function pausePath(outboxPath: string): string {
  return `${outboxPath}.pause`;
}

/** The content of its file, readable for people as well. */
export function encodePause({ fromMs, untilMs }: Pause): string {
  const [from, until] = [fromMs, untilMs].map((ms) => new Date(ms).toISOString());
  return `${JSON.stringify({ from, until })}\n`;
}

/** The pause that a file tells; undefined where that is none, or one that nobody can have asked for. */
export function decodePause(text: string): Pause | undefined {
  const { data } = FILE_SCHEMA.safeParse(parseJson(text));
  if (!data) return undefined;
  const pause: Pause = { fromMs: Date.parse(data.from), untilMs: Date.parse(data.until) };
  const pauseMs = durationMs(pause);
  return pauseMs > 0 && pauseMs <= MAX_PAUSE_MS ? pause : undefined;
}

/**
 * What is left of a pause, in milliseconds; 0 or less when it is over. A Pi without RTC may come up with a clock from
 * before it began: then all of it is left, and not the years in between.
 */
export function remainingPauseMs(pause: Pause, wallMs: number): number {
  return Math.min(pause.untilMs - wallMs, durationMs(pause));
}

function durationMs({ fromMs, untilMs }: Pause): number {
  return untilMs - fromMs;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
