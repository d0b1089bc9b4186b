import { Backoff } from '../backoff.ts';
import type { Config } from '../config/schema.ts';
import type { Counters } from '../counters.ts';
import type { Logger } from '../log.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Random } from '../random.ts';
import { pause, throwIfAborted, untilCalled } from '../wait.ts';
import type { DroppedRange } from '../outbox/stored-sample.ts';
import { brokerAddress, type BrokerAddress } from './address.ts';
import { OfferNegotiation } from './connect-offer.ts';
import { BrokerConnection, type OpenMqtt } from './connection.ts';
import type { Credentials } from './credentials.ts';
import { JournalPublisher } from './journal-publisher.ts';
import { ConnectionLog } from './connection-log.ts';
import { PoisonDetector } from './poison-detector.ts';
import { RetainedTopics } from './retained-topics.ts';
import { CredentialsRefused, MessageRefused, OfferRefused, VersionRefused } from './broker-errors.ts';
import { topicsOf, type Topics } from './topics.ts';

/** A connection that lasts this long is stable: the backoff starts from its minimum again. */
const STABLE_MS = 30_000;

/**
 * Maximum time for which the topics beside the samples are published before the first sample is, so that no sample is
 * suspected if the broker closes the connection on one of them; longer if they are published one by one to find that one.
 */
const HEAD_START_MS = 1_000;
const PROBING_HEAD_START_MS = 5_000;

export interface UplinkOptions {
  readonly config: Config['mqtt'];
  readonly credentials: Credentials;
  readonly openMqtt: OpenMqtt;
  readonly outbox: Outbox;
  readonly counters: Counters;
  /** The payload of `<base>/health` at this moment, with these dropped ranges. */
  readonly health: (ranges: readonly DroppedRange[]) => string;
  readonly random: Random;
  readonly log: Logger;
}

/**
 * Maintains the connection to the broker, publishes the samples of the outbox and the state of scooter and client. Only
 * the signal ends it, whatever the broker does.
 */
export class Uplink {
  readonly #options: UplinkOptions;
  readonly #topics: Topics;
  readonly #address: BrokerAddress;
  readonly #backoff: Backoff;
  readonly #log: ConnectionLog;
  readonly #negotiation = new OfferNegotiation();
  readonly #detector = new PoisonDetector();
  /** Whether the next attempt makes a smaller offer than the last one. */
  #isNegotiating = false;
  readonly #retained: RetainedTopics;

