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
  /** Called once the broker has accepted it. */
  readonly onAccepted?: () => void;
}

/** Publishes the topics beside the journal: the broker retains them, and gets them again on every connection. */
export class RetainedTopics {
  readonly #options: RetainedTopicsOptions;
  readonly #suspended = new SuspendedTopics();
  /** The newest message of each topic. */
  readonly #latest = new Map<string, Message>();
  #connection: BrokerConnection | undefined;

  constructor(options: RetainedTopicsOptions) {
    this.#options = options;
    this.#store(this.#status('online'));
  }

  /** The last message of a connection, published by the client, or as the will by the broker. */
  get offline(): Message {
    return this.#status('offline');
  }

  /** Publishes the newest sample, now or on the next connection. */
  publishLive(payload: string): void {
    this.#update({ topic: this.#options.topics.live, payload, qos: 0, retain: true });
  }

  /** Publishes the state of the scooter, now or on the next connection. */
  publishScooterState(state: string): void {
    this.#update({ topic: this.#options.topics.scooter, payload: state, qos: 1, retain: true });
  }

  /** Publishes every topic on a new connection; resolves once the broker has accepted all. @throws what ended the connection. */
  async publishAll(connection: BrokerConnection): Promise<void> {
    this.#connection = connection;
    const publications = [...[...this.#latest.values()].map((message) => ({ message })), this.#health()];
    if (this.#suspended.isProbing) await this.#publishOneByOne(connection, publications);
    else await this.#publishConcurrently(connection, publications);
  }

  /** Publishes the health report. @throws what ended the connection. */
  async publishHealth(connection: BrokerConnection): Promise<void> {
    await this.#publish(connection, this.#health());
  }

  async #publishConcurrently(
    connection: BrokerConnection,
    publications: readonly Publication[],
  ): Promise<void> {
    try {
      await Promise.all(publications.map((publication) => this.#publish(connection, publication)));
    } catch (error) {
      if (error instanceof ClosedByBroker) this.#suspended.startProbing();
      throw error;
    }
  }

  /** Waits for each acknowledgement, to find the topic on which the broker closes the connection. */
  async #publishOneByOne(connection: BrokerConnection, publications: readonly Publication[]): Promise<void> {
    for (const { message, ...publication } of publications) {
      try {
        await this.#publish(connection, { message: { ...message, qos: 1 }, ...publication });
      } catch (error) {
        const isSuspended = error instanceof ClosedByBroker && this.#suspended.closedOn(message.topic);
        if (isSuspended) this.#options.log.topicRefused(message.topic, error);
        throw error;
      }
    }
    this.#suspended.stopProbing();
  }

  #update(message: Message): void {
    this.#store(message);
    // If it fails, the connection is ending, and the next one publishes it again.
    if (this.#connection) this.#publish(this.#connection, { message }).catch(() => undefined);
  }

  /** Publishes a message unless its topic is suspended; suspends it if the broker rejects it. @throws what ended the connection. */
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

  /** The health report. Its dropped ranges count as announced once the broker has accepted it. */
  #health(): Publication {
    const { topics, outbox, health } = this.#options;
    const { ranges } = outbox.ledger;
    return {
      message: { topic: topics.health, payload: health(), qos: 1, retain: true },
      onAccepted: () => outbox.ledger.announced(ranges),
    };
  }
}
