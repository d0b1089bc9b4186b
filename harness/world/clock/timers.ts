import { currentOwner, takeTurn, type Owner } from './owner.ts';
import { Queue, type Entry } from './queue.ts';

/** Node.js takes delays outside of this range for 1 ms. */
const MAX_DELAY_MS = 2 ** 31 - 1;
/** So many callbacks without a tick of the clock are a loop that would never end. */
const MAX_AT_ONCE = 1_000_000;

/** What `setTimeout`, `setInterval` and `setImmediate` give out, with the methods of Node.js' own. */
export class VirtualTimer {
  readonly owner: Owner | undefined = currentOwner();
  readonly repeats: boolean;
  readonly delayMs: number;
  /** How it waits, or has waited last. */
  entry: Entry<VirtualTimer> | undefined;
  readonly #timers: VirtualTimers;
  readonly #act: () => void;
  #isReferenced = true;
  #isClosed = false;

  /** @param delayMs undefined: as soon as everything has gone that waits already. */
  constructor(timers: VirtualTimers, act: () => void, delayMs: number | undefined, repeats: boolean) {
    this.#timers = timers;
    this.#act = act;
    this.delayMs = delayMs === undefined ? 0 : nodeDelay(delayMs);
    this.repeats = repeats;
  }

  /** @throws what the callback throws where it belongs to the world; else that is its owner's crash. */
  fire(): void {
    const { owner } = this;
    if (owner?.isAlive === false) return;
    takeTurn(owner);
    try {
      this.#act();
    } catch (error) {
      if (!owner) throw error;
      owner.crash(error);
    }
  }

  /** Without effect once it is cleared, as in Node.js. */
  refresh(): this {
    if (!this.#isClosed) this.#timers.arm(this);
    return this;
  }

  close(): this {
    this.#isClosed = true;
    this.#timers.clear(this);
    return this;
  }

  /** Without effect: a world ends with its script, whatever still waits. */
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

/** Timers that wait for a time which passes only when it is told to. */
export class VirtualTimers {
  readonly #queue = new Queue<VirtualTimer>();
  #nowMs = 0;
  #atOnce = 0;

  /** Milliseconds since the world began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** How many wait, of one owner or of all. */
  pending(owner?: Owner): number {
    return owner ? this.#queue.items.filter((timer) => timer.owner === owner).length : this.#queue.size;
  }

  add(act: () => void, delayMs: number | undefined, repeats: boolean): VirtualTimer {
    const timer = new VirtualTimer(this, act, delayMs, repeats);
    // What has ended sets nothing off any more.
    if (timer.owner?.isAlive !== false) this.arm(timer);
    return timer;
  }

  /** Lets a timer wait for its whole delay from now. */
  arm(timer: VirtualTimer): void {
    this.clear(timer);
    timer.entry = this.#queue.add(timer, this.#nowMs + timer.delayMs);
  }

  clear(timer: VirtualTimer): void {
    if (timer.entry) this.#queue.callOff(timer.entry);
  }

  /** Clears whatever an owner has set. */
  clearAllOf(owner: Owner): void {
    for (const timer of this.#queue.items) if (timer.owner === owner) this.clear(timer);
  }

  /** When the next one is due; undefined where none waits. */
  get nextMs(): number | undefined {
    return this.#queue.nextMs;
  }

  /**
   * Fires the next timer that is due by then, and moves the clock there.
   * @returns false, and the clock moved to `byMs`, where there is none.
   * @throws what the callback throws; Error where the clock stands still because of timers that set each other off.
   */
  fireNext(byMs: number): boolean {
    const entry = this.#queue.takeDue(byMs);
    if (!entry) {
      this.#moveTo(byMs);
      return false;
    }
    this.#moveTo(entry.dueMs);
    if (++this.#atOnce > MAX_AT_ONCE) {
      throw new Error(`The clock stands still at ${this.#nowMs} ms: timers set each other off without end`);
    }
    const timer = entry.item;
    if (timer.repeats) this.arm(timer);
    timer.fire();
    return true;
  }

  #moveTo(ms: number): void {
    if (ms <= this.#nowMs) return;
    this.#nowMs = ms;
    this.#atOnce = 0;
  }
}

function nodeDelay(ms: number): number {
  return ms >= 1 && ms <= MAX_DELAY_MS ? Math.trunc(ms) : 1;
}