  constructor(options: UplinkOptions) {
    const { config, outbox, health, random, log } = options;
    this.#options = options;
    this.#topics = topicsOf(config);
    this.#address = brokerAddress(config.broker);
    this.#backoff = new Backoff({
      minMs: config.reconnectMinMs,
      maxMs: config.reconnectMaxMs,
      random: random.unit,
    });
    this.#log = new ConnectionLog(log, this.#address.redacted);
    this.#retained = new RetainedTopics({
      topics: this.#topics,
      outbox,
      health,
      live: { intervalMs: config.liveIntervalMs, sampleMs: config.sendIntervalMs },
      log: this.#log,
    });
  }

  /** Publishes the newest sample on `<base>/live`, now or on the next connection, ahead of the outbox. */
  publishLive(payload: string): void {
    this.#retained.publishLive(payload);
  }

  /** Publishes the state of the scooter on `<base>/scooter`, now or on the next connection. */
  publishScooterState(state: string): void {
    this.#retained.publishScooterState(state);
  }

  /** Runs until `signal` aborts; then disconnects within 2 s. @throws the reason of the signal. */
  async run(signal: AbortSignal): Promise<never> {
    for (;;) {
      try {
        await this.#use(await this.#connect(signal), signal);
      } catch (error) {
        if (signal.aborted) throw error;
        await pause(this.#backoffMs(error), signal);
      }
    }
  }

  async #connect(signal: AbortSignal): Promise<BrokerConnection> {
    const { config, credentials, openMqtt, counters } = this.#options;
    const offer = this.#negotiation.offer(this.#retained.offline);
    try {
      const connection = await BrokerConnection.open(openMqtt, {
        url: this.#address.url,
        clientId: config.clientId,
        credentials,
        keepAliveS: config.keepAliveS,
        offer,
        frequentTopics: [this.#topics.journal, this.#topics.live],
        timeoutMs: config.connectTimeoutMs,
        ackTimeoutMs: this.#ackTimeoutMs,
        signal,
      });
      counters.brokerConnects += 1;
      this.#negotiation.accepted(connection.capabilities);
      this.#log.connected(offer.version, connection.capabilities);
      return connection;
    } catch (error) {
      if (signal.aborted) throw error;
      this.#onConnectFailed(error);
      throw error;
    }
  }

  /** An offer that is followed by a smaller one is a step of the negotiation, not a failure. */
  #onConnectFailed(error: unknown): void {
    this.#isNegotiating = this.#negotiation.failed(error);
    if (this.#isNegotiating && error instanceof Error) this.#log.offeringLess(error);
    else {
      this.#options.counters.brokerFailures += 1;
      this.#log.failed(error);
    }
  }

  async #use(connection: BrokerConnection, signal: AbortSignal): Promise<never> {
    const { config, outbox } = this.#options;
    const journal = new JournalPublisher(outbox, connection, {
      topic: this.#topics.journal,
      drainRatePerS: config.drainRatePerS,
      detector: this.#detector,
      signal,
    });
    const healthTimer = setInterval(() => {
      // If it fails, the connection is ending, and the next one starts with another report.
      this.#retained.publishReports(connection).catch(() => undefined);
    }, config.healthIntervalMs);
    const stableTimer = setTimeout(() => {
      if (this.#detector.isProbing) {
        stableTimer.refresh();
        return;
      }
      this.#backoff.reset();
      this.#log.stable();
    }, STABLE_MS);
    // A single message in flight that is never acknowledged would hold up all samples: then they have the head start.
    const isJournalFirst = connection.capabilities.receiveMaximum === 1;
    const retainedTimer = setTimeout(() => {
      if (isJournalFirst) this.#retained.publishAll(connection).catch(() => undefined);
    }, HEAD_START_MS);
    try {
      if (!isJournalFirst) await this.#publishRetained(connection, signal);
      return await journal.drain();
    } catch (error) {
      if (!signal.aborted) {
        this.#log.failed(error);
        journal.findPoison(error);
      }
      throw error;
    } finally {
      clearInterval(healthTimer);
      clearTimeout(stableTimer);
      clearTimeout(retainedTimer);
      // Before a reconnection, the will publishes `offline`.
      if (signal.aborted) await connection.disconnect(this.#retained.offline);
      else connection.destroy();
    }
  }

  /** Publishes the topics beside the samples, and waits for their acknowledgement for a limited time. */
  async #publishRetained(connection: BrokerConnection, signal: AbortSignal): Promise<void> {
    const headStartMs = this.#retained.isProbing ? PROBING_HEAD_START_MS : HEAD_START_MS;
    const published = this.#retained.publishAll(connection);
    await untilCalled(
      (call) => {
        published.then(call, call);
        const timer = setTimeout(call, headStartMs);
        return () => clearTimeout(timer);
      },
      [signal],
    );
    throwIfAborted(connection.ended);
  }

  #backoffMs(error: unknown): number {
    if (needsReconfiguration(error)) return this.#backoff.longest();
    const isVersionRefused = error instanceof VersionRefused && error.isExplicit;
    if (isVersionRefused || error instanceof OfferRefused) {
      // A smaller offer is made soon; the backoff stays, because the broker may refuse that as well.
      if (this.#isNegotiating) return this.#backoff.shortest();
      if (isVersionRefused) return this.#backoff.longest();
    }
    return this.#backoff.next();
  }

  get #ackTimeoutMs(): number {
    return this.#options.config.keepAliveS * 1000;
  }
}

/** Whether retrying cannot help until somebody changes the configuration of broker or client. */
function needsReconfiguration(error: unknown): boolean {
  return error instanceof CredentialsRefused || (error instanceof MessageRefused && !error.isAboutContent);
}
