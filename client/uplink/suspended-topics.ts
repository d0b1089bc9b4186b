/** Number of times that the broker closes the connection on one topic before publishing to it is suspended. */
const MAX_CLOSES = 3;
const SUSPENSION_MS = 600_000;

interface TopicState {
  /** Number of connections that the broker closed while only this topic was in flight. */
  readonly closes: number;
  /** Why the last of them ended: the same error for each message that was in flight. */
  readonly lastEnd?: Error;
  /** By `performance.now()`. */
  readonly suspendedUntilMs: number;
}

const INITIAL_STATE: TopicState = { closes: 0, suspendedUntilMs: 0 };

/**
 * The topics beside the journal to which the broker does not let the client publish. Some brokers reject the message,
 * others close the connection. Without these topics the samples still get through: an ACL may allow nothing else.
 */
export class SuspendedTopics {
  readonly #states = new Map<string, TopicState>();
  #isProbing = false;

  /** Whether to publish to one topic at a time, because the broker closed the connection on one of several. */
  get isProbing(): boolean {
    return this.#isProbing;
  }

  /** Whether publishing to this topic is suspended, until a message to it is accepted that tries it again. */
  isSuspended(topic: string): boolean {
    return this.#stateOf(topic).suspendedUntilMs > 0;
  }

  /** Whether it is time to try a suspended topic again. */
  isToBeTried(topic: string): boolean {
    return this.isSuspended(topic) && performance.now() >= this.#stateOf(topic).suspendedUntilMs;
  }

  /** To be called if the broker closed the connection while several topics were in flight. */
  startProbing(): void {
    this.#isProbing = true;
  }

  /** To be called if the broker has accepted every topic that is not suspended. */
  stopProbing(): void {
    this.#isProbing = false;
  }

  accepted(topic: string): void {
    this.#states.delete(topic);
  }

  /** To be called if the broker rejected a message to this topic. */
  refused(topic: string): void {
    this.#states.set(topic, { closes: MAX_CLOSES, suspendedUntilMs: performance.now() + SUSPENSION_MS });
  }

  /**
   * To be called for each message to this topic that failed because the broker closed the connection on it.
   * @param end why the connection ended: several messages that failed with it count once
   * @returns whether the topic is suspended because of it
   */
  closedOn(topic: string, end: Error): boolean {
    const state = this.#stateOf(topic);
    if (state.lastEnd === end) return false;
    const closes = state.closes + 1;
    this.#states.set(topic, { ...INITIAL_STATE, closes, lastEnd: end });
    if (closes < MAX_CLOSES) return false;
    this.refused(topic);
    return true;
  }

  #stateOf(topic: string): TopicState {
    return this.#states.get(topic) ?? INITIAL_STATE;
  }
}
