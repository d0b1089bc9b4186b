interface AutoEnableOptions {
  /** Whether the adapter is plugged in, and neither powered on nor used by a program. */
  readonly isFree: () => boolean;
  readonly powerOn: () => void;
}

/**
 * Powers an adapter on whenever it is free, as bluetoothd does with AutoEnable, its default. More persistent than
 * bluetoothd, which leaves an adapter alone that another program has powered off.
 */
export class AutoEnable {
  readonly #options: AutoEnableOptions;
  /** Delays of the running services, oldest first. */
  readonly #services = new Set<{ readonly delayMs: number }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AutoEnableOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#services.size > 0;
  }

  /** Starts a service, which powers on a free adapter at once. @returns stops it */
  start(delayMs: number): () => void {
    const service = { delayMs };
    this.#services.add(service);
    if (this.#options.isFree()) this.#options.powerOn();
    return () => {
      this.#services.delete(service);
      if (!this.isRunning) clearTimeout(this.#timer);
    };
  }

  /** Call it when the adapter may have become free. */
  onFree(): void {
    clearTimeout(this.#timer);
    const newest = [...this.#services].at(-1);
    if (!newest || !this.#options.isFree()) return;
    this.#timer = setTimeout(() => {
      if (this.#options.isFree()) this.#options.powerOn();
    }, newest.delayMs);
  }
}
