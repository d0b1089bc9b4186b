import type { ConnectionTerms } from '../../world/broker/broker-event.ts';
import type { EventOf } from '../../world/trace/event.ts';
import type { ProcessSpan } from './processes.ts';
import type { Span } from './span.ts';

/** A connection of the client, as seen by the broker. */
export interface Connection extends Span {
  /** The client process that opened it. */
  readonly process: ProcessSpan | undefined;
  readonly terms: ConnectionTerms;
}

/** A connection attempt of the client. */
export interface BrokerAttempt {
  readonly atMs: number;
  readonly process: ProcessSpan | undefined;
  /** The connection that was open at the time of the attempt. */
  readonly beside: Connection | undefined;
  /** What CONNECT offers. */
  readonly offer: string;
  /** Set if the broker refuses it: when, and the return code or reason code of CONNACK, if there was one. */
  readonly refusal: { readonly atMs: number; readonly code?: number } | undefined;
}

/** Codes of CONNACK for an unsupported version: MQTT 3.1.1, section 3.2.2.3, and 5, section 3.2.2.2. */
const VERSION_CODES: readonly (number | undefined)[] = [0x01, 0x84];

/** Whether a broker has refused the version of MQTT. */
export function isVersionRefusal(refusal: BrokerAttempt['refusal']): boolean {
  return VERSION_CODES.includes(refusal?.code);
}

/** Whether two attempts offer different versions of MQTT. */
export function isOtherVersion(a: BrokerAttempt, b: BrokerAttempt): boolean {
  return versionOf(a) !== versionOf(b);
}

/** What precedes the last will in an offer. */
function versionOf({ offer }: BrokerAttempt): string | undefined {
  return offer.split(',')[0];
}

type BrokerEvent = EventOf<'broker.attempt' | 'broker.refused' | 'broker.connected' | 'broker.disconnected'>;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type OpenConnection = Mutable<Connection>;

/** Collects the client's connections to the broker. */
export class ConnectionLog {
  readonly connections: OpenConnection[] = [];
  readonly attempts: Mutable<BrokerAttempt>[] = [];
  readonly #open: OpenConnection[] = [];

  add(event: BrokerEvent, process: ProcessSpan | undefined): void {
    const { atMs } = event;
    if (event.type === 'broker.attempt') {
      const beside = this.#open.at(-1);
      this.attempts.push({ atMs, process, beside, offer: event.offer, refusal: undefined });
    } else if (event.type === 'broker.refused') {
      const { code } = event;
      const attempt = this.attempts.at(-1);
      if (attempt) attempt.refusal = { atMs, ...(code !== undefined && { code }) };
    } else if (event.type === 'broker.connected') {
      const connection = { beginMs: atMs, endMs: Infinity, process, terms: event };
      this.connections.push(connection);
      this.#open.push(connection);
    } else {
      const connection = this.#open.shift();
      if (connection) connection.endMs = atMs;
    }
  }
}
