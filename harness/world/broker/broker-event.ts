/** A published message, as the broker received it. */
export interface ReceivedMessage {
  readonly clientId: string;
  readonly topic: string;
  readonly payload: string;
  readonly qos: number;
  readonly retain: boolean;
  /** Whether the broker published it as the last will of a client. */
  readonly isWill: boolean;
}

/** What the broker does with a message. */
export interface Authorization {
  /** The client may not publish to this topic: the message is discarded. */
  readonly isForbidden?: true;
}

/** What client and broker have agreed on in CONNECT and CONNACK. */
export interface ConnectionTerms {
  readonly maximumQoS: number;
  readonly retainAvailable: boolean;
  /** The last will; absent without one. */
  readonly will?: Omit<ReceivedMessage, 'clientId' | 'isWill'>;
}

/** What happens at the broker. */
export type EventContent =
  /** `offer` is what CONNECT offers: the version and what the last will requires. */
  | { readonly type: 'attempt'; readonly clientId: string; readonly version: number; readonly offer: string }
  /** An attempt fails at once; `code` is that of CONNACK, absent if the port or the connection is closed before it. */
  | { readonly type: 'refused'; readonly clientId: string; readonly code?: number }
  | ({ readonly type: 'connected'; readonly clientId: string } & ConnectionTerms)
  | { readonly type: 'disconnected'; readonly clientId: string }
  | ({ readonly type: 'received' } & ReceivedMessage & Authorization)
  /** The client has exceeded a limit that CONNACK stated; `reason` is the reason code of MQTT 5. */
  | { readonly type: 'violation'; readonly clientId: string; readonly reason: number };

/** An event at the broker; its time is that of `performance.now()`. */
export type BrokerEvent = EventContent & { readonly atMs: number };
