import { ClientError } from '../errors.ts';

/** The broker does not speak the version of MQTT that it was offered, or hung up before it answered. */
export class VersionRefused extends ClientError {
  /** It said so, which leaves no doubt; a broker that hangs up may just be on its way down. */
  readonly isExplicit: boolean;

  constructor(message: string, isSaid: boolean, options?: ErrorOptions) {
    super('peer', message, options);
    this.isExplicit = isSaid;
  }
}

/** The broker refuses name, password or certificate, or its own certificate is no good: soon is too soon to try again. */
export class CredentialsRefused extends ClientError {
  constructor(message: string, options?: ErrorOptions) {
    super('peer', message, options);
  }
}

/** The broker does not take a message, or may not. */
export class Rejection extends ClientError {
  /** Whether this may be about the content of the message, so that another one might pass. */
  readonly isAboutContent: boolean;

  constructor(message: string, isAboutContent: boolean, options?: ErrorOptions) {
    super('peer', message, options);
    this.isAboutContent = isAboutContent;
  }
}

/** The broker has received a message and does not take it. */
export class MessageRefused extends Rejection {}

/** The broker has ended the connection, of its own will as far as we can know. */
export class ClosedByBroker extends Rejection {}

/** CONNACK codes of a broker that does not speak this version: MQTT 3.1.1, section 3.2.2.3, and 5, section 3.2.2.2. */
const VERSION_CODES: readonly unknown[] = [0x01, 0x84];

/** CONNACK codes of a broker that does not want this client: its name, user name, password, or all of it. */
const CREDENTIALS_CODES: readonly unknown[] = [0x02, 0x04, 0x05, 0x85, 0x86, 0x87, 0x8a, 0x8c];

/** How Node.js names what is wrong with a certificate, its own or the broker's. */
const TLS_CODE = /^ERR_(SSL|TLS|OSSL)|CERT|SIGNATURE|UNABLE_TO_/;

/** Errors of a socket whose other end has hung up with something of ours unread. */
const RESET_CODES: readonly unknown[] = ['ECONNRESET', 'EPIPE'];

/** Reason codes of MQTT 5, section 2.4, by which a broker may mean what is in a message. */
const CONTENT_REASONS: readonly number[] = [0x80, 0x81, 0x82, 0x83, 0x95, 0x99];

/** What a broker may say before it hangs up: MQTT 5, section 3.14.2.1. */
const DISCONNECT_REASONS: Readonly<Record<number, string>> = {
  0x81: 'malformed packet',
  0x82: 'protocol error',
  0x87: 'not authorized',
  0x8b: 'it shuts down',
  0x8d: 'it has heard nothing for too long',
  0x8e: 'another client uses the same client identifier',
  0x93: 'too much at once',
  0x95: 'packet too large',
  0x97: 'quota exceeded',
  0x98: 'by order of its administrator',
  0x99: 'payload format invalid',
  0x9a: 'it does not retain messages',
};

interface CodedError extends Error {
  readonly code?: unknown;
  /** What OpenSSL says in words, without its file names. */
  readonly reason?: string;
}

/** Why there is no connection, from what mqtt.js reports before CONNACK. */
export function connectError(cause: CodedError): ClientError {
  const { code, message, reason } = cause;
  if (VERSION_CODES.includes(code)) return new VersionRefused(message, true, { cause });
  if (CREDENTIALS_CODES.includes(code)) return new CredentialsRefused(message, { cause });
  if (TLS_CODE.test(String(code))) return new CredentialsRefused(`TLS: ${reason ?? message}`, { cause });
  return new ClientError('peer', message || String(code), { cause });
}

/** Why there is no connection any more, from what mqtt.js reports after CONNACK. */
export function connectionError(cause: CodedError): ClientError {
  if (RESET_CODES.includes(cause.code))
    return new ClosedByBroker(`The broker hung up (${String(cause.code)})`, true, { cause });
  return new ClientError('link_lost', `The connection to the broker failed: ${cause.message}`, { cause });
}

/** The end of a connection by the broker, after the reason code that it may have given. */
export function closedByBroker(reasonCode: number | undefined): ClosedByBroker {
  if (reasonCode === undefined) return new ClosedByBroker('The broker hung up', true);
  const words = DISCONNECT_REASONS[reasonCode] ?? `reason 0x${reasonCode.toString(16)}`;
  return new ClosedByBroker(`The broker hung up: ${words}`, CONTENT_REASONS.includes(reasonCode));
}

/** What the broker answers to a message that it does not take; undefined where mqtt.js reports something else. */
export function publishError(topic: string, cause: CodedError): MessageRefused | undefined {
  if (typeof cause.code !== 'number') return undefined;
  return new MessageRefused(
    `The broker refuses what is published on ${topic}: ${cause.message.replace(/^Publish error: /, '')}`,
    CONTENT_REASONS.includes(cause.code),
    { cause },
  );
}
