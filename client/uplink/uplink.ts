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
import { Journal } from './journal.ts';
import { ConnectionLog } from './connection-log.ts';
import { RetainedTopics } from './retained-topics.ts';
import { CredentialsRefused, MessageRefused, VersionRefused } from './broker-errors.ts';
import { Suspicion } from './suspicion.ts';
import { topicsOf, type Topics } from './topics.ts';
import { NEWEST_VERSION, VersionChoice } from './version-choice.ts';

/** A connection that lived this long was a good one: the next pause starts from the minimum again. */
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
 * Keeps a connection to the broker: drains the outbox through it, and shows how the scooter and the client are doing.
 * Nothing that the broker does ends it: only the signal.
 */
export class Uplink {
  readonly #options: UplinkOptions;
  readonly #topics: Topics;
  readonly #address: BrokerAddress;
  readonly #backoff: Backoff;
  readonly #log: ConnectionLog;
  readonly #version = new VersionChoice();
  readonly #suspicion = new Suspicion();
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

  /** Shows the newest sample on `<base>/live`, now or on the next connection, whatever still waits in the outbox. */
  live(payload: string): void {
    this.#retained.live(payload);
  }

  /** Shows where the scooter is on `<base>/scooter`. */
  scooterState(state: string): void {
    this.#retained.scooterState(state);
  }

  /** Runs until `signal` aborts; then takes its leave, within 2 s. @throws the reason of the signal. */
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
    const journal = new Journal(outbox, connection, {
      topic: this.#topics.journal,
      drainRatePerS: config.drainRatePerS,
      suspicion: this.#suspicion,
      signal,
    });
    const healthTimer = setInterval(() => {
      // Where it fails the connection is on its way out, and the next one begins with another.
      this.#retained.publishHealth(connection).catch(() => undefined);
    }, config.healthIntervalMs);
    const stableTimer = setTimeout(() => {
      this.#backoff.reset();
      this.#log.stable();
    }, STABLE_MS);
    try {
      await this.#publishRetained(connection, signal);
      return await journal.drain();
    } catch (error) {
      if (!signal.aborted) this.#log.failed(error);
      throw error;
    } finally {
      clearInterval(healthTimer);
      clearTimeout(stableTimer);
      // Where we come back soon, `offline` is for the last will to say.
      if (signal.aborted) await connection.disconnect(this.#retained.offline);
      else connection.destroy();
      await journal.settled();
    }
  }

  /** Samples wait for it: what the broker hangs up on here is none of them. It ends with the connection at the latest. */
  async #publishRetained(connection: BrokerConnection, signal: AbortSignal): Promise<void> {
    const introduced = this.#retained.publishAll(connection);
    await untilCalled(
      (call) => {
        introduced.then(call, call);
        return () => undefined;
      },
      [signal],
    );
    await introduced;
  }

  #backoffMs(error: unknown): number {
    if (needsReconfiguration(error)) return this.#backoff.longest();
    if (error instanceof VersionRefused && error.isExplicit) {
      // A broker that speaks neither version does not learn it soon; otherwise it is there, and waits for the right one.
      if (this.#version.current === NEWEST_VERSION) return this.#backoff.longest();
      this.#backoff.reset();
    }
    return this.#backoff.next();
  }

  get #ackTimeoutMs(): number {
    return this.#options.config.keepAliveS * 1000;
  }
}

/** Another attempt is not going to mend it: somebody has to see to the broker, or to the configuration. */
function needsReconfiguration(error: unknown): boolean {
  return error instanceof CredentialsRefused || (error instanceof MessageRefused && !error.isAboutContent);
}
