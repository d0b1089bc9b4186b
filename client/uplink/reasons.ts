/** What a reason code says, and what to do about it. */
interface Reason {
  readonly text: string;
  readonly hint: string;
}

const SEE_LOG = 'see the log of the broker';
const REPORT = 'report this as a bug of the client, with the log of the broker';

const OTHER_CLIENT_ID: Reason = {
  text: 'client identifier not valid',
  hint: 'set client in [mqtt] to at most 23 letters and digits',
};
const WRONG_PASSWORD: Reason = {
  text: 'bad user name or password',
  hint: 'check username and password in [mqtt]',
};
const NOT_AUTHORIZED: Reason = {
  text: 'not authorized',
  hint: 'check username and password in [mqtt], and which clients and topics the broker permits',
};
const OTHER_VERSION: Reason = {
  text: 'unsupported protocol version',
  hint: 'update the broker: the client supports MQTT 5 and 3.1.1',
};
const UNAVAILABLE: Reason = { text: 'server unavailable', hint: SEE_LOG };

/**
 * Codes by which a broker refuses or ends something: of CONNACK in MQTT 3.1.1 (section 3.2.2.3), and of every packet in
 * MQTT 5 (section 2.4).
 */
const REASONS: Readonly<Record<number, Reason>> = {
  0x01: OTHER_VERSION,
  0x02: OTHER_CLIENT_ID,
  0x03: UNAVAILABLE,
  0x04: WRONG_PASSWORD,
  0x05: NOT_AUTHORIZED,
  0x80: { text: 'unspecified error', hint: SEE_LOG },
  0x81: { text: 'malformed packet', hint: SEE_LOG },
  0x82: { text: 'protocol error', hint: SEE_LOG },
  0x83: { text: 'implementation specific error', hint: SEE_LOG },
  0x84: OTHER_VERSION,
  0x85: OTHER_CLIENT_ID,
  0x86: WRONG_PASSWORD,
  0x87: NOT_AUTHORIZED,
  0x88: UNAVAILABLE,
  0x89: { text: 'server busy', hint: 'reduce the load of the broker if this persists' },
  0x8a: { text: 'banned', hint: 'remove the ban of this client from the broker' },
  0x8b: { text: 'server shutting down', hint: 'start the broker again if it stays down' },
  0x8c: {
    text: 'bad authentication method',
    hint: 'permit user name and password, or certificates, at the broker',
  },
  0x8d: { text: 'keep-alive timeout', hint: 'set a longer keep_alive in [mqtt]' },
  0x8e: {
    text: 'another client uses the same client identifier',
    hint: 'set another one as client in [mqtt]',
  },
  0x90: { text: 'topic name invalid', hint: 'check topic and base_topic in [mqtt]' },
  0x91: { text: 'packet identifier in use', hint: REPORT },
  0x93: { text: 'receive maximum exceeded', hint: REPORT },
  0x94: { text: 'topic alias invalid', hint: REPORT },
  0x95: { text: 'packet too large', hint: 'raise the maximum packet size of the broker' },
  0x96: { text: 'message rate too high', hint: 'set a lower drain_rate in [mqtt]' },
  0x97: { text: 'quota exceeded', hint: 'raise the quota of this client at the broker' },
  0x98: { text: 'administrative action', hint: 'ask the administrator of the broker' },
  0x99: { text: 'payload format invalid', hint: 'permit JSON on this topic at the broker' },
  0x9a: {
    text: 'retain not supported',
    hint: 'permit retained messages at the broker; the client works without',
  },
  0x9b: { text: 'QoS not supported', hint: 'permit QoS 1 at the broker; the client works without' },
  0x9c: { text: 'use another server', hint: 'set its address as broker in [mqtt]' },
  0x9d: { text: 'server moved', hint: 'set its new address as broker in [mqtt]' },
  0x9f: { text: 'connection rate exceeded', hint: 'set a longer reconnect_min in [mqtt]' },
  0xa0: { text: 'maximum connect time', hint: 'raise the maximum connect time of this client at the broker' },
};

/** Describes a reason code, with what to do in parentheses. */
export function describeReason(code: number): string {
  const { text, hint } = REASONS[code] ?? {
    text: `reason code 0x${code.toString(16).padStart(2, '0')}`,
    hint: SEE_LOG,
  };
  return withHint(text, hint);
}

/** Appends what to do to a message, in parentheses. */
export function withHint(text: string, hint: string): string {
  return `${text} (${hint})`;
}
