import { Bench } from 'tinybench';
import { EncryptedFrameDecoder, openFrame, sealFrame } from '../../../protocol/encrypted-frame.ts';
import { FrameCipher } from '../../../protocol/frame-cipher.ts';
import { blockReadRequest } from '../../../protocol/registers/codec.ts';
import { replyTo } from '../../../protocol/message.ts';
import { BLOCKS } from '../../../protocol/registers/table.ts';
import type { Figure } from './figure.ts';

const CIPHER = new FrameCipher(Buffer.alloc(16, 7), Buffer.alloc(4, 9));
const PADDING = Buffer.alloc(4, 1);
const TARGET_PER_S = 100_000;
const TIME_MS = 1_500;

/** Frames that one core encrypts and decrypts per second: a request, a live block, and the latter in four fragments. */
export async function codecFigures(): Promise<Figure[]> {
  const request = blockReadRequest(BLOCKS.live);
  const reply = replyTo('esc', request, Buffer.alloc(BLOCKS.live.bytes, 5));
  const bench = new Bench({ time: TIME_MS, warmupTime: TIME_MS / 5 });
  let counter = 0;
  const next = (): number => (counter = (counter + 1) & 0xffff);
  bench.add('request', () => {
    openFrame(CIPHER, sealFrame(CIPHER, next(), request, PADDING));
  });
  bench.add('reply', () => {
    openFrame(CIPHER, sealFrame(CIPHER, next(), reply, PADDING));
  });
  const decoder = new EncryptedFrameDecoder(CIPHER);
  bench.add('pieces', () => {
    const frame = sealFrame(CIPHER, next(), reply, PADDING);
    for (let offset = 0; offset < frame.length; offset += 20)
      decoder.push(frame.subarray(offset, offset + 20));
  });
  await bench.run();
  const perSecond = (name: string): number => {
    const result = bench.getTask(name)?.result;
    return result?.state === 'completed' ? result.throughput.p50 : NaN;
  };
  const figure = (what: string, name: string): Figure => ({
    what: `frame codec: encrypt + decrypt, ${what}`,
    unit: '/s',
    measured: perSecond(name),
    target: { atLeast: TARGET_PER_S },
  });
  return [
    figure('request', 'request'),
    figure('32-byte reply', 'reply'),
    figure('32-byte reply in notifications', 'pieces'),
  ];
}
