/** Whose code runs; what belongs to nobody belongs to the world. */
let current: Owner | undefined;

/**
 * A process in a world that it shares with others: whatever it sets off is its own until it ends. The clock fires one
 * callback after the other and settles promises and ticks in between, so that all of a callback's consequences are its
 * owner's; whoever hands something from one owner to another does so by a callback of the other's.
 */
export class Owner {
  readonly #onCrash: (error: unknown) => void;
  #isAlive = true;

  /** @param onCrash hears of an error that nothing in the process has caught. */
  constructor(onCrash: (error: unknown) => void) {
    this.#onCrash = onCrash;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Something in it was thrown that nothing in it has caught. */
  crash(error: unknown): void {
    if (this.#isAlive) asOwner(undefined, () => this.#onCrash(error));
  }

  /** From now on nothing of it runs any more. */
  end(): void {
    this.#isAlive = false;
  }
}

export function currentOwner(): Owner | undefined {
  return current;
}

/** The clock's: from now on it is this owner's turn. */
export function takeTurn(owner: Owner | undefined): void {
  current = owner;
}

/** Runs `act` in the name of `owner`, or of the world: timers that it sets belong there. */
export function asOwner<T>(owner: Owner | undefined, act: () => T): T {
  const before = current;
  current = owner;
  try {
    return act();
  } finally {
    current = before;
  }
}

/** Runs what belongs to the world, though a process has set it off. */
export function asWorld<T>(act: () => T): T {
  return asOwner(undefined, act);
}

/** Hands something over: `act` runs in a turn of the owner's own, and not at all once that has ended. */
export function handOver(owner: Owner | undefined, act: () => void): void {
  asOwner(owner, () => setImmediate(act));
}
