import type { Outbox } from '../outbox/outbox.ts';
import type { BrokerConnection, Message } from './connection.ts';
import { MutedTopics } from './muted-topics.ts';
import type { News } from './news.ts';
import { HungUp, MessageRefused } from './refusal.ts';
import type { Topics } from './topics.ts';

export interface NoticesOptions {
  readonly topics: Topics;
  readonly outbox: Outbox;
  /** The payload of `<base>/health` at this moment. */
  readonly health: () => string;
  readonly news: News;
}

interface Notice {
  readonly message: Message;
  /** Called once the broker has it. */
  readonly onTaken?: () => void;
}

/** What the client tells beside the journal: the broker retains it, and gets it anew with every connection. */
export class Notices {
  readonly #options: NoticesOptions;
  readonly #muted = new MutedTopics();
  /** The newest of each topic. */
  readonly #said = new Map<string, Message>();
  #connection: BrokerConnection | undefined;

  constructor(options: NoticesOptions) {
    this.#options = options;
    this.#keep(this.#status('online'));
  }

  /** The last words of a connection, said by the client or by the broker in its place. */
  get offline(): Message {
    return this.#status('offline');
  }

  /** The newest sample. */
  live(payload: string): void {
    this.#say({ topic: this.#options.topics.live, payload, qos: 0, retain: true });
  }

  /** Where the scooter is. */
  scooter(state: string): void {
    this.#say({ topic: this.#options.topics.scooter, payload: state, qos: 1, retain: true });
  }

  /** Says everything on a new connection; resolves once the broker has taken it. @throws what ended the connection. */
  async introduce(connection: BrokerConnection): Promise<void> {
    this.#connection = connection;
    const notices = [...[...this.#said.values()].map((message) => ({ message })), this.#health()];
    if (this.#muted.isSuspicious) await this.#introduceCarefully(connection, notices);
    else await this.#introduceAtOnce(connection, notices);
  }

  /** Publishes the health report. @throws what ended the connection. */
  async report(connection: BrokerConnection): Promise<void> {
    await this.#show(connection, this.#health());
  }

  async #introduceAtOnce(connection: BrokerConnection, notices: readonly Notice[]): Promise<void> {
    try {
      await Promise.all(notices.map((notice) => this.#show(connection, notice)));
    } catch (error) {
      if (error instanceof HungUp) this.#muted.suspect();
      throw error;
    }
  }

  /** One at a time, each with an acknowledgement, to find those that the broker hangs up on. */
  async #introduceCarefully(connection: BrokerConnection, notices: readonly Notice[]): Promise<void> {
    for (const { message, ...notice } of notices) {
      try {
        await this.#show(connection, { message: { ...message, qos: 1 }, ...notice });
      } catch (error) {
        const isMuted = error instanceof HungUp && this.#muted.hungUp(message.topic);
        if (isMuted) this.#options.news.refused(message.topic, error);
        throw error;
      }
    }
    this.#muted.relax();
  }

  #say(message: Message): void {
    this.#keep(message);
    // Where it fails the connection is on its way out, and the next one says it again.
    if (this.#connection) this.#show(this.#connection, { message }).catch(() => undefined);
  }

  /** A broker that does not take a notice is left in peace with its topic. @throws what ended the connection. */
  async #show(connection: BrokerConnection, { message, onTaken }: Notice): Promise<void> {
    const { topic, qos } = message;
    if (this.#muted.has(topic)) return;
    try {
      await connection.publish(message);
      if (qos > 0) this.#muted.taken(topic);
      onTaken?.();
    } catch (error) {
      if (!(error instanceof MessageRefused)) throw error;
      this.#muted.refused(topic);
      this.#options.news.refused(topic, error);
    }
  }

  #keep(message: Message): void {
    this.#said.set(message.topic, message);
  }

  #status(payload: 'online' | 'offline'): Message {
    return { topic: this.#options.topics.status, payload, qos: 1, retain: true };
  }

  /** Dropped ranges count as announced once the broker has a report with them. */
  #health(): Notice {
    const { topics, outbox, health } = this.#options;
    const { ranges } = outbox.ledger;
    return {
      message: { topic: topics.health, payload: health(), qos: 1, retain: true },
      onTaken: () => outbox.ledger.announced(ranges),
    };
  }
}
