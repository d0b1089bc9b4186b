/** Hands packets on in order, each in a macrotask of its own: two in one crash noble. */
export class PacketQueue {
  readonly #deliver: (packet: Buffer) => void;
  readonly #onEmpty: () => void;
  readonly #waiting: Buffer[] = [];
  #next: NodeJS.Immediate | undefined;

  /** @param onEmpty called when no more packets wait, before the last one is handed on. */
  constructor(deliver: (packet: Buffer) => void, onEmpty: () => void = () => undefined) {
    this.#deliver = deliver;
    this.#onEmpty = onEmpty;
  }

  /** Whether packets wait. */
  get hasPackets(): boolean {
    return this.#waiting.length > 0;
  }

  push(packet: Buffer): void {
    this.#waiting.push(packet);
    this.#next ??= setImmediate(this.#deliverNext);
  }

  /** Drops what waits. */
  clear(): void {
    clearImmediate(this.#next);
    this.#next = undefined;
    this.#waiting.length = 0;
  }

  readonly #deliverNext = (): void => {
    const packet = this.#waiting.shift();
    this.#next = this.hasPackets ? setImmediate(this.#deliverNext) : undefined;
    if (!this.#next) this.#onEmpty();
    if (packet) this.#deliver(packet);
  };
}
