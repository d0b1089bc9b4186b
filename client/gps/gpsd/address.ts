const DEFAULT_PORT = 2947;
const SCHEME = /^gpsd:/i;

/** Where gpsd listens. */
export interface GpsdAddress {
  readonly host: string;
  readonly port: number;
}

/** Whether a serial port of the configuration means a receiver that gpsd holds. */
export function isGpsdUrl(serialPort: string): boolean {
  return SCHEME.test(serialPort);
}

/** Parses `gpsd://host` or `gpsd://host:port`; undefined if it is neither. */
export function parseGpsdUrl(url: string): GpsdAddress | undefined {
  if (!isGpsdUrl(url) || !URL.canParse(url)) return undefined;
  const { hostname, port, pathname, search, hash, username } = new URL(url);
  const rest = pathname.replace(/^\/$/, '') + search + hash + username;
  if (hostname === '' || rest !== '') return undefined;
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? DEFAULT_PORT : Number(port) };
}
