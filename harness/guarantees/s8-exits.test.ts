import { describe, expect, it } from 'vitest';
import type { EventOf } from '../world/trace/event.ts';
import type { RunFacts } from './guarantee.ts';
import { TraceBuilder } from './testing/trace-builder.ts';

type End = Pick<EventOf<'client.ended'>, 'how'> & Partial<EventOf<'client.ended'>>;

/** A ride whose process ends on its own. */
function ended(end: End, before: (trace: TraceBuilder) => void = () => undefined): TraceBuilder {
  const trace = TraceBuilder.riding();
  before(trace);
  trace.record({ type: 'client.ended', life: 1, ...end });
  trace.advance(10_000);
  return trace;
}

describe('S8', () => {
  it.each<[string, End, ((trace: TraceBuilder) => void)?]>([
    ['is killed', { how: 'killed' }],
    ['has searched for too long', { how: 'exit', code: 69 }],
    ['has lost the scooter for too long', { how: 'exit', code: 75 }],
    [
      'has lost its adapter',
      { how: 'exit', code: 71 },
      (trace) => {
        trace.linkDown();
        trace.faultFor('adapter.down', 5_000);
        trace.record({ type: 'adapter.opened' });
        trace.advance(5_000);
      },
    ],
    [
      'was told to stop',
      { how: 'exit', code: 0 },
      (trace) => trace.endFault(trace.beginFault('client.term')),
    ],
    [
      'has a scooter that was paired again',
      { how: 'exit', code: 77 },
      (trace) => trace.faultFor('scooter.rebind', 0),
    ],
  ])('holds if the client %s', (_, end, before) => {
    expect(ended(end, before).result('S8')).toMatchObject({ violations: [] });
  });

  it.each<[string, End, string, ((trace: TraceBuilder) => void)?]>([
    ['crashes', { how: 'crashed', error: 'TypeError: x' }, 'crashed: TypeError: x'],
    ['exits without a stop', { how: 'exit', code: 0 }, 'exit 0'],
    ['gives up an adapter that works', { how: 'exit', code: 71 }, 'exit 71'],
    ['gives up a token that is valid', { how: 'exit', code: 77 }, 'exit 77'],
    [
      'gives up a token that is valid after a failed login',
      { how: 'exit', code: 77 },
      'exit 77',
      (trace) => trace.record({ type: 'login', ok: false }),
    ],
    [
      'does not restart an adapter that has worked',
      { how: 'exit', code: 71 },
      'exit 71',
      (trace) => trace.faultFor('adapter.flap', 5_000),
    ],
    [
      'has lost the token of its own pairing',
      { how: 'exit', code: 77 },
      'exit 77',
      (trace) => trace.faultFor('client.register', 5_000),
    ],
    ['refuses a valid configuration', { how: 'exit', code: 78 }, 'exit 78'],
    ['exits with another code', { how: 'exit', code: 1 }, 'exit 1'],
  ])('is violated if the client %s', (_, end, measured, before) => {
    expect(ended(end, before).result('S8').violations).toMatchObject([{ measured }]);
  });

  it('holds if a client without a token says so', () => {
    class Unpaired extends TraceBuilder {
      override get facts(): RunFacts {
        return { ...super.facts, scooter: { ...super.facts.scooter, paired: false } };
      }
    }
    const trace = new Unpaired();
    trace.start();
    trace.advance(1_000);
    trace.stop('exit', 77);
    trace.advance(1_000);
    expect(trace.result('S8').violations).toEqual([]);
  });

  it('holds if a client that a restart has started fails', () => {
    const trace = TraceBuilder.riding();
    trace.stop('exit', 0);
    trace.endFault(trace.beginFault('client.restart'));
    trace.start();
    trace.advance(1_000);
    trace.stop('exit', 75);
    trace.advance(10_000);
    const others = trace.result('S8').violations.filter(({ measured }) => measured === 'exit 75');
    expect(others).toEqual([]);
  });

  it('is violated if a client that was told to stop exits with what has failed before', () => {
    const trace = TraceBuilder.riding();
    trace.linkDown();
    trace.advance(2_000);
    trace.beginFault('client.term');
    trace.advance(1_000);
    trace.stop('exit', 75);
    trace.advance(10_000);
    expect(trace.result('S8').violations).toMatchObject([{ measured: 'exit 75' }]);
  });

  it('is violated by a client that exits with what has failed in the moment in which it is told to stop', () => {
    const trace = TraceBuilder.riding();
    trace.linkDown();
    trace.advance(2_000);
    trace.beginFault('client.term');
    trace.stop('exit', 75);
    trace.advance(10_000);
    expect(trace.result('S8').violations).toMatchObject([{ measured: 'exit 75' }]);
  });

  it('is violated if a client whose token has become invalid exits with another code', () => {
    const trace = TraceBuilder.riding();
    trace.beginFault('scooter.rebind');
    trace.linkDown();
    trace.advance(2_000);
    trace.linkUp();
    trace.advance(1_000);
    trace.stop('exit', 75);
    trace.advance(10_000);
    expect(trace.result('S8').violations).toMatchObject([
      { what: 'the client did not exit with 77 although its token is invalid', measured: 'not at all' },
    ]);
  });

  describe('of a second signal', () => {
    /** A client that gets a second signal half a second after SIGTERM. */
    const interrupted = (signal: string, endedAfterMs: number, code: number) => {
      const trace = TraceBuilder.riding();
      const step = trace.beginFault('client.interrupt');
      trace.advance(endedAfterMs);
      trace.stop('exit', code);
      trace.advance(5_000);
      trace.endFault(step);
      return trace.result('S8', (events) =>
        events.map((event) =>
          event.type === 'fault.began' ? { ...event, detail: `signal ${signal}, after 500` } : event,
        ),
      ).violations;
    };

    it.each([
      ['SIGTERM', 500, 130],
      ['SIGINT', 500, 130],
      ['SIGTERM', 300, 0],
      ['SIGHUP', 1_200, 0],
    ])('holds for %s after which the client exits at %d ms with %d', (signal, endedAfterMs, code) => {
      expect(interrupted(signal, endedAfterMs, code)).toEqual([]);
    });

    it.each([
      ['SIGTERM', 1_200, 0],
      ['SIGHUP', 500, 130],
      ['SIGTERM', 300, 130],
    ])('is violated for %s by an exit at %d ms with %d', (signal, endedAfterMs, code) => {
      expect(interrupted(signal, endedAfterMs, code)).toHaveLength(1);
    });
  });

  it.each([
    ['holds', 75, 0],
    ['is violated', 0, 1],
  ])('%s if a client whose outbox is open elsewhere exits with %d', (_, code, violations) => {
    const trace = TraceBuilder.riding();
    trace.endFault(trace.beginFault('client.restart'));
    trace.stop('exit', 0);
    const step = trace.beginFault('disk.locked');
    trace.advance(1_000);
    trace.start();
    trace.advance(code === 75 ? 100 : 7_000);
    if (code === 75) trace.stop('exit', code);
    trace.advance(10_000);
    trace.endFault(step);
    const locked = trace.result('S8').violations.filter(({ what }) => what.includes('outbox open'));
    expect(locked).toHaveLength(violations);
  });
});
