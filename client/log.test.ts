import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ClientError } from './errors.ts';
import { createLogger } from './log.ts';
import type { LogOptions, Logger } from './log.ts';

const TOKEN = Buffer.from('twelve bytes');

function recorder(options: Partial<LogOptions> = {}): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const sink = { write: (line: string) => lines.push(line) };
  return { log: createLogger({ level: 'info', format: 'text', sink, ...options }), lines };
}

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2024-07-15T18:20:16Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a log for people', () => {
  it('has one short line per event, in order, at once, at the time of the clock', () => {
    const { log, lines } = recorder();
    log.info('Searching.');
    expect(lines).toEqual(['[2024-07-15 18:20:16] INFO: Searching.\n']);
    vi.advanceTimersByTime(61_000);
    log.warn({ attempt: 2, rssi: -80 }, 'Lost the link.');
    log.child({ part: 'gps' }).error('No fix.');
    expect(lines.slice(1)).toEqual([
      '[2024-07-15 18:21:17] WARN: Lost the link. (attempt 2, rssi -80)\n',
      '[2024-07-15 18:21:17] ERROR: No fix. (part gps)\n',
    ]);
  });

  it('has an error with its code and its causes, without a stack', () => {
    const { log, lines } = recorder();
    const err = new ClientError('timeout', 'No answer', { cause: new Error('radio silence') });
    log.warn({ err, gps: new TypeError('unplugged') }, 'Trying again.');
    log.error(err);
    expect(lines).toEqual([
      '[2024-07-15 18:20:16] WARN: Trying again. (timeout: No answer: radio silence, gps TypeError: unplugged)\n',
      '[2024-07-15 18:20:16] ERROR: No answer (timeout: No answer: radio silence)\n',
    ]);
  });

  it('has one line per event, whatever the name of a scooter contains', () => {
    const { log, lines } = recorder();
    log.info({ name: 'a\nb', seen: ['a\n\u009bb'] }, 'Found a\n\u001b[2Jb.');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\P{Cc}+\n$/u);
    expect(lines[0]).toContain('Found a\\x0a\\x1b[2Jb.');
  });

  it('has colours only if its destination shows them', () => {
    const lines: string[] = [];
    const write = (line: string): unknown => lines.push(line);
    recorder({ sink: { write, hasColours: true } }).log.info('Hello.');
    expect(lines.splice(0).join('')).toContain('\u001b[');
    recorder({ sink: { write, hasColours: false } }).log.info('Hello.');
    expect(lines.join('')).not.toContain('\u001b[');
  });

  it('has units after numbers, and words for yes and no', () => {
    const { log, lines } = recorder();
    log.info(
      { everyS: 5, forMs: 80, batteryPercent: 63, fix: true, name: undefined, last: null },
      'Reading.',
    );
    expect(lines[0]).toContain('Reading. (every 5 s, for 80 ms, battery 63 %, fix yes, last none)\n');
  });

  it('omits events below its level', () => {
    const { log, lines } = recorder({ level: 'warn' });
    log.info('Hello.');
    expect(lines).toEqual([]);
  });
});

describe('a log for programs', () => {
  it('has one JSON object per event, without process and host', () => {
    const { log, lines } = recorder({ format: 'json' });
    log.info({ attempt: 2 }, 'Lost the link.');
    expect(lines).toEqual([`{"level":30,"time":${Date.now()},"attempt":2,"msg":"Lost the link."}\n`]);
  });

  it('keeps the stack of an error', () => {
    const { log, lines } = recorder({ format: 'json' });
    log.error(new Error('boom'));
    expect(lines[0]).toContain('log.test.ts');
  });

  it('may be written to a stream', () => {
    const written: string[] = [];
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        written.push(chunk.toString());
        done();
      },
    });
    recorder({ format: 'json', sink }).log.info('Hello.');
    expect(written).toHaveLength(1);
  });
});

describe.each(['text', 'json'] as const)('a secret in a %s log', (format) => {
  const secretNames = ['token', 'key', 'password', 'privateKey', 'didKey', 'bindKey'];

  it.each(secretNames)('is not logged if its name is %s', (name) => {
    const { log, lines } = recorder({ format });
    const secret = { [name]: 's3cret' };
    log.info({ ...secret, keys: secret, a: { b: [secret] } }, '%j', secret);
    log.child(secret).child({ session: secret }).info('Hello.');
    log.error(Object.assign(new Error('boom'), secret));
    log.error({ failure: Object.assign(new Error('boom'), secret) });
    expect(lines).toHaveLength(4);
    expect(lines.join('')).not.toContain('s3cret');
    expect(lines[0]).toContain(`{"${name}":"[secret]"}`);
    expect(lines[1]).toContain(`"${name}":"[secret]"`);
  });

  it('is not logged if it is bytes', () => {
    const { log, lines } = recorder({ format });
    log.info({ frame: TOKEN, deep: { list: [TOKEN] }, plain: new Uint8Array(TOKEN) }, '%s %j', TOKEN, {
      TOKEN,
    });
    log.info(TOKEN);
    log.info(new Uint8Array(TOKEN).buffer);
    log.info('%o', TOKEN);
    log.child({ frame: TOKEN }).info('Hello.');
    log.error(Object.assign(new Error('boom'), { frame: TOKEN }));
    log.error({ failure: Object.assign(new Error('boom'), { frame: TOKEN }) });
    const text = lines.join('');
    expect(lines).toHaveLength(7);
    expect(text).toContain(format === 'json' ? '"frame":"[12 bytes]"' : 'frame [12 bytes]');
    for (const form of ['utf8', 'hex', 'base64'] as const) expect(text).not.toContain(TOKEN.toString(form));
    expect(text).not.toMatch(new RegExp(`${TOKEN[0] ?? 0}\\D{1,8}${TOKEN[1] ?? 0}\\D`));
  });
});

it('a circular structure is cut off', () => {
  const { log, lines } = recorder();
  const circle: Record<string, unknown> = { radius: 1, at: new Date() };
  circle['self'] = circle;
  log.info(circle, 'Round.');
  expect(lines[0]).toContain('"radius":1,"at":"2024-07-15T18:20:16.000Z","self":{"radius":1');
  expect(lines[0]?.length).toBeLessThan(500);
});
