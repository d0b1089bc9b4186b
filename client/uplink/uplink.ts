import { Backoff } from '../backoff.ts';
import type { Config } from '../config/schema.ts';
import type { Counters } from '../counters.ts';
import type { Logger } from '../log.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Random } from '../random.ts';
import { pause, untilCalled } from '../wait.ts';
import { brokerAddress, type BrokerAddress } from './address.ts';
import { BrokerConnection, type OpenMqtt } from './connection.ts';
import type { Credentials } from './credentials.ts';
import { JournalPublisher } from './journal-publisher.ts';
import { ConnectionLog } from './connection-log.ts';
import { PoisonDetector } from './poison-detector.ts';
import { RetainedTopics } from './retained-topics.ts';
import { CredentialsRefused, MessageRefused, VersionRefused } from './broker-errors.ts';
import { topicsOf, type Topics } from './topics.ts';
import { NEWEST_VERSION, VersionChoice } from './version-choice.ts';

/** A connection that lasts this long is stable: the backoff starts from its minimum again. */
const STABLE_MS = 30_000;

export interface UplinkOptions {
  readonly config: Config['mqtt'];
  readonly credentials: Credentials;
  readonly openMqtt: OpenMqtt;
  readonly outbox: Outbox;
  readonly counters: Counters;
  /** The payload of `<base>/health` at this moment. */
  readonly health: () => string;
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
  readonly #version = new VersionChoice();
  readonly #detector = new PoisonDetector();
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
    this.#retained = new RetainedTopics({ topics: this.#topics, outbox, health, log: this.#log });
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
    const version = this.#version.current;
    try {
      const connection = await BrokerConnection.open(openMqtt, {
        url: this.#address.url,
        clientId: config.clientId,
        credentials,
        keepAliveS: config.keepAliveS,
        version,
        will: this.#retained.offline,
        timeoutMs: config.connectTimeoutMs,
        ackTimeoutMs: this.#ackTimeoutMs,
        signal,
      });
      counters.brokerConnects += 1;
      this.#version.accepted();
      this.#log.connected(version);
      return connection;
    } catch (error) {
      if (signal.aborted) throw error;
      counters.brokerFailures += 1;
      const next = error instanceof VersionRefused ? this.#version.refused(error) : version;
      if (error instanceof VersionRefused && next < version) this.#log.tryingVersion(next, error);
      else this.#log.failed(error);
      throw error;
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
      this.#retained.publishHealth(connection).catch(() => undefined);
    }, config.healthIntervalMs);
    const stableTimer = setTimeout(() => {
      if (this.#detector.isProbing) {
        stableTimer.refresh();
        return;
      }
      this.#backoff.reset();
      this.#log.stable();
    }, STABLE_MS);
    try {
      await this.#publishRetained(connection, signal);
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
      // Before a reconnection, the will publishes `offline`.
      if (signal.aborted) await connection.disconnect(this.#retained.offline);
      else connection.destroy();
    }
  }

  /** Finishes before any sample is sent, so that no sample is suspected if the broker closes the connection here. */
  async #publishRetained(connection: BrokerConnection, signal: AbortSignal): Promise<void> {
    const published = this.#retained.publishAll(connection);
    await untilCalled(
      (call) => {
        published.then(call, call);
        return () => undefined;
      },
      [signal],
    );
    await published;
  }

  #backoffMs(error: unknown): number {
    if (needsReconfiguration(error)) return this.#backoff.longest();
    if (error instanceof VersionRefused && error.isExplicit) {
      // A broker that supports neither version will not do so soon. Otherwise the other version is offered at once.
      if (this.#version.current === NEWEST_VERSION) return this.#backoff.longest();
      this.#backoff.reset();
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
