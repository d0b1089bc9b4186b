/** Where the broker is, and who is named there. */
export interface BrokerAddress {
  /** For mqtt.js: without user name and password. */
  readonly url: string;
  /** For the log: without anything that may be secret. */
  readonly redacted: string;
  readonly username: string;
  readonly password: string;
  readonly isEncrypted: boolean;
}

/** Schemes that mqtt.js knows too, but not together with a client certificate. */
const SCHEME_ALIASES: Readonly<Record<string, string>> = { 'tcp:': 'mqtt:', 'ssl:': 'mqtts:' };

const TLS_SCHEMES: readonly string[] = ['mqtts:', 'wss:'];

/** Takes the configured address of a broker apart; it is known to be a URL. */
export function brokerAddress(broker: string): BrokerAddress {
  const url = new URL(broker);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  url.protocol = SCHEME_ALIASES[url.protocol] ?? url.protocol;
  const isEncrypted = TLS_SCHEMES.includes(url.protocol);
  return {
    url: url.href,
    redacted: `${url.protocol}//${url.host}${url.pathname}`,
    username: decoded(username),
    password: decoded(password),
    isEncrypted,
  };
}

/** As it was meant: with a stray "%" it is taken as it stands. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
