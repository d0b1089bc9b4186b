import { ClientError } from '../errors.ts';
import { networkHint, NO_ANSWER } from './network-hints.ts';
import { describeReason, withHint } from './reasons.ts';

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

/** The broker refuses something that CONNECT offers, and may accept less. */
export class OfferRefused extends ClientError {
  /** Reason code of CONNACK: MQTT 5, section 3.2.2.2. */
  readonly reason: number;

  constructor(reason: number, options?: ErrorOptions) {
    super('peer', `Connection refused: ${describeReason(reason)}`, options);
    this.reason = reason;
  }
}

/** The broker has not acknowledged a message in time. */
export class AcknowledgementMissing extends ClientError {
  readonly topic: string;
  /** Whether it has acknowledged other messages meanwhile. */
  readonly othersAcknowledged: boolean;

  constructor(topic: string, timeoutMs: number, othersAcknowledged: boolean) {
    const what = othersAcknowledged ? `no message on ${topic}` : 'nothing';
    super('timeout', `The broker has acknowledged ${what} for ${timeoutMs / 1000} s`);
    this.topic = topic;
    this.othersAcknowledged = othersAcknowledged;
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

interface CodedError extends Error {
  readonly code?: unknown;
  /** OpenSSL's description, without its file names. */
  readonly reason?: string;
}

/** Classifies an error that mqtt.js reports before CONNACK was accepted. */
export function connectError(cause: CodedError, isEncrypted: boolean): ClientError {
  const { code, message, reason } = cause;
  if (typeof code === 'number') return refusedConnection(code, cause);
  const text = typeof code === 'string' ? code : '';
  const hint = networkHint(text, isEncrypted);
  if (TLS_CODE.test(text)) {
    return new CredentialsRefused(withHint(`TLS: ${reason ?? message}`, hint), { cause });
  }
  const described = withHint(message || text || 'The connection failed', hint);
  // A broker that does not know the version may leave the rest of CONNECT unread, which resets the connection.
  if (RESET_CODES.includes(code)) return new VersionRefused(described, false, { cause });
  return new ClientError('peer', described, { cause });
}

/** Classifies the reason code of a CONNACK. */
function refusedConnection(code: number, cause: Error): ClientError {
  const message = `Connection refused: ${describeReason(code)}`;
  if (VERSION_CODES.includes(code)) return new VersionRefused(message, true, { cause });
  if (CREDENTIALS_CODES.includes(code)) return new CredentialsRefused(message, { cause });
  return new OfferRefused(code, { cause });
}

/** The broker closed the connection before CONNACK, as brokers do that do not know the version, or expect TLS. */
export function closedBeforeConnack(isEncrypted: boolean): VersionRefused {
  return new VersionRefused(
    withHint('The broker closed the connection before CONNACK', networkHint('ECONNRESET', isEncrypted)),
    false,
  );
}

/** Adds to the timeout of a connection attempt what may be the reason. */
export function noAnswer(cause: ClientError, isEncrypted: boolean): ClientError {
  return new ClientError('timeout', withHint(cause.message, networkHint(NO_ANSWER, isEncrypted)), { cause });
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
  return new ClosedByBroker(
    `The broker closed the connection: ${describeReason(reasonCode)}`,
    CONTENT_REASONS.includes(reasonCode),
  );
}

/** The broker's rejection of a message; undefined if mqtt.js reports any other error. */
export function publishError(topic: string, cause: CodedError): MessageRefused | undefined {
  if (typeof cause.code !== 'number') return undefined;
  return new MessageRefused(
    `The broker rejects messages on ${topic}: ${describeReason(cause.code)}`,
    CONTENT_REASONS.includes(cause.code),
    { cause },
  );
}

/** The message is larger than the broker accepts; it has not been sent. */
export function messageTooLarge(topic: string, bytes: number, maxBytes: number): MessageRefused {
  return new MessageRefused(
    `The broker accepts packets of ${maxBytes} bytes, and a message on ${topic} takes ${bytes}: raise the maximum packet size of the broker`,
    true,
  );
}
