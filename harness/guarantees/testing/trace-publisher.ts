import { parseConfig } from '../../../client/config/load.ts';
import type { Config } from '../../../client/config/schema.ts';
import type { ConnectionTerms } from '../../world/broker/broker-event.ts';
import type { EventContent } from '../../world/trace/event.ts';
import { FORMATS, topicNames, type TopicName } from '../view/topics.ts';
import { HealthCounters } from './health-counters.ts';
import { TraceRecorder } from './trace-recorder.ts';

const HEALTH_MS = 60_000;
/** Interval between deliveries at the default drain rate. */
const DRAIN_MS = 20;

/** TOML lines for the sections of the client's configuration. */
export interface TraceOptions {
  readonly mqtt?: string;
  readonly scooter?: string;
  readonly outbox?: string;
  readonly serial?: boolean | string;
}

export type Fields = Readonly<Record<string, unknown>>;

/** The part of a trace that the broker observes: connections, deliveries in order, and health. */
export class TracePublisher extends TraceRecorder {
  readonly config: Config;
  /** Dropped ranges that the client reports on `<base>/health`. */
  droppedRanges: readonly Fields[] = [];
  /** Whether the status is published with each health report. */
  repeatsStatus = true;
  /** Changes a health report before it is published. */
  alterHealth: (fields: Fields) => Fields = (fields) => fields;
  protected bootId = '';
  protected isConnected = false;
  protected scooterState = 'searching';
  protected readonly counters = new HealthCounters();
  readonly #waiting: string[] = [];
  #nextDeliveryMs = Infinity;
  #nextHealthMs = Infinity;

  constructor({ mqtt = '', scooter = '', outbox = '', serial = true }: TraceOptions = {}) {
    super();
    this.config = parseConfig(
      `[mqtt]\nbroker = "tcp://127.0.0.1:1883"\ntopic = "vehicle/1/realtime"\n${mqtt}\n` +
        `[scooter]\nmac = "c8f09e000001"\n${scooter}\n[outbox]\n${outbox}\n` +
        (serial === false ? '' : `[serial]\nserial_port = "${serial === true ? '/dev/ttyUSB2' : serial}"\n`),
      '/trace/martinete.toml',
    );
  }

  override record(content: EventContent, afterMs = 0): void {
    super.record(content, afterMs);
    this.counters.count(content);
  }

  /** The full name of a topic. */
  topicOf(name: TopicName): string {
    const found = [...topicNames(this.config.mqtt)].find(([, known]) => known === name);
    return found?.[0] ?? '';
  }

  /** What client and broker agree on. */
  get terms(): ConnectionTerms {
    const will = { topic: this.topicOf('status'), payload: 'offline', ...FORMATS.status };
    return { maximumQoS: 2, retainAvailable: true, will };
  }

  /** Time of the next `publishDue`. */
  protected get nextPublishMs(): number {
    return Math.min(this.#nextDeliveryMs, this.#nextHealthMs);
  }

  /** Publishes what is due now. */
  protected publishDue(): void {
    if (this.nowMs === this.#nextDeliveryMs) this.#deliver();
    if (this.nowMs === this.#nextHealthMs) this.#report();
  }

  /** Publishes a stored sample after all earlier ones, as soon as the client is connected. */
  protected enqueue(payload: string, storedMs: number): void {
    this.#waiting.push(payload);
    if (this.isConnected) this.#nextDeliveryMs = Math.min(this.#nextDeliveryMs, storedMs + DRAIN_MS);
  }

  connectAttempt(): void {
    this.record({ type: 'broker.attempt', clientId: this.config.mqtt.clientId, offer: 'MQTT 4, no will' });
  }

  connect(): void {
    this.connectAttempt();
    const { clientId } = this.config.mqtt;
    this.record({ type: 'broker.connected', clientId, ...this.terms }, 5);
    this.isConnected = true;
    this.#nextDeliveryMs = this.nowMs + DRAIN_MS;
    this.#nextHealthMs = this.nowMs + HEALTH_MS;
    this.publish('status', 'online', 5);
    this.publish('scooter', this.scooterState, 5);
    this.#report(5);
  }

  /** The state of the scooter; a change is published at once. */
  protected setScooterState(state: string, afterMs: number): void {
    this.scooterState = state;
    if (this.isConnected) this.publish('scooter', state, afterMs);
  }

  disconnect(): void {
    this.record({ type: 'broker.disconnected', clientId: this.config.mqtt.clientId });
    this.stopPublishing();
  }

  /** Stops publishing, although the connection may still exist at the broker. */
  stopPublishing(): void {
    this.isConnected = false;
    this.#nextDeliveryMs = this.#nextHealthMs = Infinity;
  }

  publish(topic: TopicName, payload: string, afterMs = 0): void {
    const { clientId } = this.config.mqtt;
    this.record(
      {
        type: 'received',
        clientId,
        topic: this.topicOf(topic),
        payload,
        ...FORMATS[topic],
        isWill: false,
      },
      afterMs,
    );
  }

  #deliver(): void {
    const payload = this.#waiting.shift();
    if (payload !== undefined) this.publish('journal', payload);
    this.#nextDeliveryMs = this.#waiting.length > 0 ? this.nowMs + DRAIN_MS : Infinity;
  }

  #report(afterMs = 0): void {
    if (this.repeatsStatus) this.publish('status', 'online', afterMs);
    this.publish(
      'health',
      JSON.stringify(
        this.alterHealth(
          this.counters.report(this.nowMs + afterMs, {
            boot_id: this.bootId,
            dropped_ranges: this.droppedRanges,
          }),
        ),
      ),
      afterMs,
    );
    this.#nextHealthMs = this.nowMs + HEALTH_MS;
  }
}
