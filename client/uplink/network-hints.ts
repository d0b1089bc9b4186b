/** What an error code of Node.js or OpenSSL means for the owner of the client. */
interface Hint {
  /** Part of the code. */
  readonly code: RegExp;
  /** Whether it applies with TLS, without, or, if absent, to both. */
  readonly isEncrypted?: boolean;
  readonly hint: string;
}

const USE_CA_FILE =
  'set ca_file in [mqtt] to the certificate of the authority that issued that of the broker; a self-signed certificate is its own authority';
const PORT_WITHOUT_TLS =
  'this port probably expects no TLS: set broker in [mqtt] to a tcp:// address, or to the TLS port, usually 8883';

const PORT_WITH_TLS = 'if this port expects TLS, set broker in [mqtt] to an ssl:// address';
const UNREACHABLE = 'check firewalls, and host and port of broker in [mqtt]';

/** Code for a connection attempt on which neither the network nor the broker has answered in time. */
export const NO_ANSWER = 'NO_ANSWER';

/** The first row that fits applies. */
const HINTS: readonly Hint[] = [
  { code: /^ECONNREFUSED$/, hint: 'start the broker, or check host and port of broker in [mqtt]' },
  { code: /^(ENOTFOUND|EAI_)/, hint: 'check the host name of broker in [mqtt], and the DNS server' },
  { code: /^(ECONNRESET|EPIPE)$/, isEncrypted: true, hint: PORT_WITHOUT_TLS },
  {
    code: /^(ECONNRESET|EPIPE)$/,
    isEncrypted: false,
    hint: PORT_WITH_TLS,
  },
  {
    code: /^NO_ANSWER$/,
    isEncrypted: true,
    hint: `${UNREACHABLE}; if this port expects no TLS, set it to a tcp:// address`,
  },
  { code: /^NO_ANSWER$/, isEncrypted: false, hint: `${UNREACHABLE}; ${PORT_WITH_TLS}` },
  { code: /SELF_SIGNED|UNABLE_TO_|CERT_UNTRUSTED|SIGNATURE/, hint: USE_CA_FILE },
  { code: /CERT_NOT_YET_VALID/, hint: 'check the clock of this machine' },
  {
    code: /CERT_HAS_EXPIRED/,
    hint: 'renew the certificate of the broker, or check the clock of this machine',
  },
  { code: /ALTNAME/, hint: 'use the host name from the certificate of the broker in broker in [mqtt]' },
  { code: /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/, hint: 'set cert_file and key_file in [mqtt]' },
  { code: /ALERT.*(CERT|UNKNOWN_CA)/, hint: 'check cert_file and key_file in [mqtt]' },
  { code: /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNEXPECTED_MESSAGE/, hint: PORT_WITHOUT_TLS },
  { code: /^ERR_(SSL|TLS|OSSL)|CERT/, hint: 'check ca_file, cert_file and key_file in [mqtt]' },
];

const CHECK_NETWORK = 'check the network, and the host of broker in [mqtt]';

/** What to do about a failed connection attempt. */
export function networkHint(code: string, isEncrypted: boolean): string {
  const fits = (row: Hint): boolean =>
    row.code.test(code) && (row.isEncrypted ?? isEncrypted) === isEncrypted;
  return HINTS.find(fits)?.hint ?? CHECK_NETWORK;
}
