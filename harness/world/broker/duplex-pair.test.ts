import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { openNetworkConnection, duplexPair } from './duplex-pair.ts';
import { once } from '../../../hci/testing/deadline.ts';

/** More than the buffers of both ends. */
const LARGE = Buffer.alloc(1_000_000, 'x');

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function firstChunk(end: Duplex): Promise<string> {
  const [chunk] = (await once(end, 'data')) as [Buffer];
  return chunk.toString();
}

describe('an in-memory connection', () => {
  it('transfers bytes in both directions', async () => {
    const [here, there] = duplexPair();
    here.write('ping');
    expect(await firstChunk(there)).toBe('ping');
    there.write('pong');
    expect(await firstChunk(here)).toBe('pong');
  });

  it('delivers everything that was written right before its end was destroyed', async () => {
    const [here, there] = duplexPair();
    const received: string[] = [];
    there.on('data', (chunk: Buffer) => received.push(chunk.toString()));
    here.cork();
    for (const part of ['a', 'b', 'c']) here.write(part);
    here.uncork();
    await nextTurn();
    here.destroy();
    await once(there, 'close');
    expect(received.join('')).toBe('abc');
  });

  it('applies backpressure if the peer does not read', async () => {
    const [here, there] = duplexPair();
    const received = text(there.pause());
    here.write(LARGE);
    expect(here.write('end')).toBe(false);
    here.end();
    expect((await received).length).toBe(LARGE.length + 'end'.length);
  });

  it('completes a write at once while the peer has buffer space, however much was sent before', async () => {
    const [here, there] = duplexPair();
    let receivedBytes = 0;
    there.on('data', (chunk: Buffer) => (receivedBytes += chunk.length));
    for (let count = 0; count < 100; count++) {
      here.write(Buffer.alloc(1_000, 'x'));
      await nextTurn();
    }
    await nextTurn();
    await new Promise((resolve) => here.write('a few bytes', resolve));
    expect(receivedBytes).toBe(100_000);
  });

  it('buffers no more for a slow reader than its high-water mark, and sends the rest once it reads', async () => {
    const [here, there] = duplexPair();
    there.pause();
    for (let round = 0; round < 2; round++) {
      for (let count = 0; count < 200; count++) {
        here.write(Buffer.alloc(1_000, 'x'));
        await nextTurn();
      }
      expect(there.readableLength).toBeLessThan(2 * there.readableHighWaterMark);
      expect(here.writableLength).toBeGreaterThan(100_000);
      let receivedBytes = 0;
      for await (const chunk of there.iterator({ destroyOnReturn: false })) {
        receivedBytes += (chunk as Buffer).length;
        if (receivedBytes === 200_000) break;
      }
    }
  });

  it('completes all pending writes when the peer is destroyed', async () => {
    const [here, there] = duplexPair();
    const completed = Array.from({ length: 5 }, () => new Promise((resolve) => here.write(LARGE, resolve)));
    here.on('error', () => undefined);
    there.destroy();
    expect(await Promise.all(completed)).toHaveLength(5);
  });

  it('closes at both ends', async () => {
    const [here, there] = duplexPair();
    here.destroy();
    await once(there, 'close');
    expect(there.destroyed).toBe(true);
  });
});

describe('a severed connection', () => {
  it('accepts writes but delivers neither them nor the close of the other end', async () => {
    const { ends, sever } = openNetworkConnection();
    const [here, there] = ends;
    let received = '';
    there.on('data', (chunk: Buffer) => (received += chunk.toString()));
    sever();
    await new Promise((resolve) => here.write(LARGE, resolve));
    here.destroy();
    await nextTurn();
    await nextTurn();
    expect(received).toBe('');
    expect(there.destroyed).toBe(false);
  });

  it('completes a write that waited for the peer', async () => {
    const { ends, sever } = openNetworkConnection();
    const [here] = ends;
    const written = new Promise((resolve) => here.write(LARGE, resolve));
    sever();
    await written;
    expect(here.writableLength).toBe(0);
  });
});
