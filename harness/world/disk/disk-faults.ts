import { DiskError } from './disk-error.ts';

/** Error messages by the error code of the operating system. */
const ERROR_MESSAGES = {
  ENOSPC: 'No space left on device',
  EIO: 'Input/output error',
  EROFS: 'Read-only file system',
  ENOENT: 'No such file or directory',
} as const;

/** A fault of the disk, and the stage at which a write fails. */
export interface DiskFault {
  readonly code: keyof typeof ERROR_MESSAGES;
  /** `write` (the default) leaves a torn record, `sync` a complete record that is not synced. */
  readonly at?: 'write' | 'sync';
  /** Number of the first event that fails; by default the next one. */
  readonly from?: number;
  /** Whether reads fail as well. */
  readonly reads?: boolean;
}

/** Interval at which a delayed operation checks whether the disk is still slow. */
const POLL_MS = 1_000;

/** The faults and delays of a disk at present. */
export class DiskFaults {
  /** The latest one applies. */
  #faults: readonly DiskFault[] = [];
  /** The longest one applies. */
  #delays: readonly { readonly ms: number }[] = [];

  /** Adds a fault; returns a function that ends it. */
  fail(fault: DiskFault): () => void {
    this.#faults = [...this.#faults, fault];
    return () => (this.#faults = this.#faults.filter((other) => other !== fault));
  }

  /** Delays every operation; returns a function that ends this. */
  slow(ms: number): () => void {
    const added = { ms };
    this.#delays = [...this.#delays, added];
    return () => (this.#delays = this.#delays.filter((other) => other !== added));
  }

  /** Ends all faults and delays. */
  heal(): void {
    this.#faults = [];
    this.#delays = [];
  }

  /** The error of the event with a number, whatever its kind. */
  errorAt(number: number): DiskError | undefined {
    const fault = this.#faults.at(-1);
    if (!fault || number < (fault.from ?? 0)) return undefined;
    return new DiskError('LEVEL_IO_ERROR', ERROR_MESSAGES[fault.code]);
  }

  /** The error of a write, or of its sync. */
  writeErrorAt(number: number, kind: 'write' | 'sync'): DiskError | undefined {
    return (this.#faults.at(-1)?.at ?? 'write') === kind ? this.errorAt(number) : undefined;
  }

  /** The error of a read before the event with a number. */
  readErrorAt(number: number): DiskError | undefined {
    return this.#faults.some(({ reads }) => reads) ? this.errorAt(number) : undefined;
  }

  /** Waits until the delay has passed, or has ended; undefined if there is none. */
  delay(): Promise<void> | undefined {
    return this.#delays.length > 0 ? this.#waitOut() : undefined;
  }

  async #waitOut(): Promise<void> {
    for (let waitedMs = 0; ; waitedMs += POLL_MS) {
      const leftMs = Math.max(0, ...this.#delays.map(({ ms }) => ms)) - waitedMs;
      if (leftMs <= 0) return;
      await new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, POLL_MS)));
    }
  }
}
