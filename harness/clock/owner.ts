import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<Owner | undefined>();

/**
 * A process in a world that it shares with others: whatever it sets off is its own, through timers and promises, until
 * it ends. What belongs to nobody belongs to the world.
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
    if (this.#isAlive) current.run(undefined, () => this.#onCrash(error));
  }

  /** From now on nothing of it runs any more. */
  end(): void {
    this.#isAlive = false;
  }
}

/** Whose code is running. */
export function currentOwner(): Owner | undefined {
  return current.getStore();
}

/** Runs what belongs to `owner`, or to the world; nothing once the owner has ended. What it throws is the owner's crash. */
export function asOwner(owner: Owner | undefined, act: () => void): void {
  if (owner && !owner.isAlive) return;
  if (current.getStore() === owner) act();
  else if (owner) current.run(owner, () => guarded(owner, act));
  else current.run(undefined, act);
}

function guarded(owner: Owner, act: () => void): void {
  try {
    act();
  } catch (error) {
    owner.crash(error);
  }
}

/** Runs what belongs to the world, though a process has set it off. */
export function asWorld<T>(act: () => T): T {
  return current.getStore() === undefined ? act() : current.run(undefined, act);
}
