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

/** The first row that fits applies. */
const HINTS: readonly Hint[] = [
  { code: /^ECONNREFUSED$/, hint: 'start the broker, or check host and port of broker in [mqtt]' },
  { code: /^(ENOTFOUND|EAI_)/, hint: 'check the host name of broker in [mqtt], and the DNS server' },
  { code: /^(EHOST|ENET|ETIMEDOUT$)/, hint: 'check the network, and the host of broker in [mqtt]' },
  { code: /^(ECONNRESET|EPIPE)$/, isEncrypted: true, hint: PORT_WITHOUT_TLS },
  {
    code: /^(ECONNRESET|EPIPE)$/,
    isEncrypted: false,
    hint: 'if this port expects TLS, set broker in [mqtt] to an ssl:// address',
  },
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

/** What to do about a failed connection attempt; undefined if the code says nothing. */
export function networkHint(code: string, isEncrypted: boolean): string | undefined {
  return HINTS.find((row) => row.code.test(code) && (row.isEncrypted ?? isEncrypted) === isEncrypted)?.hint;
}
