import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { openNetworkConnection, duplexPair } from './duplex-pair.ts';

/** More than fits into an end that is not read. */
const LARGE = Buffer.alloc(1_000_000, 'x');

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function firstChunk(end: Duplex): Promise<string> {
  const [chunk] = (await once(end, 'data')) as [Buffer];
  return chunk.toString();
}

describe('a cable', () => {
  it('carries bytes both ways', async () => {
    const [here, there] = duplexPair();
    here.write('ping');
    expect(await firstChunk(there)).toBe('ping');
    there.write('pong');
    expect(await firstChunk(here)).toBe('pong');
  });

  it('delivers all that was written to an end that is destroyed right behind it', async () => {
    const [here, there] = duplexPair();
    const heard: string[] = [];
    there.on('data', (chunk: Buffer) => heard.push(chunk.toString()));
    here.cork();
    for (const part of ['a', 'b', 'c']) here.write(part);
    here.uncork();
    await nextTurn();
    here.destroy();
    await once(there, 'close');
    expect(heard.join('')).toBe('abc');
  });

  it('makes a writer wait whose peer does not read', async () => {
    const [here, there] = duplexPair();
    const received = text(there.pause());
    here.write(LARGE);
    expect(here.write('end')).toBe(false);
    here.end();
    expect((await received).length).toBe(LARGE.length + 'end'.length);
  });

  it('lets a writer go on at once while there is room, however much has crossed before', async () => {
    const [here, there] = duplexPair();
    let heard = 0;
    there.on('data', (chunk: Buffer) => (heard += chunk.length));
    for (let count = 0; count < 100; count++) {
      here.write(Buffer.alloc(1_000, 'x'));
      await nextTurn();
    }
    await nextTurn();
    await new Promise((resolve) => here.write('a few bytes', resolve));
    expect(heard).toBe(100_000);
  });

  it('holds no more for a peer that does not read than that has room for, and the rest until it does', async () => {
    const [here, there] = duplexPair();
    there.pause();
    for (let round = 0; round < 2; round++) {
      for (let count = 0; count < 200; count++) {
        here.write(Buffer.alloc(1_000, 'x'));
        await nextTurn();
      }
      expect(there.readableLength).toBeLessThan(2 * there.readableHighWaterMark);
      expect(here.writableLength).toBeGreaterThan(100_000);
      let heard = 0;
      for await (const chunk of there.iterator({ destroyOnReturn: false })) {
        heard += (chunk as Buffer).length;
        if (heard === 200_000) break;
      }
    }
  });

  it('tells a writer of everything that was on its way when the peer went', async () => {
    const [here, there] = duplexPair();
    const told = Array.from({ length: 5 }, () => new Promise((resolve) => here.write(LARGE, resolve)));
    here.on('error', () => undefined);
    there.destroy();
    expect(await Promise.all(told)).toHaveLength(5);
  });

  it('ends at both ends', async () => {
    const [here, there] = duplexPair();
    here.destroy();
    await once(there, 'close');
    expect(there.destroyed).toBe(true);
  });
});

describe('a severed cable', () => {
  it('takes what is written, and lets nobody hear it, nor the end of the other', async () => {
    const { ends, sever } = openNetworkConnection();
    const [here, there] = ends;
    let heard = '';
    there.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    sever();
    await new Promise((resolve) => here.write(LARGE, resolve));
    here.destroy();
    await nextTurn();
    await nextTurn();
    expect(heard).toBe('');
    expect(there.destroyed).toBe(false);
  });

  it('lets a writer go on that waited for its peer', async () => {
    const { ends, sever } = openNetworkConnection();
    const [here] = ends;
    const written = new Promise((resolve) => here.write(LARGE, resolve));
    sever();
    await written;
    expect(here.writableLength).toBe(0);
  });
});
