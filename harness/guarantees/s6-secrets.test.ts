import { describe, expect, it } from 'vitest';
import type { WrittenFile } from '../world/disk/file-watch.ts';
import { TraceBuilder } from './testing/trace-builder.ts';

const TOKEN = Buffer.from('31a9a237bafb37de67886d35', 'hex');
const KEY = Buffer.from('f3b1c9e07d5a41288e6602b7d94c1fa5', 'hex');

function withSecrets(): TraceBuilder {
  const trace = TraceBuilder.riding();
  trace.secrets = [TOKEN, KEY];
  trace.tokenFileMode = 0o600;
  return trace;
}

function logging(message: string): TraceBuilder {
  const trace = withSecrets();
  trace.record({ type: 'log', level: 'debug', message });
  return trace;
}

function writing(name: string, mode: number, content: Buffer): WrittenFile {
  return { atMs: 20_000, name, mode, content };
}

describe('S6 holds', () => {
  it('if no output contains a secret, and only the owner can read the token file', () => {
    const { violations, checks } = withSecrets().result('S6');
    expect(violations).toEqual([]);
    expect(checks).toBeGreaterThan(10);
  });

  it('if other data are logged in hex', () => {
    expect(logging('boot 0123456789abcdef0123456789abcdef').result('S6').violations).toEqual([]);
  });

  it('if only the owner can access files with secrets, and everybody the others', () => {
    const trace = withSecrets();
    trace.writtenFiles = [
      writing('token.pending.new', 0o600, TOKEN),
      writing('token.pending', 0o400, TOKEN),
      writing('state.json', 0o644, Buffer.from(`{"boot":"0123456789abcdef0123456789abcdef"}`)),
      // Not yet written into.
      writing('token.new', 0o644, Buffer.alloc(0)),
    ];
    expect(trace.result('S6').violations).toEqual([]);
  });

  it('without a token file', () => {
    const trace = withSecrets();
    trace.tokenFileMode = undefined;
    expect(trace.result('S6').violations).toEqual([]);
  });
});

describe('S6 is violated', () => {
  it.each([
    ['in hex', TOKEN.toString('hex')],
    ['in upper-case hex', TOKEN.toString('hex').toUpperCase()],
    ['in base64', `token=${KEY.toString('base64')}`],
    ['in base64url', KEY.toString('base64url')],
    ['as JSON of a Buffer', JSON.stringify(KEY)],
    ['inside a longer string', `0f01${KEY.toString('hex')}77`],
    ['as its first 17 characters', TOKEN.toString('hex').slice(0, 17)],
  ])('by a log line with a secret %s', (_how, text) => {
    const { violations } = logging(`sent ${text}, 12 bytes`).result('S6');
    expect(violations).toMatchObject([{ what: 'a secret was disclosed in a log line' }]);
    expect(JSON.stringify(violations)).not.toContain(text.slice(0, 16));
  });

  it('by a message with a secret', () => {
    const trace = withSecrets();
    trace.publish('health', JSON.stringify({ key: KEY.toString('hex') }));
    expect(trace.result('S6').violations).toMatchObject([
      { what: 'a secret was disclosed in a message on vehicle/1/health' },
    ]);
  });

  it('by a crash message with a secret', () => {
    const trace = withSecrets();
    const error = `cannot send ${TOKEN.toString('hex')}`;
    trace.record({ type: 'client.ended', life: 1, how: 'crashed', error });
    expect(trace.result('S6').violations).toMatchObject([
      { what: 'a secret was disclosed in the error that crashed the client' },
    ]);
  });

  it('by a token file with group read permission', () => {
    const trace = withSecrets();
    trace.tokenFileMode = 0o640;
    expect(trace.result('S6').violations).toMatchObject([
      { what: 'others can read the token file', bound: '0600', measured: '0640' },
    ]);
  });

  it.each([
    ['a pending token that others can read', writing('token.pending', 0o644, TOKEN), '0644'],
    ['a file that is not yet renamed', writing('token.new', 0o640, TOKEN), '0640'],
    ['a file that others can only write', writing('token', 0o602, TOKEN), '0602'],
    [
      'a copy of the address of the broker',
      writing('broker.url', 0o604, Buffer.from(`tcp://rider:${KEY.toString('hex')}@127.0.0.1:1883/`)),
      '0604',
    ],
  ])('by %s', (_what, file, measured) => {
    const trace = withSecrets();
    trace.writtenFiles = [file, { ...file, atMs: 25_000 }];
    expect(trace.result('S6').violations).toEqual([
      {
        atMs: 20_000,
        what: `others can access ${file.name}, which contains a secret`,
        bound: 'no permission for group and others',
        measured,
      },
    ]);
  });
});
