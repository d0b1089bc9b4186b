import type { Logger } from '../log.ts';
import { countOf, including, type Ranges } from '../ranges.ts';
import type { DropReason, SampleId } from './stored-sample.ts';

/** Minimum interval between log lines. */
const INTERVAL_MS = 60_000;
/** Maximum number of ranges in a log line; `<base>/health` has all of them. */
const LISTED_RANGES = 10;

/** Logs dropped samples and the reasons: immediately, or combined if the last line was logged recently. */
export class DropLog {
  readonly #log: Logger;
  /** By reason and process start. */
  #pending = new Map<string, Ranges>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

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

  /** Logs the drops that are not logged yet; later ones are logged immediately. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.size > 0) this.#write();
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
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#pending.size > 0) this.#write();
    }, INTERVAL_MS);
  }
}
