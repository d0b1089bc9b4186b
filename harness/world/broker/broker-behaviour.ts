import type { ReceivedMessage } from './broker-event.ts';
import type { BrokerLimits } from './mqtt5-gateway.ts';

/** What a client sends in its CONNECT packet. */
export interface ConnectingClient {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** A fault of the broker; each hook is optional. */
export interface BrokerBehaviour {
  /** The outcome of a connection attempt: a closed port, an immediate close, a reset, or no answer at all. */
  readonly onConnect?: (version: number) => 'refused' | 'disconnect' | 'reset' | 'silence' | undefined;
  /** What another server on the port answers to CONNECT before it closes the connection. */
  readonly foreignAnswer?: Buffer;
  /** The MQTT 3.1.1 return code, 2 to 5, with which a client is refused. */
  readonly connectReturnCode?: (client: ConnectingClient) => number | undefined;
  /** Whether the client may not publish a message; Aedes then closes the connection. */
  readonly rejectsMessage?: (message: ReceivedMessage) => boolean;
  /** Whether the client may not publish to a topic: MQTT 5 has a reason code for that, with 3.1.1 the connection is closed. */
  readonly forbidsTopic?: (topic: string) => boolean;
  /** Time after which each new connection is closed. */
  readonly closesAfterMs?: number;
  /** Delay before a message is acknowledged and forwarded. */
  readonly delayMs?: number;
  /** The broker forwards messages and answers pings, but acknowledges no message. */
  readonly isDeaf?: true;
  /** Makes it a broker of MQTT 5 with these limits, which refuses MQTT 3.1.1. */
  readonly limits?: BrokerLimits;
}
