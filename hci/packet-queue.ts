/** Delivers packets in order, each in its own macrotask: two packets in one macrotask crash noble. */
export class PacketQueue {
  readonly #deliver: (packet: Buffer) => void;
  readonly #onEmpty: () => void;
  readonly #packets: Buffer[] = [];
  #next: NodeJS.Immediate | undefined;

  /** @param onEmpty called when the queue becomes empty, before the last packet is delivered. */
  constructor(deliver: (packet: Buffer) => void, onEmpty: () => void = () => undefined) {
    this.#deliver = deliver;
    this.#onEmpty = onEmpty;
  }

  /** Whether packets are queued. */
  get hasPackets(): boolean {
    return this.#packets.length > 0;
  }

  push(packet: Buffer): void {
    this.#packets.push(packet);
    this.#next ??= setImmediate(this.#deliverNext);
  }

  /** Discards the queued packets. */
  clear(): void {
    clearImmediate(this.#next);
    this.#next = undefined;
    this.#packets.length = 0;
  }

  readonly #deliverNext = (): void => {
    const packet = this.#packets.shift();
    this.#next = this.hasPackets ? setImmediate(this.#deliverNext) : undefined;
    if (!this.#next) this.#onEmpty();
    if (packet) this.#deliver(packet);
  };
}
