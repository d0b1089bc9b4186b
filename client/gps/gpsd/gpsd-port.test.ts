import { EventEmitter } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseGpsdUrl } from './address.ts';
import { GpsdPort } from './gpsd-port.ts';
import { once, withinDeadline } from '../../../hci/testing/deadline.ts';

describe('the address of gpsd', () => {
  it.each([
    ['gpsd://localhost', 'localhost', 2947],
    ['gpsd://localhost/', 'localhost', 2947],
    ['GPSD://pi.local:2948', 'pi.local', 2948],
    ['gpsd://192.168.1.7', '192.168.1.7', 2947],
    ['gpsd://[::1]:2948', '::1', 2948],
  ])('%s is %s, port %i', (url, host, port) => {
    expect(parseGpsdUrl(url)).toEqual({ host, port });
  });

  it.each([
    '/dev/ttyUSB2',
    'gpsd:',
    'gpsd://',
    'gpsd://localhost:70000',
    'gpsd://localhost/dev/ttyUSB2',
    'tcp://a',
  ])('is not %s', (url) => expect(parseGpsdUrl(url)).toBeUndefined());
});

describe('a connection to gpsd', () => {
  let server: Server;
  let port: number;
  const accepted = new EventEmitter<{ socket: [Socket] }>();

  beforeEach(async () => {
    server = createServer((socket) => accepted.emit('socket', socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  afterEach(() => {
    server.close();
  });

  async function connect(): Promise<[GpsdPort, Socket]> {
    const gpsd = new GpsdPort({ host: '127.0.0.1', port });
    const socket = once(accepted, 'socket') as Promise<[Socket]>;
    const opened = new Promise<void>((resolve, reject) => {
      gpsd.open((error) => (error ? reject(error) : resolve()));
    });
    await withinDeadline(opened, 'a connection to gpsd');
    return [gpsd, (await socket)[0]];
  }

  it('carries bytes in both directions', async () => {
    const [gpsd, socket] = await connect();
    const received = once(gpsd, 'data');
    socket.write('{"class":"VERSION"}\n');
    expect(await received).toEqual([Buffer.from('{"class":"VERSION"}\n')]);
    const sent = once(socket, 'data');
    gpsd.write(Buffer.from('?WATCH;\n'));
    expect(await sent).toEqual([Buffer.from('?WATCH;\n')]);
    gpsd.close(() => undefined);
    await once(socket, 'close');
  });

  it('reports that gpsd has ended it', async () => {
    const [gpsd, socket] = await connect();
    const ended = once(gpsd, 'end');
    gpsd.on('data', () => undefined);
    socket.end();
    await ended;
    gpsd.close(() => undefined);
  });

  it('does not end the process by an error that nobody listens to, and is not written to afterwards', async () => {
    const [gpsd, socket] = await connect();
    gpsd.on('data', () => undefined);
    socket.resetAndDestroy();
    // Not `once`, which would listen to the error.
    await withinDeadline(new Promise((resolve) => gpsd.on('close', resolve)), 'the end of the connection');
    expect(gpsd.write(Buffer.from('late'))).toBe(false);
  });

  it('that is refused fails with the reason, once', async () => {
    server.close();
    await once(server, 'close');
    const reasons: string[] = [];
    const failed = new Promise<void>((resolve) => {
      new GpsdPort({ host: 'localhost', port }).open((error) => {
        reasons.push(error?.message ?? '');
        resolve();
      });
    });
    await withinDeadline(failed, 'the failure of a connection');
    expect(reasons).toEqual([expect.stringContaining('ECONNREFUSED')]);
    server = createServer().listen(0);
  });
});
