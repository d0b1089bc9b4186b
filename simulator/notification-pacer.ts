/** Sends notifications in order, with a minimum interval between them, as a scooter with a busy dashboard does. */
export class NotificationPacer {
  /** 0 sends each notification at once. */
  intervalMs = 0;
  readonly #queue: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** Calls `send` when the interval since the previous notification has passed. An empty one follows at once. */
  push(send: () => void, isEmpty: boolean): void {
    const last = this.#queue.at(-1);
    if (isEmpty && last) {
      this.#queue[this.#queue.length - 1] = () => {
        last();
        send();
      };
      return;
    }
    if (this.intervalMs === 0 && !this.#timer) {
      send();
      return;
    }
    this.#queue.push(send);
    this.#timer ??= setTimeout(this.#sendNext, this.intervalMs);
  }

  /** Discards the notifications that wait. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue.length = 0;
  }

  readonly #sendNext = (): void => {
    this.#timer = undefined;
    this.#queue.shift()?.();
    if (this.#queue.length > 0) this.#timer = setTimeout(this.#sendNext, this.intervalMs);
  };
}
