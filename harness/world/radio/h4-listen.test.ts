import { link, lstat, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen, ListenError } from './h4-listen.ts';
import { once } from '../../../hci/testing/deadline.ts';

let folder: string;
const servers: Server[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'martinete-listen-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await close(server);
  await rm(folder, { recursive: true });
});

function newServer(): Server {
  const server = createServer((socket) => socket.destroy());
  servers.push(server);
  return server;
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  server.close();
  await once(server, 'close');
}

/** Creates a socket as a killed server leaves it behind. */
async function deadSocket(path: string): Promise<void> {
  const server = newServer();
  await listen(server, `unix:${path}-alive`);
  await link(`${path}-alive`, path);
  await close(server);
}

async function refusal(name: string): Promise<string> {
  const error: unknown = await listen(newServer(), name).catch((cause: unknown) => cause);
  return error instanceof ListenError ? error.message : expect.unreachable(String(error));
}

describe('a server', () => {
  it('reports the port that it got', async () => {
    const server = newServer();
    const name = await listen(server, 'tcp:127.0.0.1:0');
    expect(server.address()).toMatchObject({ address: '127.0.0.1' });
    expect(name).toMatch(/^tcp:127\.0\.0\.1:[1-9]\d+$/);
    expect(await refusal(name)).toBe(
      `${name} is in use: stop the server that listens there, or choose another name`,
    );
  });

  it('replaces the socket of a dead server', async () => {
    const path = join(folder, 'air');
    await deadSocket(path);
    expect((await lstat(path)).isSocket()).toBe(true);
    expect(await listen(newServer(), `unix:${path}`)).toBe(`unix:${path}`);
  });

  it('does not replace the socket of a live server', async () => {
    const name = `unix:${folder}/air`;
    const alive = newServer();
    await listen(alive, name);
    const probed = once(alive, 'connection');
    expect(await refusal(name)).toBe(
      `${name} is in use: stop the server that listens there, or choose another name`,
    );
    await probed;
  });

  it('does not replace a file that is not a socket', async () => {
    const path = join(folder, 'notes');
    await writeFile(path, 'some notes');
    expect(await refusal(`unix:${path}`)).toMatch(/is in use/);
    expect(await readFile(path, 'utf8')).toBe('some notes');
  });

  it.each([
    ['tcp:192.0.2.1:0', 'tcp:192.0.2.1:0 is not an address of this machine'],
    [
      'unix:/nowhere/air',
      'unix:/nowhere/air cannot be created: check that its folder exists and is writable',
    ],
    ['hci0', '"hci0" is not an address to listen at: expected tcp:host:port or unix:path'],
  ])('reports why it cannot listen at %s', async (name, message) => {
    expect(await refusal(name)).toBe(message);
  });
});
