/** The owner of the code that runs; undefined for the world. */
let current: Owner | undefined;

/**
 * A virtual process, which owns the timers that its code sets, directly or indirectly, until it ends. The clock fires
 * one callback at a time, and promises and ticks settle in between, so everything that a callback causes belongs to the
 * same owner. To pass something to another owner, schedule a callback for it.
 */
export class Owner {
  readonly #onCrash: (error: unknown) => void;
  readonly #onCallback: () => void;
  #isAlive = true;

  /**
   * @param onCrash is called with an uncaught error of the process.
   * @param onCallback is called before each callback of the process, which it may end.
   */
  constructor(onCrash: (error: unknown) => void, onCallback: () => void = () => undefined) {
    this.#onCrash = onCrash;
    this.#onCallback = onCallback;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Has to be called before each callback. @returns whether it may run */
  beginCallback(): boolean {
    if (this.#isAlive) this.#onCallback();
    return this.#isAlive;
  }

  /** Reports an uncaught error. */
  crash(error: unknown): void {
    if (this.#isAlive) runAs(undefined, () => this.#onCrash(error));
  }

  /** Ends the process: none of its callbacks runs any more. */
  end(): void {
    this.#isAlive = false;
  }
}

export function currentOwner(): Owner | undefined {
  return current;
}

/** Sets the owner of the code that runs next; for the clock only. */
export function setCurrentOwner(owner: Owner | undefined): void {
  current = owner;
}

/** Runs `act` as the code of `owner`, which owns the timers that it sets. */
export function runAs<T>(owner: Owner | undefined, act: () => T): T {
  const before = current;
  current = owner;
  try {
    return act();
  } finally {
    current = before;
  }
}

/** Runs `act` as the code of the world, although a process has caused it. */
export function runAsWorld<T>(act: () => T): T {
  return runAs(undefined, act);
}

/** Schedules `act` as a callback of `owner`; it does not run if the owner has ended by then. */
export function scheduleFor(owner: Owner | undefined, act: () => void): void {
  runAs(owner, () => setImmediate(act));
}
