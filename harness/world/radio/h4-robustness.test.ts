import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../random.ts';
import { Air } from './air.ts';
import { H4Server } from './h4-server.ts';
import { H4Host } from './testing/h4-host.ts';
import { onceThat } from '../../../hci/testing/deadline.ts';

const RESET = '01030c00';
const ADVERTISE = '010a200101';
/** LE Set Advertising Parameters: every 20 ms. */
const FASTER = `0106200f20002000${'00'.repeat(9)}0700`;
/** LE Create Connection to the controller of the first connection: 7.5 ms, supervision timeout 5 s. */
const CONNECT = '010d20196000300000' + '01' + '0100000000c0' + '00' + '060006000000f40104000600';

const logged = new EventEmitter();
let lines: string[];
/** The connection that is refused. */
let refusedConnection: number | undefined;
let folder: string;
let server: H4Server;
/** A host that must not be affected. */
let bystander: H4Host;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'martinete-air-'));
  lines = [];
  refusedConnection = undefined;
  server = await H4Server.listen(`unix:${folder}/air`, {
    air: new Air({ random: seededRandom(1).unit }),
    identity: (connection) => {
      if (connection === refusedConnection) throw new Error('there is no such number');
      const [high, low] = [connection >> 8, connection & 0xff].map((byte) =>
        byte.toString(16).padStart(2, '0'),
      );
      return { address: `c0:00:00:00:${high}:${low}`, type: 'random' };
    },
    log: (line) => {
      lines.push(line.replace(/^.*air: connection /, ''));
      logged.emit('line');
    },
  });
  bystander = await H4Host.connect(server.name);
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** The logged reason of the end of a connection; checks that the bystander is not affected. */
async function endReason(connection = 2): Promise<string> {
  const start = `${connection} `;
  const ends = (): string[] => lines.filter((line) => line.startsWith(start) && !line.includes('opened as'));
  await onceThat(() => ends().length > 0, [logged, 'line'], `the end of connection ${connection}`);
  expect(await bystander.address()).toBe('c00000000001');
  const [end, ...more] = ends();
  expect(more).toEqual([]);
  return end?.slice(start.length) ?? expect.unreachable();
}

describe('the server stays up and logs one line if a host', () => {
  it('does not send H4', async () => {
    const host = await H4Host.connect(server.name);
    host.socket.write('GET / HTTP/1.1\r\n');
    expect(await endReason()).toBe('dropped: unknown packet type 0x47');
    await host.ended;
  });

  it('sends a packet that is too long', async () => {
    const host = await H4Host.connect(server.name);
    host.send(RESET, '024000ffff');
    expect(await endReason()).toBe('dropped: a packet of type 0x02 has 65535 bytes of data, more than 4096');
  });

  it('disconnects in the middle of a packet', async () => {
    const host = await H4Host.connect(server.name);
    host.send(RESET, '0108');
    await host.waitFor('040e0401030c00');
    host.socket.end();
    expect(await endReason()).toBe('closed by the host in the middle of a packet');
  });

  it('disconnects', async () => {
    const host = await H4Host.connect(server.name);
    host.socket.end();
    expect(await endReason()).toBe('closed by the host');
  });

  it('never reads the answers', async () => {
    const host = await H4Host.connect(server.name);
    host.socket.pause();
    host.send(RESET.repeat(200_000));
    expect(await endReason()).toBe('dropped: the host does not read');
  });

  it('sends more data than its link can transmit', async () => {
    bystander.send(FASTER, ADVERTISE);
    await bystander.waitFor('040e04010a2000');
    const host = await H4Host.connect(server.name);
    host.send(CONNECT);
    const complete = await host.waitFor('043e130100');
    host.send(`02${complete.slice(10, 14)}0500ffffffffff`.repeat(2000));
    expect(await endReason()).toBe('dropped: the host exceeds the buffers of its controller');
  });

  it('connects when no address is left', async () => {
    refusedConnection = 2;
    const [refused, next] = [await H4Host.connect(server.name), await H4Host.connect(server.name)];
    expect(await endReason()).toBe('refused: there is no such number');
    await refused.ended;
    expect(await next.address()).toBe('c00000000003');
  });

  it('is one of a hundred that connect at once, half of which send garbage', async () => {
    const hosts = await Promise.all(Array.from({ length: 100 }, () => H4Host.connect(server.name)));
    hosts.forEach((host, index) => {
      if (index % 2 === 0) host.socket.write(Buffer.from('ffff', 'hex'));
    });
    const sane = hosts.filter((_host, index) => index % 2 === 1);
    const addresses = await Promise.all(sane.map((host) => host.address()));
    expect(new Set(addresses).size).toBe(sane.length);
    await Promise.all(hosts.filter((host) => !sane.includes(host)).map((host) => host.ended));
    expect(lines.filter((line) => line.endsWith('dropped: unknown packet type 0xff'))).toHaveLength(50);
  });

  it('exceeds the maximum number of connections', async () => {
    const hosts = await Promise.all(Array.from({ length: 255 }, () => H4Host.connect(server.name)));
    const refused = await H4Host.connect(server.name);
    await refused.ended;
    expect(lines.at(-1)).toBe(`${server.name}: refused a connection: the limit is 256`);
    hosts[0]?.socket.end();
    await hosts[0]?.ended;
    expect(await (await H4Host.connect(server.name)).address()).toMatch(/^c0/);
    expect(await bystander.address()).toBe('c00000000001');
  });

  it('sends arbitrary bytes', async () => {
    const noise = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
    let connection = 1;
    await fc.assert(
      fc.asyncProperty(noise, fc.boolean(), async (chunks, resets) => {
        const host = await H4Host.connect(server.name);
        connection++;
        for (const chunk of chunks) host.socket.write(Buffer.concat([Buffer.from(RESET, 'hex'), chunk]));
        if (resets) host.socket.destroy();
        else host.socket.end();
        expect(await endReason(connection)).toMatch(/^(closed by the host|dropped|lost)/);
      }),
      { numRuns: 100 },
    );
  });
});
