import { ENCRYPTED_FRAME } from '../../protocol/encrypted-frame.ts';
import { MAX_LENGTH } from '../../protocol/frame.ts';
import { ATT_PAYLOAD_BYTES } from '../../protocol/gatt.ts';

/**
 * Number of notifications that may postpone one retransmission: those of a frame of maximum length, so that notifications
 * that belong to no reply do not postpone it for long.
 */
const MAX_POSTPONEMENTS = Math.ceil((MAX_LENGTH + ENCRYPTED_FRAME.overheadBytes) / ATT_PAYLOAD_BYTES);

export interface RetransmissionOptions {
  /** The longest wait for a reply, or for its next part. */
  readonly intervalMs: number;
  /** The longest wait while nothing arrives; forever by default. */
  readonly silenceMs: number | undefined;
  readonly retransmit: () => void;
  readonly onSilence: (silenceMs: number) => void;
}

/** Decides when to retransmit a request, and when its scooter is silent. */
export class Retransmission {
  readonly #options: RetransmissionOptions;
  readonly #silence: NodeJS.Timeout | undefined;
  readonly #interval: NodeJS.Timeout;
  #postponements = 0;
  /** When the current wait for anything began, and a timer for its end if parts of another reply have prolonged it. */
  #silentSinceMs = performance.now();
  #unprolonged: NodeJS.Timeout | undefined;
  /** Whether the last bytes that have arrived are a part of a reply, or damaged. */
  #isIncomplete = false;

  constructor(options: RetransmissionOptions) {
    const { intervalMs, silenceMs } = options;
    this.#options = options;
    // Created before the other timer, which would retransmit a request that is given up.
    if (silenceMs !== undefined) this.#silence = setTimeout(() => this.#onSilence(silenceMs), silenceMs);
    this.#interval = setInterval(() => this.#retransmit(), intervalMs);
  }

  /** Postpones the retransmission, which would discard the part of a reply that has arrived. */
  notified(): void {
    if (this.#postponements++ < MAX_POSTPONEMENTS) this.#interval.refresh();
  }

  /** Notes bytes that complete no reply, because more follow or they are damaged: the scooter is not silent. */
  incomplete(): void {
    this.#isIncomplete = true;
    clearTimeout(this.#unprolonged);
    this.#silence?.refresh();
  }

  /**
   * Notes a reply, to whichever request: the bytes before it were its parts, or belong to requests before this one. They do not
   * prolong the wait: a scooter that answers with other registers than requested is silent as well.
   */
  completed(): void {
    const { silenceMs } = this.#options;
    if (!this.#isIncomplete || silenceMs === undefined) return;
    this.#isIncomplete = false;
    const remainingMs = Math.max(0, this.#silentSinceMs + silenceMs - performance.now());
    this.#unprolonged = setTimeout(() => this.#onSilence(silenceMs), remainingMs);
  }

  stop(): void {
    clearTimeout(this.#silence);
    clearTimeout(this.#unprolonged);
    clearInterval(this.#interval);
  }

  /** Retransmits once more if the last reply was damaged. */
  #onSilence(silenceMs: number): void {
    if (!this.#isIncomplete) {
      this.#options.onSilence(silenceMs);
      return;
    }
    this.#isIncomplete = false;
    this.#silentSinceMs = performance.now();
    this.#silence?.refresh();
    this.#interval.refresh();
    this.#retransmit();
  }

  #retransmit(): void {
    this.#postponements = 0;
    this.#options.retransmit();
  }
}
