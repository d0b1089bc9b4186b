import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readRequest, type RegisterMessage, replyTo } from '../../protocol/message.ts';
import { BLOCKS } from '../../protocol/registers/table.ts';
import { XOR_KEY_BYTES } from '../../protocol/xor-keystream.ts';
import { ClientError } from '../errors.ts';
import { createLogger } from '../log.ts';
import { type FrameCodec, PlainCodec } from './frame-codec.ts';
import type { AdvertisedModel } from './protocol-generation.ts';
import { readBlock } from './read-block.ts';
import { Session } from './session.ts';
import {
  KEYSTREAM,
  REQUEST_TIMEOUT_MS,
  SessionFixture,
  TOTAL_TIMEOUT_MS,
} from './testing/session-fixture.ts';
import { openXorCodec } from './xor-codec.ts';

const PROBE_REGISTER = 0x50;

let fixture: SessionFixture;
let problems: string[];
let advertised: AdvertisedModel;
/** Whether the scooter ignores a request. */
let isIgnored: (request: RegisterMessage) => boolean;
/** Memory of every device of the scooter. */
let memory: Buffer;
beforeEach(() => {
  vi.useFakeTimers();
  fixture = new SessionFixture('xor');
  fixture.value = KEYSTREAM.subarray(0, XOR_KEY_BYTES);
  problems = [];
  advertised = { model: undefined, generation: 'xor' };
  isIgnored = () => false;
  memory = Buffer.alloc(0x300);
  fixture.onRequest = answer;
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  expect(fixture.subscribers).toBe(0);
  vi.useRealTimers();
});

const sizeOf = ({ data }: RegisterMessage): number => data[0] ?? 0;
const isProbe = ({ register }: RegisterMessage): boolean =>
  register >= PROBE_REGISTER && register < PROBE_REGISTER + 16;

function answer(request: RegisterMessage): void {
  if (isIgnored(request)) return;
  const start = 2 * request.register;
  const data = memory.subarray(start, start + sizeOf(request));
  fixture.reply(replyTo(request.address === 0x22 ? 'bms' : 'esc', request, data));
}

const noteReason = (line: string): void =>
  void problems.push((JSON.parse(line) as { reason: string }).reason);

const options = () => ({
  requestTimeoutMs: REQUEST_TIMEOUT_MS,
  totalTimeoutMs: TOTAL_TIMEOUT_MS,
  signal: fixture.stop.signal,
  advertised,
  log: createLogger({ level: 'info', format: 'json', sink: { write: noteReason } }),
});
const open = (): Promise<FrameCodec> => openXorCodec(fixture.link(), options());

/** Reads the live block; returns its bytes, and the sizes of the requests for it. */
async function readLive(codec: FrameCodec): Promise<{ bytes: Buffer; sizes: number[] }> {
  const session = await Session.open(fixture.link(), codec, options());
  const before = fixture.requests.length;
  const bytes = await readBlock(session, BLOCKS.live);
  session.close();
  return { bytes, sizes: fixture.requests.slice(before).map(sizeOf) };
}

/** Fills the live block with numbers, except its end, which has no meaning. */
function fillLive(): Buffer {
  const live = memory.subarray(2 * BLOCKS.live.register, 2 * BLOCKS.live.register + BLOCKS.live.bytes);
  live.fill(0).set(Array.from({ length: 24 }, (_, index) => 100 + index));
  return live;
}

