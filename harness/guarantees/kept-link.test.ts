import { describe, expect, it } from 'vitest';
import { TraceBuilder } from './testing/trace-builder.ts';

/** The reason of a link that the client has ended. */
const BY_HOST = 0x13;

/** A ride whose link the client ends after the scooter was silent for a while. */
function endedAfterSilence(silenceMs: number, reason = BY_HOST): TraceBuilder {
  const trace = TraceBuilder.riding();
  trace.advance(1_000);
  trace.scooterAnswers = false;
  trace.advance(silenceMs);
  trace.linkDown(reason);
  trace.advance(1_000);
  trace.scooterAnswers = true;
  trace.linkUp();
  trace.advance(30_000);
  return trace;
}

describe('a link on which replies arrive', () => {
  it('may not be ended by the client', () => {
    expect(endedAfterSilence(100).result('L1').violations).toMatchObject([
      {
        what: 'the client ended a link on which replies arrived',
        bound: 'not before 4.75 s without a reply',
      },
    ]);
  });

  it('may end by itself', () => {
    expect(endedAfterSilence(100, 8).result('L1').violations).toEqual([]);
  });

  it('may be ended once the scooter was silent for the supervision timeout', () => {
    expect(endedAfterSilence(9_000).result('L1').violations).toEqual([]);
  });

  it('may end when a fault drops it, or when the client is stopped', () => {
    const trace = TraceBuilder.riding();
    trace.advance(1_000);
    trace.endFault(trace.beginFault('link.drop'));
    trace.linkDown(BY_HOST);
    trace.advance(1_000);
    trace.linkUp();
    trace.advance(20_000);
    const step = trace.beginFault('client.term');
    trace.stop('exit');
    trace.advance(1_000);
    trace.endFault(step);
    expect(trace.result('L1').violations).toEqual([]);
  });
});
