import { isIPv6 } from 'node:net';

/** Endpoint of a controller, as options of `net.connect` and `net.Server.listen`. */
export type Endpoint = { readonly host: string; readonly port: number } | { readonly path: string };

const TCP = /^tcp:(?:\[(?<ipv6>[^\]]+)\]|(?<host>[^\s:/[\]]+)):(?<port>\d{1,5})$/;
const MAX_PORT = 0xffff;
const UNIX = /^unix:(?<path>[^\0]+)$/;
/** Maximum path of a Unix socket without its terminating NUL. Node truncates longer paths silently. */
const MAX_PATH_BYTES = 107;

/** Kinds of endpoints; `parse` returns undefined for names of other kinds. */
export const ENDPOINTS: readonly {
  /** Format of the names, for messages. */
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
