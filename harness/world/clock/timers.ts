import { currentOwner, setCurrentOwner, type Owner } from './timer-owner.ts';
import { PriorityQueue, type Entry } from './priority-queue.ts';

/** Node.js replaces delays outside of this range by 1 ms. */
const MAX_DELAY_MS = 2 ** 31 - 1;
/** More callbacks at the same virtual time are taken for an endless loop. */
const MAX_CALLBACKS_PER_INSTANT = 1_000_000;

/** The result of `setTimeout`, `setInterval` and `setImmediate`, with the methods of a Node.js timer. */
export class VirtualTimer {
  readonly owner: Owner | undefined = currentOwner();
  readonly repeats: boolean;
  readonly delayMs: number;
  /** Its entry in the queue, or its last one. */
  entry: Entry<VirtualTimer> | undefined;
  readonly #timers: VirtualTimers;
  readonly #callback: () => void;
  #isReferenced = true;
  #isClosed = false;

  /** @param delayMs undefined for an immediate, which fires after all timers that are due already. */
  constructor(timers: VirtualTimers, act: () => void, delayMs: number | undefined, repeats: boolean) {
    this.#timers = timers;
    this.#callback = act;
    this.delayMs = delayMs === undefined ? 0 : nodeDelay(delayMs);
    this.repeats = repeats;
  }

  /** @throws what a callback of the world throws; an error in a process crashes that process instead. */
  fire(): void {
    const { owner } = this;
    if (owner?.beginCallback() === false) return;
    setCurrentOwner(owner);
    try {
      this.#callback();
    } catch (error) {
      if (!owner) throw error;
      owner.crash(error);
    }
  }

  /** Has no effect on a cleared timer, as in Node.js. */
  refresh(): this {
    if (!this.#isClosed) this.#timers.arm(this);
    return this;
  }

  close(): this {
    this.#isClosed = true;
    this.#timers.clear(this);
    return this;
  }

  /** Has no effect on the world, which ends with its script, whatever timers are pending. */
  ref(): this {
    this.#isReferenced = true;
    return this;
  }

  unref(): this {
    this.#isReferenced = false;
    return this;
  }

  hasRef(): boolean {
    return this.#isReferenced;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Timers in virtual time. */
export class VirtualTimers {
  readonly #queue = new PriorityQueue<VirtualTimer>();
  #nowMs = 0;
  #callbacksAtInstant = 0;

  /** Milliseconds since the start of the world. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Number of pending timers, of one owner or of all. */
  pending(owner?: Owner): number {
    return owner ? this.#queue.items.filter((timer) => timer.owner === owner).length : this.#queue.size;
  }

  add(act: () => void, delayMs: number | undefined, repeats: boolean): VirtualTimer {
    const timer = new VirtualTimer(this, act, delayMs, repeats);
    // An ended process sets no timers.
    if (timer.owner?.isAlive !== false) this.arm(timer);
    return timer;
  }

  /** Starts a timer, or restarts it with its full delay. */
  arm(timer: VirtualTimer): void {
    this.clear(timer);
    timer.entry = this.#queue.add(timer, this.#nowMs + timer.delayMs);
  }

  clear(timer: VirtualTimer): void {
    if (timer.entry) this.#queue.cancel(timer.entry);
  }

  /** Clears all timers of an owner. */
  clearTimersOf(owner: Owner): void {
    for (const timer of this.#queue.items) if (timer.owner === owner) this.clear(timer);
  }

  /** When the next timer is due; undefined if none is pending. */
  get nextMs(): number | undefined {
    return this.#queue.nextMs;
  }

  /**
   * Moves the clock to the next timer that is due by then, and fires it.
   * @returns false if there is none; the clock is moved to `byMs`.
   * @throws what the callback throws; Error if timers that start each other keep the clock from advancing.
   */
  fireNext(byMs: number): boolean {
    const entry = this.#queue.popDue(byMs);
    if (!entry) {
      this.#moveTo(byMs);
      return false;
    }
    this.#moveTo(entry.dueMs);
    if (++this.#callbacksAtInstant > MAX_CALLBACKS_PER_INSTANT) {
      throw new Error(
        `The virtual clock does not advance beyond ${this.#nowMs} ms: timers start each other in an endless loop`,
      );
    }
    const timer = entry.item;
    if (timer.repeats) this.arm(timer);
    timer.fire();
    return true;
  }

  #moveTo(ms: number): void {
    if (ms <= this.#nowMs) return;
    this.#nowMs = ms;
    this.#callbacksAtInstant = 0;
  }
}

function nodeDelay(ms: number): number {
  return ms >= 1 && ms <= MAX_DELAY_MS ? Math.trunc(ms) : 1;
}
