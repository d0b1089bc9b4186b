import type { Logger } from '../log.ts';
import { countOf, including, type Ranges } from '../ranges.ts';
import type { DropReason, SampleId } from './stored-sample.ts';

/** At most one line in this time. */
const INTERVAL_MS = 60_000;
/** More ranges than this are not listed: `<base>/health` has them. */
const LISTED_RANGES = 10;

/** Logs which samples are dropped, and why: at once, or together with those that follow soon after others. */
export class DropLog {
  readonly #log: Logger;
  /** By reason and process start. */
  #pending = new Map<string, Ranges>();
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  note(ids: readonly SampleId[], reason: DropReason): void {
    for (const { bootId, seq } of ids) {
      const kind = `${reason}: ${bootId}`;
      this.#pending.set(kind, including(this.#pending.get(kind) ?? [], seq));
    }
    if (!this.#timer) this.#write();
  }

  /** Logs what is left. */
  close(): void {
    clearTimeout(this.#timer);
    if (this.#pending.size > 0) this.#write();
    clearTimeout(this.#timer);
  }

  #write(): void {
    const ranges = [...this.#pending].flatMap(([kind, list]) =>
      list.map(([from, to]) => `${kind} ${from === to ? from : `${from}-${to}`}`),
    );
    const count = [...this.#pending.values()].reduce((sum, list) => sum + countOf(list), 0);
    this.#pending = new Map();
    this.#log.warn(
      { count, ranges: ranges.slice(0, LISTED_RANGES) },
      `dropped ${count} ${count === 1 ? 'sample' : 'samples'}`,
    );
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#pending.size > 0) this.#write();
    }, INTERVAL_MS);
  }
}
