/** The configured address of the broker, parsed. */
export interface BrokerAddress {
  /** For mqtt.js: without user name and password. */
  readonly url: string;
  /** For the log: as configured, without anything that may be secret. */
  readonly redacted: string;
  readonly username: string;
  readonly password: string;
  readonly isEncrypted: boolean;
}

/** Schemes that mqtt.js accepts too, but not with a client certificate. */
const SCHEME_ALIASES: Readonly<Record<string, string>> = { 'tcp:': 'mqtt:', 'ssl:': 'mqtts:' };

const TLS_SCHEMES: readonly string[] = ['mqtts:', 'wss:'];

/** Parses the configured address of a broker, which is a valid URL. */
export function brokerAddress(broker: string): BrokerAddress {
  const url = new URL(broker);
  const { username, password, protocol } = url;
  url.username = '';
  url.password = '';
  url.protocol = SCHEME_ALIASES[url.protocol] ?? url.protocol;
  const isEncrypted = TLS_SCHEMES.includes(url.protocol);
  return {
    url: url.href,
    redacted: `${protocol}//${url.host}${url.pathname}`,
    username: decoded(username),
    password: decoded(password),
    isEncrypted,
  };
}

/** Percent-decoded; with an invalid "%" unchanged. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
