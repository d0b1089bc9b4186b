/** Where the broker is, and who is named there. */
export interface BrokerAddress {
  /** For mqtt.js: without user name and password. */
  readonly url: string;
  /** For the log: without anything that may be secret. */
  readonly shown: string;
  readonly username: string;
  readonly password: string;
  readonly isEncrypted: boolean;
}

/** Schemes that mqtt.js knows too, but not together with a client certificate. */
const SAME_AS: Readonly<Record<string, string>> = { 'tcp:': 'mqtt:', 'ssl:': 'mqtts:' };

const ENCRYPTED: readonly string[] = ['mqtts:', 'wss:'];

/** Takes the configured address of a broker apart; it is known to be a URL. */
export function brokerAddress(broker: string): BrokerAddress {
  const url = new URL(broker);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  url.protocol = SAME_AS[url.protocol] ?? url.protocol;
  const isEncrypted = ENCRYPTED.includes(url.protocol);
  return {
    url: url.href,
    shown: `${url.protocol}//${url.host}${url.pathname}`,
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
