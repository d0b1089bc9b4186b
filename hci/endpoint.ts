import { isIPv6 } from 'node:net';

/** Where a controller listens, in the words of `net.connect` and `net.Server.listen`. */
export type Endpoint = { readonly host: string; readonly port: number } | { readonly path: string };

const TCP = /^tcp:(?:\[(?<ipv6>[^\]]+)\]|(?<host>[^\s:/[\]]+)):(?<port>\d{1,5})$/;
const MAX_PORT = 0xffff;
const UNIX = /^unix:(?<path>[^\0]+)$/;
/** What the kernel has room for besides a closing zero: longer paths would be cut off without a word. */
const MAX_PATH_BYTES = 107;

/** The kinds of endpoint; each parses its own names, and is undefined for all others. */
export const ENDPOINTS: readonly {
  /** What such names look like. */
  readonly expected: string;
  readonly parse: (name: string) => Endpoint | undefined;
}[] = [
  { expected: 'tcp:host:port', parse: parseTcp },
  { expected: 'unix:path', parse: parseUnix },
];

function parseTcp(name: string): Endpoint | undefined {
  const { ipv6, host = ipv6, port } = TCP.exec(name)?.groups ?? {};
  if (host === undefined || Number(port) > MAX_PORT) return undefined;
  return ipv6 === undefined || isIPv6(ipv6) ? { host, port: Number(port) } : undefined;
}

function parseUnix(name: string): Endpoint | undefined {
  const path = UNIX.exec(name)?.groups?.['path'];
  return path !== undefined && Buffer.byteLength(path) <= MAX_PATH_BYTES ? { path } : undefined;
}
