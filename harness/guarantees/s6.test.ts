import { describe, expect, it } from 'vitest';
import { TraceBuilder } from './testing/trace-builder.ts';

const TOKEN = Buffer.from('31a9a237bafb37de67886d35', 'hex');
const KEY = Buffer.from('f3b1c9e07d5a41288e6602b7d94c1fa5', 'hex');

function withSecrets(): TraceBuilder {
  const trace = TraceBuilder.riding();
  trace.secrets = [TOKEN, KEY];
  trace.tokenFileMode = 0o600;
  return trace;
}

function saying(message: string): TraceBuilder {
  const trace = withSecrets();
  trace.record({ type: 'log', level: 'debug', message });
  return trace;
}

describe('S6 holds', () => {
  it('where everything that is said is harmless, and only the owner reads the token', () => {
    const { violations, checks } = withSecrets().verdict('S6');
    expect(violations).toEqual([]);
    expect(checks).toBeGreaterThan(10);
  });

  it('where something else is said in hex', () => {
    expect(saying('boot 0123456789abcdef0123456789abcdef').verdict('S6').violations).toEqual([]);
  });

  it('has nothing to say of a file that is not there', () => {
    const trace = withSecrets();
    trace.tokenFileMode = undefined;
    expect(trace.verdict('S6').violations).toEqual([]);
  });
});

describe('S6 is broken', () => {
  it.each([
    ['in hex', TOKEN.toString('hex')],
    ['in capitals', TOKEN.toString('hex').toUpperCase()],
    ['in base64', `token=${KEY.toString('base64')}`],
    ['for URLs', KEY.toString('base64url')],
    ['as Node writes it', JSON.stringify(KEY)],
    ['inside of something else', `0f01${KEY.toString('hex')}77`],
    ['as its first half', TOKEN.toString('hex').slice(0, 17)],
  ])('by a log line with a secret %s', (_how, text) => {
    const { violations } = saying(`sent ${text}, 12 bytes`).verdict('S6');
    expect(violations).toMatchObject([{ what: 'the token or a key stands in a log line' }]);
    expect(JSON.stringify(violations)).not.toContain(text.slice(0, 16));
  });

  it('by a topic that carries one', () => {
    const trace = withSecrets();
    trace.publish('health', JSON.stringify({ key: KEY.toString('hex') }));
    expect(trace.verdict('S6').violations).toMatchObject([
      { what: 'the token or a key stands in what came on vehicle/1/health' },
    ]);
  });

  it('by the error of a crash', () => {
    const trace = withSecrets();
    const error = `cannot send ${TOKEN.toString('hex')}`;
    trace.record({ type: 'client.ended', life: 1, how: 'crashed', error });
    expect(trace.verdict('S6').violations).toMatchObject([
      { what: 'the token or a key stands in the error that ended the client' },
    ]);
  });

  it('by a token file that the group can read', () => {
    const trace = withSecrets();
    trace.tokenFileMode = 0o640;
    expect(trace.verdict('S6').violations).toMatchObject([
      { what: 'others can read the token file', bound: '0600', measured: '0640' },
    ]);
  });
});
