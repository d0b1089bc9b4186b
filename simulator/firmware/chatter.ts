import { chunk } from '../../protocol/gatt.ts';

/** Bytes that a scooter sends unasked, and the interval between them. */
interface Source {
  readonly intervalMs: number;
  readonly next: () => Buffer;
}

/** Sends bytes unasked while it is started, each source at its own interval. */
export class Chatter {
  readonly #notify: (bytes: Buffer) => void;
  #due: { readonly source: Source; atMs: number }[] = [];

  constructor(notify: (bytes: Buffer) => void) {
    this.#notify = notify;
  }

  /** Time of the next `onDeadline`; undefined if nothing is to be sent. */
  get deadlineMs(): number | undefined {
    return this.#due.length === 0 ? undefined : Math.min(...this.#due.map(({ atMs }) => atMs));
  }

  start(sources: readonly Source[], nowMs: number): void {
    this.#due = sources.map((source) => ({ source, atMs: nowMs + source.intervalMs }));
  }

  stop(): void {
    this.#due = [];
  }

  onDeadline(nowMs: number): void {
    for (const due of this.#due) {
      if (due.atMs > nowMs) continue;
      due.atMs = nowMs + due.source.intervalMs;
      for (const part of chunk(due.source.next())) this.#notify(part);
    }
  }
}
