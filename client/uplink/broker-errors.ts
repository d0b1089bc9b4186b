import { ClientError } from '../errors.ts';

/** The broker does not support the MQTT version offered, or closed the connection before CONNACK. */
export class VersionRefused extends ClientError {
  /** Whether the broker said so. If it only closed the connection, it may just be shutting down. */
  readonly isExplicit: boolean;

  constructor(message: string, isExplicit: boolean, options?: ErrorOptions) {
    super('peer', message, options);
    this.isExplicit = isExplicit;
  }
}

/** The broker rejects user name, password or certificate, or its own certificate is invalid: retry late. */
export class CredentialsRefused extends ClientError {
  constructor(message: string, options?: ErrorOptions) {
    super('peer', message, options);
  }
}

/** The broker rejects a message, or closed the connection, possibly because of a message. */
export class Rejection extends ClientError {
  /** Whether the content of the message may be the reason, so that another message may be accepted. */
  readonly isAboutContent: boolean;

  constructor(message: string, isAboutContent: boolean, options?: ErrorOptions) {
    super('peer', message, options);
    this.isAboutContent = isAboutContent;
  }
}

/** The broker has received a message and rejects it. */
export class MessageRefused extends Rejection {}

/** The broker has closed the connection. */
export class ClosedByBroker extends Rejection {}

/** CONNACK codes for an unsupported version: MQTT 3.1.1, section 3.2.2.3, and 5, section 3.2.2.2. */
const VERSION_CODES: readonly unknown[] = [0x01, 0x84];

/** CONNACK codes for a rejected client identifier, user name, password, or client. */
const CREDENTIALS_CODES: readonly unknown[] = [0x02, 0x04, 0x05, 0x85, 0x86, 0x87, 0x8a, 0x8c];

/** Error codes of Node.js for an invalid certificate, the client's or the broker's. */
const TLS_CODE = /^ERR_(SSL|TLS|OSSL)|CERT|SIGNATURE|UNABLE_TO_/;

/** Socket errors if the broker closed the connection with data unread. */
const RESET_CODES: readonly unknown[] = ['ECONNRESET', 'EPIPE'];

/** Reason codes that may refer to the content of a message: MQTT 5, section 2.4. */
const CONTENT_REASONS: readonly number[] = [0x80, 0x81, 0x82, 0x83, 0x95, 0x99];

/** Reason codes of DISCONNECT: MQTT 5, section 3.14.2.1. */
const DISCONNECT_REASONS: Readonly<Record<number, string>> = {
  0x81: 'malformed packet',
  0x82: 'protocol error',
  0x87: 'not authorized',
  0x8b: 'server shutting down',
  0x8d: 'keep-alive timeout',
  0x8e: 'another client uses the same client identifier: set another one as client in [mqtt]',
  0x93: 'receive maximum exceeded',
  0x95: 'packet too large',
  0x97: 'quota exceeded',
  0x98: 'administrative action',
  0x99: 'payload format invalid',
  0x9a: 'retain not supported',
};

interface CodedError extends Error {
  readonly code?: unknown;
  /** OpenSSL's description, without its file names. */
  readonly reason?: string;
}

/** Classifies an error that mqtt.js reports before CONNACK. */
export function connectError(cause: CodedError): ClientError {
  const { code, message, reason } = cause;
  if (VERSION_CODES.includes(code)) return new VersionRefused(message, true, { cause });
  if (CREDENTIALS_CODES.includes(code)) {
    return new CredentialsRefused(`${message} (check client, username and password in [mqtt])`, { cause });
  }
  if (TLS_CODE.test(String(code))) {
    return new CredentialsRefused(`TLS: ${reason ?? message} (check ca_file, cert_file and key_file)`, {
      cause,
    });
  }
  return new ClientError('peer', message || String(code), { cause });
}

/** Classifies an error that mqtt.js reports after CONNACK. */
export function connectionError(cause: CodedError): ClientError {
  if (RESET_CODES.includes(cause.code))
    return new ClosedByBroker(`The broker closed the connection (${String(cause.code)})`, true, { cause });
  return new ClientError('link_lost', `The connection to the broker failed: ${cause.message}`, { cause });
}

/** The broker closed the connection, with or without a reason code. */
export function closedByBroker(reasonCode: number | undefined): ClosedByBroker {
  if (reasonCode === undefined) return new ClosedByBroker('The broker closed the connection', true);
  const description = DISCONNECT_REASONS[reasonCode] ?? `reason 0x${reasonCode.toString(16)}`;
  return new ClosedByBroker(
    `The broker closed the connection: ${description}`,
    CONTENT_REASONS.includes(reasonCode),
  );
}

/** The broker's rejection of a message; undefined if mqtt.js reports any other error. */
export function publishError(topic: string, cause: CodedError): MessageRefused | undefined {
  if (typeof cause.code !== 'number') return undefined;
  return new MessageRefused(
    `The broker rejects messages on ${topic}: ${cause.message.replace(/^Publish error: /, '')}`,
    CONTENT_REASONS.includes(cause.code),
    { cause },
  );
}
