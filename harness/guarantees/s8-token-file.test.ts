import { describe, expect, it } from 'vitest';
import { TraceBuilder } from './testing/trace-builder.ts';

/** A client that is restarted while its token file is damaged, and exits. */
function started(how: string, code: number, { afterMs = 0, isConnecting = false } = {}): string[] {
  const trace = TraceBuilder.riding();
  trace.endFault(trace.beginFault('client.term'));
  trace.stop('exit', 0);
  const step = trace.beginFault('client.token', `how ${how}`);
  trace.advance(1_000);
  trace.start();
  trace.advance(afterMs);
  if (isConnecting) trace.record({ type: 'link.attempt' });
  trace.stop('exit', code);
  trace.advance(10_000);
  trace.endFault(step);
  return trace.result('S8').violations.map(({ measured }) => measured);
}

describe('S8 holds if a client', () => {
  it.each([
    ['has no token file when it starts, and says so', 'missing', 77],
    ['has a token file of the wrong length when it starts, and says so', 'short', 78],
    ['cannot read its token file when it starts, and says so', 'unreadable', 78],
  ])('%s', (_, how, code) => {
    expect(started(how, code)).toEqual([]);
  });
});

describe('S8 is violated if a client', () => {
  it('takes a damaged token file for a missing one', () => {
    expect(started('short', 77)).toEqual(['exit 77', 'not at all']);
  });

  it('searches for the scooter although it has no token', () => {
    expect(started('missing', 77, { afterMs: 6_000 })).toEqual(['6 s']);
  });

  it('connects although it has no token', () => {
    expect(started('missing', 77, { afterMs: 100, isConnecting: true })).toEqual(['not at all']);
  });

  it('gives up because the token file that it has read is gone', () => {
    const trace = TraceBuilder.riding();
    trace.beginFault('client.token', 'how missing');
    trace.advance(1_000);
    trace.stop('exit', 77);
    trace.advance(10_000);
    expect(trace.result('S8').violations).toMatchObject([{ measured: 'exit 77' }]);
  });
});
