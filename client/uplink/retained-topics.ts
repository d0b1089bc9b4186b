import type { Outbox } from '../outbox/outbox.ts';
import type { DroppedRange } from '../outbox/stored-sample.ts';
import { AcknowledgementMissing, ClosedByBroker, MessageRefused } from './broker-errors.ts';
import type { BrokerConnection } from './connection.ts';
import type { ConnectionLog } from './connection-log.ts';
import { DropAnnouncements, droppedReport } from './drop-announcements.ts';
import { LiveInterval, type LiveIntervalOptions } from './live-interval.ts';
import type { Message } from './publish-format.ts';
import { SuspendedTopics } from './suspended-topics.ts';
import type { Topics } from './topics.ts';

export interface RetainedTopicsOptions {
  readonly topics: Topics;
  readonly outbox: Outbox;
  /** The payload of `<base>/health` at this moment, with these dropped ranges. */
  readonly health: (ranges: readonly DroppedRange[]) => string;
  readonly live: LiveIntervalOptions;
  readonly log: ConnectionLog;
}

interface Publication {
  readonly message: Message;
  /** Called once the broker has accepted it. */
  readonly onAccepted?: () => void;
}

/**
 * Publishes the topics beside the journal. The broker retains them, and gets them again on every connection, except for
 * the announcements of dropped ranges that do not fit into the health report.
 */
export class RetainedTopics {
  readonly #options: RetainedTopicsOptions;
  readonly #suspended = new SuspendedTopics();
  readonly #live: LiveInterval;
  readonly #drops: DropAnnouncements;
  /** The newest message of each topic. */
  readonly #latest = new Map<string, Message>();
  #connection: BrokerConnection | undefined;
  #isReporting = false;
  /** The connection on which topics are probed one at a time, and the topics that have changed meanwhile. */
  #probedOn: BrokerConnection | undefined;
  readonly #changed = new Set<string>();

