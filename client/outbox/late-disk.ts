import { ClientError } from '../errors.ts';
import type { Bounds, Now } from './bounds.ts';
import type { Store } from './layout.ts';
import { openStore, takesWrites, type StorePlace } from './rescues.ts';

/** What samples in memory may take of it, whatever they might take of a disk. */
const MAX_BYTES_IN_MEMORY = 16_000_000;

/** From one look at a disk that takes nothing to the next one, at least. */
const PROBE_PAUSE_MS = 2_000;
/** As long as this where it takes something, but the store does not open, or belongs to another process. */
const OPENING_PAUSE_MS = 60_000;

export interface LateDiskOptions extends StorePlace {
  readonly bounds: Bounds;
  readonly now: () => Now;
}

/** A disk that did not work when the process started: memory holds the samples until it does. */
export class LateDisk {
  readonly #options: LateDiskOptions;
  #pausedUntilMs = -Infinity;
  #isLockTold = false;

  constructor(options: LateDiskOptions) {
    this.#options = options;
    this.#pause(PROBE_PAUSE_MS);
  }

  /** Of what memory holds. */
  get memoryBounds(): Bounds {
    const { bounds } = this.#options;
    return { ...bounds, maxBytes: Math.min(bounds.maxBytes, MAX_BYTES_IN_MEMORY) };
  }

  /** Opens the store for `takeUp`, if the disk works by now and the last look is long enough ago. Never fails. */
  async open(takeUp: (store: Store) => Promise<void>): Promise<void> {
    const { room, path, now } = this.#options;
    if (now().atMs < this.#pausedUntilMs) return;
    const works = (): Promise<boolean> => takesWrites(room, path);
    if (!(await works())) this.#pause(PROBE_PAUSE_MS);
    else if (!(await this.#openStore(takeUp))) {
      this.#pause((await works()) ? OPENING_PAUSE_MS : PROBE_PAUSE_MS);
    }
  }

  /** Everything that memory has held is on the disk now. */
  reached(): void {
    const { path, log } = this.#options;
    log.info({ path }, 'the disk works again: samples are stored on it');
  }

  async #openStore(takeUp: (store: Store) => Promise<void>): Promise<boolean> {
    const { path, log } = this.#options;
    try {
      const isOpen = await openStore(this.#options, async (store) => {
        await takeUp(store);
        return true;
      });
      return isOpen === true;
    } catch (error) {
      const isLocked = error instanceof ClientError && error.code === 'already_running';
      if (!isLocked || !this.#isLockTold) log.error({ err: error, path }, 'samples stay in memory');
      this.#isLockTold ||= isLocked;
      return false;
    }
  }

  #pause(ms: number): void {
    this.#pausedUntilMs = this.#options.now().atMs + ms;
  }
}
