/** Hands packets on in order, each in a macrotask of its own: two in one crash noble. */
export class OneAtATime {
  readonly #handOn: (packet: Buffer) => void;
  readonly #onLast: () => void;
  readonly #waiting: Buffer[] = [];
  #next: NodeJS.Immediate | undefined;

  /** @param onLast called when no more packets wait, before the last one is handed on. */
  constructor(handOn: (packet: Buffer) => void, onLast: () => void = () => undefined) {
    this.#handOn = handOn;
    this.#onLast = onLast;
  }

  /** Whether packets wait. */
  get isBusy(): boolean {
    return this.#waiting.length > 0;
  }

  push(packet: Buffer): void {
    this.#waiting.push(packet);
    this.#next ??= setImmediate(this.#turn);
  }

  /** Drops what waits. */
  clear(): void {
    clearImmediate(this.#next);
    this.#next = undefined;
    this.#waiting.length = 0;
  }

  readonly #turn = (): void => {
    const packet = this.#waiting.shift();
    this.#next = this.isBusy ? setImmediate(this.#turn) : undefined;
    if (!this.#next) this.#onLast();
    if (packet) this.#handOn(packet);
  };
}
