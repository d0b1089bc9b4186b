import type { EventOf } from '../../world/trace/event.ts';
import type { Life } from './lives.ts';
import type { Span } from './span.ts';

/** The client's connection to the broker, as the broker sees it. */
export interface Connection extends Span {
  /** The process of the client that made it. */
  readonly life: Life | undefined;
}

/** An attempt of the client to reach the broker. */
export interface BrokerAttempt {
  readonly atMs: number;
  readonly life: Life | undefined;
  /** The connection that was open just then: a broker that ends it for the new one does so in the same moment. */
  readonly beside: Connection | undefined;
}

type BrokerEvent = EventOf<'broker.attempt' | 'broker.connected' | 'broker.disconnected'>;

type OpenConnection = { -readonly [Key in keyof Connection]: Connection[Key] };

/** Follows the client at the broker. */
export class ConnectionLog {
  readonly connections: OpenConnection[] = [];
  readonly attempts: BrokerAttempt[] = [];
  readonly #open: OpenConnection[] = [];

  add({ type, atMs }: BrokerEvent, life: Life | undefined): void {
    if (type === 'broker.attempt') this.attempts.push({ atMs, life, beside: this.#open.at(-1) });
    else if (type === 'broker.connected') {
      const connection = { beginMs: atMs, endMs: Infinity, life };
      this.connections.push(connection);
      this.#open.push(connection);
    } else {
      const connection = this.#open.shift();
      if (connection) connection.endMs = atMs;
    }
  }
}
