import { z } from 'zod';
import type { Uptime } from '../uptime.ts';

/** Maximum length of a pause: a day. Neither its file nor a clock change can exceed it. */
export const MAX_PAUSE_MS = 86_400_000;

/** A period without connections to the scooter, in milliseconds since 1970 by the Pi's clock. */
export interface Pause {
  /** When the pause was requested, or the client last saved its remaining time. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** The uptime at `fromMs`, if it is known. */
  readonly uptime?: Uptime | undefined;
}

const FILE_SCHEMA = z.object({
  from: z.iso.datetime(),
  until: z.iso.datetime(),
  boot: z.string().optional(),
  uptime_sec: z.number().optional(),
});

/** Returns the path of the pause file: next to the outbox, which belongs to a single client. */
export function pausePath(outboxPath: string): string {
  return `${outboxPath}.pause`;
}

/** Encodes a pause as the text of its file, in ISO 8601 for human readers. */
export function encodePause({ fromMs, untilMs, uptime }: Pause): string {
  const [from, until] = [fromMs, untilMs].map((ms) => new Date(ms).toISOString());
  const since = uptime && { boot: uptime.boot, uptime_sec: uptime.ms / 1000 };
  return `${JSON.stringify({ from, until, ...since })}\n`;
}

/** Decodes the text of a pause file; undefined if it is invalid or longer than `MAX_PAUSE_MS`. */
export function decodePause(text: string): Pause | undefined {
  const { data } = FILE_SCHEMA.safeParse(parseJson(text));
  if (!data) return undefined;
  const { from, until, boot, uptime_sec: uptimeS } = data;
  const uptime = boot !== undefined && uptimeS !== undefined && { boot, ms: uptimeS * 1000 };
  const pause: Pause = { fromMs: Date.parse(from), untilMs: Date.parse(until), ...(uptime && { uptime }) };
  const pauseMs = durationMs(pause);
  return pauseMs > 0 && pauseMs <= MAX_PAUSE_MS ? pause : undefined;
}

/**
 * Returns the remaining time of a pause in milliseconds; 0 or less when it is over. The wall clock counts only if the pause is
 * from an earlier boot, or its uptime is unknown. A Pi without RTC may boot with a clock from before the pause: then the
 * remaining time is its length, not the years in between.
 */
export function remainingPauseMs(pause: Pause, wallMs: number, uptime?: Uptime): number {
  const elapsedMs = uptime && uptime.boot === pause.uptime?.boot ? uptime.ms - pause.uptime.ms : -1;
  if (elapsedMs >= 0) return durationMs(pause) - elapsedMs;
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
