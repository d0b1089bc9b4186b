/** A message whose acknowledgement is awaited. */
export interface InFlightMessage {
  readonly topic: string;
  readonly fail: (reason: Error) => void;
}

/** The message that was not acknowledged in time. */
export interface Overdue {
  readonly topic: string;
  /** Whether other messages were acknowledged meanwhile. */
  readonly othersAcknowledged: boolean;
}

export interface InFlightOptions {
  /** Maximum time without an acknowledgement of the oldest message. */
  readonly timeoutMs: number;
  readonly onOverdue: (overdue: Overdue) => void;
}

/**
 * The unacknowledged messages of one connection. Brokers acknowledge in order (MQTT 5, section 4.6), so the oldest one is
 * timed: a broker that forgets it is found out even if it answers pings and acknowledges others.
 */
export class InFlight {
  readonly #options: InFlightOptions;
  /** Oldest first; not a Set, which would retain memory after a long backlog. */
  #messages: InFlightMessage[] = [];
  #timer: NodeJS.Timeout | undefined;
  #acknowledged = 0;
  /** Number of acknowledgements when the oldest message became the oldest. */
  #acknowledgedBefore = 0;

  constructor(options: InFlightOptions) {
    this.#options = options;
  }

  /** Number of messages that were acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  add(message: InFlightMessage): void {
    this.#messages.push(message);
    if (this.#messages.length === 1) this.#timeOldest();
  }

  /** Removes a message that the broker has acknowledged. */
  acknowledge(message: InFlightMessage): void {
    const at = this.#messages.indexOf(message);
    if (at < 0) return;
    this.#messages.splice(at, 1);
    this.#acknowledged += 1;
    if (at === 0) this.#timeOldest();
  }

  /** Fails all messages. */
  fail(reason: Error): void {
    const messages = this.#messages;
    this.#messages = [];
    this.#timeOldest();
    for (const message of messages) message.fail(reason);
  }

  #timeOldest(): void {
    this.#acknowledgedBefore = this.#acknowledged;
    if (this.#messages.length === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else if (this.#timer) this.#timer.refresh();
    else this.#timer = setTimeout(this.#onTimeout, this.#options.timeoutMs);
  }

  readonly #onTimeout = (): void => {
    this.#timer = undefined;
    const [oldest] = this.#messages;
    if (!oldest) return;
    const othersAcknowledged = this.#acknowledged > this.#acknowledgedBefore;
    this.#options.onOverdue({ topic: oldest.topic, othersAcknowledged });
  };
}
