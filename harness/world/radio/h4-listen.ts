import { once } from 'node:events';
import { lstat, rm } from 'node:fs/promises';
import { connect, isIPv6, type Server } from 'node:net';
import { ENDPOINTS, type Endpoint } from '../../../hci/endpoint.ts';

/** A live server accepts a connection at once. */
const PROBE_TIMEOUT_MS = 1000;

/** Messages by the code of a listen error. */
const ADVICE: ReadonlyMap<unknown, string> = new Map([
  ['EADDRINUSE', 'is in use: stop the server that listens there, or choose another name'],
  ['EADDRNOTAVAIL', 'is not an address of this machine'],
  ['ENOTFOUND', 'has an unknown host name'],
  ['EACCES', 'cannot be created: check that its folder exists and is writable'],
]);

/** Thrown if a server cannot listen; the message says what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/**
 * Lets `server` listen at `tcp:host:port` (port 0 for any free port) or `unix:path`. A socket that a dead server has
 * left at the path is replaced.
 * @returns the name with the actual port
 * @throws ListenError if the name is invalid, or the server cannot listen there
 */
export async function listen(server: Server, name: string): Promise<string> {
  const endpoint = endpointOf(name);
  try {
    if ('path' in endpoint) await removeDead(endpoint.path);
    server.listen(endpoint);
    await once(server, 'listening');
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    throw new ListenError(`${name} ${ADVICE.get(codeOf(error)) ?? `cannot be used: ${error.message}`}`, {
      cause,
    });
  }
  const address = server.address();
  if (address === null || typeof address === 'string' || 'path' in endpoint) return name;
  return `tcp:${isIPv6(endpoint.host) ? `[${endpoint.host}]` : endpoint.host}:${address.port}`;
}

function endpointOf(name: string): Endpoint {
  for (const { parse } of ENDPOINTS) {
    const endpoint = parse(name);
    if (endpoint) return endpoint;
  }
  const expected = ENDPOINTS.map((kind) => kind.expected).join(' or ');
  throw new ListenError(`"${name}" is not an address to listen at: expected ${expected}`);
}

/** Removes the socket at `path` if no server listens at it. */
async function removeDead(path: string): Promise<void> {
  const file = await lstat(path).catch(() => undefined);
  if (file?.isSocket() && (await isDead(path))) await rm(path, { force: true });
}

async function isDead(path: string): Promise<boolean> {
  const probe = connect(path);
  try {
    await once(probe, 'connect', { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    return false;
  } catch (error) {
    return codeOf(error) === 'ECONNREFUSED';
  } finally {
    probe.destroy();
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