describe('the codec for XORed frames', () => {
  it.each([0, 0xff, 0x35])(
    'reads the live block in one request, if the unused area contains %i',
    async (fill) => {
      memory.fill(fill);
      const live = fillLive();
      const codec = await open();
      expect(fixture.requests.map(sizeOf)).toEqual([8, 8, 8, 8, 32]);
      expect(await readLive(codec)).toEqual({ bytes: live, sizes: [32] });
      expect(problems).toEqual([]);
    },
  );

  it('reads in small parts if the unused area is not answered', async () => {
    const live = fillLive();
    isIgnored = isProbe;
    const opening = open();
    await vi.advanceTimersByTimeAsync(TOTAL_TIMEOUT_MS);
    expect(await readLive(await opening)).toEqual({ bytes: live, sizes: [8, 6, 8, 2] });
    expect(problems).toEqual(['Reading register 0x50 took longer than 6.5 s']);
  });

  it('reads in small parts if only short reads are answered', async () => {
    const live = fillLive();
    isIgnored = (request) => sizeOf(request) > 9;
    const opening = open();
    await vi.advanceTimersByTimeAsync(TOTAL_TIMEOUT_MS);
    expect(await readLive(await opening)).toEqual({ bytes: live, sizes: [8, 6, 8, 2] });
  });

  it('reads in small parts, and no wrong value, if the unused area changes', async () => {
    const live = fillLive();
    fixture.onRequest = (request) => {
      if (isProbe(request)) memory.fill(fixture.requests.length, 0xa0, 0xc0);
      answer(request);
    };
    expect(await readLive(await open())).toEqual({ bytes: live, sizes: [8, 6, 8, 2] });
    expect(problems).toEqual(['the block that reveals the keystream is changing']);
  });

  it('ignores a reply that is longer than the keystream, rather than return a wrong value', async () => {
    isIgnored = isProbe;
    const opening = open();
    await vi.advanceTimersByTimeAsync(TOTAL_TIMEOUT_MS);
    const session = await Session.open(fixture.link(), await opening, options());
    const reply = session.request(readRequest('esc', 0xb0, 32)).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(TOTAL_TIMEOUT_MS);
    expect(await reply).toMatchObject({ code: 'timeout' });
    session.close();
  });

  it('is that of plain frames if the scooter advertises these, and does not answer XORed ones', async () => {
    fixture = new SessionFixture('plain');
    fixture.value = KEYSTREAM.subarray(0, XOR_KEY_BYTES);
    fixture.onRequest = answer;
    advertised = { model: undefined, generation: 'plain' };
    const live = fillLive();
    const opening = open();
    await vi.advanceTimersByTimeAsync(TOTAL_TIMEOUT_MS);
    const codec = await opening;
    expect(codec).toBeInstanceOf(PlainCodec);
    expect(await readLive(codec)).toEqual({ bytes: live, sizes: [32] });
  });

  it('is used if the scooter answers it, although it advertises plain frames', async () => {
    advertised = { model: undefined, generation: 'plain' };
    const live = fillLive();
    expect(await readLive(await open())).toEqual({ bytes: live, sizes: [32] });
  });

  it('retransmits, and ignores a damaged reply', async () => {
    const damaged = new Set<string>();
    fixture.onRequest = (request) => {
      const key = `${request.register} ${sizeOf(request)}`;
      if (damaged.has(key)) answer(request);
      else fixture.notify(Buffer.from('55ab0211223344556677889900', 'hex'));
      damaged.add(key);
    };
    const opening = open();
    await vi.advanceTimersByTimeAsync(10 * REQUEST_TIMEOUT_MS);
    expect((await opening).maxReadBytes).toBe(32);
    expect(fixture.requests.map(sizeOf)).toEqual([8, 8, 8, 8, 8, 8, 8, 8, 32, 32]);
  });

  it.each([0, 11, 20])('rejects a key of %i bytes', async (length) => {
    fixture.value = Buffer.alloc(length);
    await expect(open()).rejects.toMatchObject({ code: 'unsupported_scooter' });
    expect(fixture.requests).toEqual([]);
  });

  it('fails if the link ends', async () => {
    fixture.onRequest = () => fixture.ended.abort(new ClientError('link_lost', 'gone'));
    await expect(open()).rejects.toMatchObject({ code: 'link_lost' });
    expect(problems).toEqual([]);
  });
});