  constructor(options: RetainedTopicsOptions) {
    this.#options = options;
    this.#live = new LiveInterval(options.live);
    this.#drops = new DropAnnouncements(options.outbox.ledger);
    this.#store(this.#status('online'));
    // An empty message removes the retained one: a sample of long ago would seem to be the newest.
    if (this.#live.isOff) this.#store({ topic: options.topics.live, payload: '', qos: 0, retain: true });
  }

  /** The last message of a connection, published by the client, or as the will by the broker. */
  get offline(): Message {
    return this.#status('offline');
  }

  /** Whether it publishes to one topic at a time, because the broker closed the connection on one of several. */
  get isProbing(): boolean {
    return this.#suspended.isProbing;
  }

  /** Publishes the newest sample if one is due, now or on the next connection. */
  publishLive(payload: string): void {
    if (this.#live.isOff) return;
    const message: Message = { topic: this.#options.topics.live, payload, qos: 0, retain: true };
    if (this.#live.isDue(performance.now())) this.#update(message);
    else this.#store(message);
  }

  /** Publishes the state of the scooter, now or on the next connection. */
  publishScooterState(state: string): void {
    this.#update({ topic: this.#options.topics.scooter, payload: state, qos: 1, retain: true });
  }

  /** Publishes every topic on a new connection; resolves once the broker has accepted all. @throws what ended the connection. */
  async publishAll(connection: BrokerConnection): Promise<void> {
    this.#connection = connection;
    if (this.isProbing) await this.#publishOneByOne(connection);
    else await this.#publishConcurrently(connection);
  }

  /**
   * Publishes what consumers expect at an interval: the health report, and the status again, because a broker may publish
   * the last will of an earlier connection late; also what the broker missed while its topic was suspended.
   * @throws what ended the connection.
   */
  async publishReports(connection: BrokerConnection): Promise<void> {
    const status = this.#status('online');
    await Promise.all([this.#publish(connection, { message: status }), this.#publishHealth(connection)]);
    await this.#retrySuspended(connection);
  }

  /** Publishes the health report, unless the last one is still under way. @throws what ended the connection. */
  async #publishHealth(connection: BrokerConnection): Promise<void> {
    if (this.#isReporting) return;
    this.#isReporting = true;
    try {
      for (const report of this.#reports(connection)) await this.#publish(connection, report);
    } finally {
      this.#isReporting = false;
    }
  }

  async #publishConcurrently(connection: BrokerConnection): Promise<void> {
    try {
      await Promise.all([
        ...[...this.#latest.values()].map((message) => this.#publish(connection, { message })),
        this.#publishHealth(connection),
      ]);
    } catch (error) {
      if (error instanceof ClosedByBroker) this.#suspended.startProbing();
      throw error;
    }
    await this.#retrySuspended(connection);
  }

  /** Finds the topic on which the broker closes the connection. */
  async #publishOneByOne(connection: BrokerConnection): Promise<void> {
    await this.#probeEach(connection, () => true);
    this.#suspended.stopProbing();
  }

  /** Publishes to the topics whose suspension has ended: the broker may close the connection on each of them. */
  async #retrySuspended(connection: BrokerConnection): Promise<void> {
    await this.#probeEach(connection, (topic) => this.#suspended.isToBeTried(topic));
  }

  /** Publishes to one topic at a time, and to no other meanwhile: what changes is published afterwards. */
  async #probeEach(connection: BrokerConnection, isProbed: (topic: string) => boolean): Promise<void> {
    if (this.#probedOn === connection) return;
    const topics = [...this.#latest.keys()].filter(isProbed);
    const reports = this.#reports(connection).filter(({ message }) => isProbed(message.topic));
    this.#probedOn = connection;
    this.#changed.clear();
    try {
      for (const topic of topics) {
        const message = this.#latest.get(topic);
        this.#changed.delete(topic);
        if (message) await this.#probe(connection, { message });
      }
      for (const report of reports) await this.#probe(connection, report);
    } finally {
      if (this.#probedOn === connection) this.#probedOn = undefined;
    }
    for (const topic of this.#changed) {
      const message = this.#latest.get(topic);
      if (message) this.#update(message);
    }
  }

  async #probe(connection: BrokerConnection, { message, ...publication }: Publication): Promise<void> {
    try {
      await this.#publish(connection, { message: { ...message, qos: 1 }, ...publication }, 'probe');
    } catch (error) {
      const isCause = error instanceof ClosedByBroker && connection.quota.used('journal') === 0;
      if (isCause) this.#notAccepted(message.topic, error);
      throw error;
    }
  }

  #update(message: Message): void {
    this.#store(message);
    if (this.#probedOn) this.#changed.add(message.topic);
    // If it fails, the connection is ending, and the next one publishes it again.
    else if (this.#connection) this.#publish(this.#connection, { message }).catch(() => undefined);
  }

  /** Publishes a message unless its topic is suspended; suspends it if the broker rejects it. @throws what ended the connection. */
  async #publish(
    connection: BrokerConnection,
    { message, onAccepted }: Publication,
    how: 'as usual' | 'probe' = 'as usual',
  ): Promise<void> {
    const { topic, qos } = message;
    const isRetry = how === 'probe' && this.#suspended.isToBeTried(topic);
    if (this.#suspended.isSuspended(topic) && !isRetry) return;
    try {
      await connection.publish(message);
      if (qos > 0) this.#suspended.accepted(topic);
      onAccepted?.();
    } catch (error) {
      const isForgotten =
        error instanceof AcknowledgementMissing && error.topic === topic && error.othersAcknowledged;
      if (isForgotten) this.#notAccepted(topic, error);
      if (!(error instanceof MessageRefused)) throw error;
      this.#suspended.refused(topic);
      this.#options.log.topicRefused(topic, error);
    }
  }

  /** Records that a connection ended because of a topic. */
  #notAccepted(topic: string, error: Error): void {
    if (this.#suspended.closedOn(topic, error)) this.#options.log.topicRefused(topic, error);
  }

  #store(message: Message): void {
    this.#latest.set(message.topic, message);
  }

  #status(payload: 'online' | 'offline'): Message {
    return { topic: this.#options.topics.status, payload, qos: 1, retain: true };
  }

  /**
   * The health report with the newest dropped ranges, and the announcements of those that do not fit into it. Each range
   * counts as announced once the broker has accepted its message.
   */
  #reports(connection: BrokerConnection): Publication[] {
    const { topics, health } = this.#options;
    const report = { topic: topics.health, qos: 1, retain: true } as const;
    const further = { topic: topics.dropped, qos: 1, retain: false } as const;
    const spaceIn = (message: typeof report | typeof further, payload: string): number =>
      connection.maxPayloadBytes(message) - Buffer.byteLength(payload);
    const plan = this.#drops.plan(spaceIn(report, health([])), spaceIn(further, droppedReport([])));
    const announce = (ranges: readonly DroppedRange[]) => () => this.#drops.acknowledged(ranges);
    return [
      { message: { ...report, payload: health(plan.report) }, onAccepted: announce(plan.report) },
      ...plan.further.map((ranges) => ({
        message: { ...further, payload: droppedReport(ranges) },
        onAccepted: announce(ranges),
      })),
    ];
  }
}
