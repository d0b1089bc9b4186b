import { Backoff } from '../backoff.ts';
import type { Config } from '../config/schema.ts';
import type { Counters } from '../counters.ts';
import type { Logger } from '../log.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Random } from '../random.ts';
import { pause } from '../wait.ts';
import {
  BrokerConnection,
  CredentialsRefused,
  MessageRefused,
  VersionRefused,
  type Message,
  type MqttVersion,
  type OpenMqtt,
} from './connection.ts';
import type { Credentials } from './credentials.ts';
import { Journal } from './journal.ts';
import { Suspicion } from './suspicion.ts';
import { topicsOf, type Topics } from './topics.ts';

/** A connection that lived this long was a good one: the next pause starts from the minimum again. */
const HELD_MS = 30_000;

const VERSION_NAMES: Readonly<Record<MqttVersion, string>> = { 4: '3.1.1', 5: '5' };

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
  readonly #backoff: Backoff;
  readonly #suspicion = new Suspicion();
  /** Messages that are retained at the broker, by topic: said again on every connection. */
  readonly #retained = new Map<string, Message>();
  #version: MqttVersion = 5;
  #connection: BrokerConnection | undefined;
  #toldFailure = false;

  constructor(options: UplinkOptions) {
    const { config, random } = options;
    this.#options = options;
    this.#topics = topicsOf(config);
    this.#backoff = new Backoff({
      minMs: config.reconnectMinMs,
      maxMs: config.reconnectMaxMs,
      random: random.unit,
    });
    this.#retain(this.#status('online'));
  }

  get connected(): boolean {
    return this.#connection !== undefined;
  }

  /** Shows the newest sample on `<base>/live`, now or on the next connection, whatever still waits in the outbox. */
  live(payload: string): void {
    this.#say({ topic: this.#topics.live, payload, qos: 0, retain: true });
  }

  /** Shows where the scooter is on `<base>/scooter`. */
  scooter(state: string): void {
    this.#say({ topic: this.#topics.scooter, payload: state, qos: 1, retain: true });
  }

  /** Runs until `signal` aborts; then takes its leave. @throws the reason of the signal. */
  async run(signal: AbortSignal): Promise<never> {
    for (;;) {
      let connectedAtMs: number | undefined;
      try {
        const connection = await this.#connect(signal);
        connectedAtMs = performance.now();
        await this.#serve(connection, signal);
      } catch (error) {
        if (signal.aborted) throw error;
        this.#explain(error);
      }
      if (connectedAtMs !== undefined && performance.now() - connectedAtMs >= HELD_MS) this.#backoff.reset();
      await pause(this.#backoff.next(), signal);
    }
  }

  async #connect(signal: AbortSignal): Promise<BrokerConnection> {
    const { config, credentials, openMqtt, counters, log } = this.#options;
    const version = this.#version;
    try {
      const connection = await BrokerConnection.open(openMqtt, {
        url: config.broker,
        clientId: config.clientId,
        credentials,
        keepAliveS: config.keepAliveS,
        version,
        will: this.#status('offline'),
        timeoutMs: config.connectTimeoutMs,
        signal,
      });
      counters.brokerConnects += 1;
      this.#toldFailure = false;
      log.info({ broker: this.#address, mqtt: VERSION_NAMES[version] }, 'connected to the broker');
      return connection;
    } catch (error) {
      counters.brokerFailures += 1;
      throw error;
    }
  }

  async #serve(connection: BrokerConnection, signal: AbortSignal): Promise<void> {
    const { config, outbox } = this.#options;
    const ackTimeoutMs = config.keepAliveS * 1000;
    const reports = setInterval(() => this.#report(connection), config.healthIntervalMs);
    try {
      this.#connection = connection;
      for (const message of this.#retained.values()) await connection.publish(message, ackTimeoutMs);
      this.#report(connection);
      await new Journal(outbox, connection, {
        topic: this.#topics.journal,
        drainRatePerS: config.drainRatePerS,
        ackTimeoutMs,
        suspicion: this.#suspicion,
        signal,
      }).drain();
    } finally {
      clearInterval(reports);
      this.#connection = undefined;
      await this.#leave(connection, signal.aborted);
    }
  }

  /** Says `offline` where we go for good; leaves that to the last will where we come back. */
  async #leave(connection: BrokerConnection, forGood: boolean): Promise<void> {
    if (!forGood) {
      connection.abandon();
      return;
    }
    await connection
      .publish(this.#status('offline'), this.#options.config.connectTimeoutMs)
      .catch(() => undefined);
    await connection.close();
  }

  #say(message: Message): void {
    this.#retain(message);
    // Where it fails the connection is on its way out, and the next one says it again.
    this.#connection?.publish(message, this.#options.config.keepAliveS * 1000).catch(() => undefined);
  }

  #retain(message: Message): void {
    this.#retained.set(message.topic, message);
  }

  #status(payload: 'online' | 'offline'): Message {
    return { topic: this.#topics.status, payload, qos: 1, retain: true };
  }

  /** Publishes the health report; dropped ranges are announced once the broker has acknowledged it. */
  #report(connection: BrokerConnection): void {
    const { outbox, health, config, log } = this.#options;
    const ranges = outbox.ledger.ranges;
    const message: Message = { topic: this.#topics.health, payload: health(), qos: 1, retain: true };
    connection
      .publish(message, config.keepAliveS * 1000)
      .then(() => outbox.ledger.announced(ranges))
      .catch((error: unknown) => log.debug({ err: error }, 'the health report did not arrive'));
  }

  /** Tells what went wrong, once for each outage, and draws the consequences for the next attempt. */
  #explain(error: unknown): void {
    const { log } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof VersionRefused) {
      // A broker of MQTT 3.1.1 says so, or just hangs up; so does one that is going down, hence back and forth.
      this.#version = this.#version === 5 ? 4 : 5;
      log.debug({ reason, next: VERSION_NAMES[this.#version] }, 'the broker refuses this version of MQTT');
      return;
    }
    if (error instanceof CredentialsRefused || error instanceof MessageRefused) this.#backoff.exhaust();
    const level = this.#toldFailure ? 'debug' : 'warn';
    this.#toldFailure = true;
    log[level]({ broker: this.#address, reason }, 'no connection to the broker: samples are kept');
  }

  /** As it may stand in a log. */
  get #address(): string {
    return this.#options.config.broker.replace(/\/\/[^@/]*@/, '//');
  }
}
