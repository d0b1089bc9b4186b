import type { CountEvent } from './sometimes-event.ts';

/**
 * Counts log lines that contain a text. No guarantee relies on the log of the client; here it is evidence, because it says
 * which path the client has taken.
 */
export function logged(text: string): CountEvent {
  return ({ outputs }) =>
    outputs.filter((output) => output.type === 'log' && output.message.includes(text)).length;
}

/** Counts processes of the client that exited with a code before the end of the scenario. */
export function exits(code: number): CountEvent {
  return ({ processes, endMs }) =>
    processes.filter(({ end }) => end?.how === 'exit' && end.code === code && end.atMs < endMs).length;
}
