import type { Outbox } from '../outbox/outbox.ts';
import type { BrokerConnection, Message } from './connection.ts';
import { SuspendedTopics } from './suspended-topics.ts';
import type { ConnectionLog } from './connection-log.ts';
import { ClosedByBroker, MessageRefused } from './broker-errors.ts';
import type { Topics } from './topics.ts';

export interface RetainedTopicsOptions {
  readonly topics: Topics;
  readonly outbox: Outbox;
  /** The payload of `<base>/health` at this moment. */
  readonly health: () => string;
  readonly log: ConnectionLog;
}

interface Publication {
  readonly message: Message;
  /** Called once the broker has it. */
  readonly onAccepted?: () => void;
}

/** What the client tells beside the journal: the broker retains it, and gets it anew with every connection. */
export class RetainedTopics {
  readonly #options: RetainedTopicsOptions;
  readonly #suspended = new SuspendedTopics();
  /** The newest of each topic. */
  readonly #latest = new Map<string, Message>();
  #connection: BrokerConnection | undefined;

  constructor(options: RetainedTopicsOptions) {
    this.#options = options;
    this.#store(this.#status('online'));
  }

  /** The last words of a connection, said by the client or by the broker in its place. */
  get offline(): Message {
    return this.#status('offline');
  }

  /** The newest sample. */
  live(payload: string): void {
    this.#update({ topic: this.#options.topics.live, payload, qos: 0, retain: true });
  }

  /** Where the scooter is. */
  scooterState(state: string): void {
    this.#update({ topic: this.#options.topics.scooter, payload: state, qos: 1, retain: true });
  }

  /** Says everything on a new connection; resolves once the broker has taken it. @throws what ended the connection. */
  async publishAll(connection: BrokerConnection): Promise<void> {
    this.#connection = connection;
    const notices = [...[...this.#latest.values()].map((message) => ({ message })), this.#health()];
    if (this.#suspended.isProbing) await this.#publishOneByOne(connection, notices);
    else await this.#publishConcurrently(connection, notices);
  }

  /** Publishes the health report. @throws what ended the connection. */
  async publishHealth(connection: BrokerConnection): Promise<void> {
    await this.#publish(connection, this.#health());
  }

  async #publishConcurrently(connection: BrokerConnection, notices: readonly Publication[]): Promise<void> {
    try {
      await Promise.all(notices.map((notice) => this.#publish(connection, notice)));
    } catch (error) {
      if (error instanceof ClosedByBroker) this.#suspended.startProbing();
      throw error;
    }
  }

  /** One at a time, each with an acknowledgement, to find those that the broker hangs up on. */
  async #publishOneByOne(connection: BrokerConnection, notices: readonly Publication[]): Promise<void> {
    for (const { message, ...notice } of notices) {
      try {
        await this.#publish(connection, { message: { ...message, qos: 1 }, ...notice });
      } catch (error) {
        const isMuted = error instanceof ClosedByBroker && this.#suspended.closedOn(message.topic);
        if (isMuted) this.#options.log.topicRefused(message.topic, error);
        throw error;
      }
    }
    this.#suspended.stopProbing();
  }

  #update(message: Message): void {
    this.#store(message);
    // Where it fails the connection is on its way out, and the next one says it again.
    if (this.#connection) this.#publish(this.#connection, { message }).catch(() => undefined);
  }

  /** A broker that does not take a notice is left in peace with its topic. @throws what ended the connection. */
  async #publish(connection: BrokerConnection, { message, onAccepted }: Publication): Promise<void> {
    const { topic, qos } = message;
    if (this.#suspended.isSuspended(topic)) return;
    try {
      await connection.publish(message);
      if (qos > 0) this.#suspended.accepted(topic);
      onAccepted?.();
    } catch (error) {
      if (!(error instanceof MessageRefused)) throw error;
      this.#suspended.refused(topic);
      this.#options.log.topicRefused(topic, error);
    }
  }

  #store(message: Message): void {
    this.#latest.set(message.topic, message);
  }

  #status(payload: 'online' | 'offline'): Message {
    return { topic: this.#options.topics.status, payload, qos: 1, retain: true };
  }

  /** Dropped ranges count as announced once the broker has a report with them. */
  #health(): Publication {
    const { topics, outbox, health } = this.#options;
    const { ranges } = outbox.ledger;
    return {
      message: { topic: topics.health, payload: health(), qos: 1, retain: true },
      onAccepted: () => outbox.ledger.announced(ranges),
    };
  }
}
