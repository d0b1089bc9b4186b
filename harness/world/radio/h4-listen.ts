import { once } from 'node:events';
import { lstat, rm } from 'node:fs/promises';
import { connect, isIPv6, type Server } from 'node:net';
import { ENDPOINTS, type Endpoint } from '../../../hci/endpoint.ts';

/** A server that is alive takes a connection at once. */
const PROBE_TIMEOUT_MS = 1000;

/** What to do about the errors of listening, by error code. */
const ADVICE: ReadonlyMap<unknown, string> = new Map([
  ['EADDRINUSE', 'is taken: end the server that is alive there, or choose another'],
  ['EADDRNOTAVAIL', 'is no address of this machine'],
  ['ENOTFOUND', 'is on a host that nobody knows'],
  ['EACCES', 'cannot be made by this process: its folder does not exist, or it has not the right'],
]);

/** Thrown where a server cannot listen; the message says what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/**
 * Lets `server` listen at `tcp:host:port` (port 0 for any that is free) or `unix:path`. A socket that a dead server has
 * left at the path is replaced.
 * @returns the name under which others find it.
 * @throws ListenError where that is no such name, or cannot be listened at.
 */
export async function listen(server: Server, name: string): Promise<string> {
  const endpoint = endpointOf(name);
  try {
    if ('path' in endpoint) await removeDead(endpoint.path);
    server.listen(endpoint);
    await once(server, 'listening');
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    throw new ListenError(
      `${name} ${ADVICE.get(codeOf(error)) ?? `cannot be listened at: ${error.message}`}`,
      {
        cause,
      },
    );
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
  throw new ListenError(`"${name}" is nowhere to listen at: expected ${expected}`);
}

/** Removes the socket at `path` if there is one, and nobody behind it. */
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
