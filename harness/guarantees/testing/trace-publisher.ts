import { parseConfig } from '../../../client/config/load.ts';
import type { Config } from '../../../client/config/schema.ts';
import { topicsOf } from '../../../client/uplink/topics.ts';
import { TraceRecorder } from './trace-recorder.ts';

const HEALTH_MS = 60_000;
/** Interval between deliveries at the default drain rate. */
const DRAIN_MS = 20;

/** TOML lines for the sections of the client's configuration. */
export interface TraceOptions {
  readonly mqtt?: string;
  readonly scooter?: string;
  readonly outbox?: string;
  readonly serial?: boolean;
}

export type Fields = Readonly<Record<string, unknown>>;

/** The part of a trace that the broker observes: connections, deliveries in order, and health. */
export class TracePublisher extends TraceRecorder {
  readonly config: Config;
  /** Dropped ranges that the client reports on `<base>/health`. */
  droppedRanges: readonly Fields[] = [];
  protected bootId = '';
  protected isConnected = false;
  readonly #waiting: string[] = [];
  readonly #topics: ReturnType<typeof topicsOf>;
  #nextDeliveryMs = Infinity;
  #nextHealthMs = Infinity;

  constructor({ mqtt = '', scooter = '', outbox = '', serial = true }: TraceOptions = {}) {
    super();
    this.config = parseConfig(
      `[mqtt]\nbroker = "tcp://127.0.0.1:1883"\ntopic = "vehicle/1/realtime"\n${mqtt}\n` +
        `[scooter]\nmac = "c8f09e000001"\n${scooter}\n[outbox]\n${outbox}\n` +
        (serial ? '[serial]\nserial_port = "/dev/ttyUSB2"\n' : ''),
      '/trace/martinete.toml',
    );
    this.#topics = topicsOf(this.config.mqtt);
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
    this.record({ type: 'broker.attempt', clientId: this.config.mqtt.clientId });
  }

  connect(): void {
    this.connectAttempt();
    this.record({ type: 'broker.connected', clientId: this.config.mqtt.clientId }, 5);
    this.isConnected = true;
    this.#nextDeliveryMs = this.nowMs + DRAIN_MS;
    this.#nextHealthMs = this.nowMs + HEALTH_MS;
    this.#report(5);
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

  publish(topic: keyof ReturnType<typeof topicsOf>, payload: string, afterMs = 0): void {
    const { clientId } = this.config.mqtt;
    const isRetained = topic !== 'journal' && topic !== 'dropped';
    this.record(
      {
        type: 'received',
        clientId,
        topic: this.#topics[topic],
        payload,
        qos: 1,
        retain: isRetained,
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
    this.publish(
      'health',
      JSON.stringify({ boot_id: this.bootId, dropped_ranges: this.droppedRanges }),
      afterMs,
    );
    this.#nextHealthMs = this.nowMs + HEALTH_MS;
  }
}
