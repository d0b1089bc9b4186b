import { describe, expect, it } from 'vitest';
import { TraceBuilder } from './testing/trace-builder.ts';

/** A client that loses its link repeatedly and holds the resources of `census` at each link. */
function reconnecting(
  times: number,
  census: (link: number) => Partial<TraceBuilder['census']>,
): TraceBuilder {
  const trace = TraceBuilder.riding();
  for (let link = 1; link <= times; link++) {
    trace.beginFault('link.drop');
    trace.linkDown();
    trace.advance(1_000);
    trace.census = { ...trace.census, ...census(link) };
    trace.linkUp();
    trace.advance(10_000);
  }
  return trace;
}

describe('S5', () => {
  it('holds if the resources of a client fluctuate', () => {
    const trace = reconnecting(40, (link) => ({ timers: 9 + (link % 5), listeners: 130 + (link % 4) }));
    const { checks, violations, closest } = trace.result('S5');
    expect(violations).toEqual([]);
    // Timers, listeners at 40 links, listeners of one event and handles at 41 links, the store at 40 links, the memory.
    expect(checks).toBe(1 + 40 + 2 * 41 + 40 + 1);
    expect(closest).toEqual({ bound: 'at most 4 open handles', measured: '4 handles' });
  });

  it('does not check growth of timers over a few links', () => {
    expect(reconnecting(3, (link) => ({ timers: 100 * link })).result('S5').violations).toEqual([]);
  });

  it('is violated by growing timers', () => {
    const { violations } = reconnecting(40, (link) => ({ timers: 10 + link })).result('S5');
    expect(violations).toMatchObject([
      { what: 'timers grow with the number of links', measured: '41 timers' },
    ]);
  });

  it('is violated by a listener that each link leaves, from the sixth link on', () => {
    const { violations } = reconnecting(5, (link) => ({ listeners: 130 + link })).result('S5');
    expect(violations).toMatchObject([
      {
        what: 'listeners grow with the number of links',
        bound: 'at most 134 listeners at link 6',
        measured: '135 listeners',
      },
    ]);
  });

  it.each([
    { during: true, listeners: 139, violations: 0 },
    { during: true, listeners: 140, violations: 1 },
    { during: false, listeners: 139, violations: 1 },
  ])(
    'is violated $violations times by $listeners listeners if the first link was during an attempt to connect: $during',
    ({ during, listeners, violations }) => {
      const trace = new TraceBuilder();
      const { clientId } = trace.config.mqtt;
      trace.record({ type: 'client.started', life: 1 });
      trace.connectAttempt();
      if (!during) trace.record({ type: 'broker.connected', clientId, ...trace.terms });
      trace.advance(100);
      trace.linkUp();
      trace.advance(100);
      if (during) trace.record({ type: 'broker.connected', clientId, ...trace.terms });
      trace.advance(10_000);
      trace.linkDown();
      trace.census = { ...trace.census, listeners };
      trace.linkUp();
      expect(trace.result('S5').violations).toHaveLength(violations);
    },
  );

  it('is violated by eleven listeners for one event, even over a single link', () => {
    const trace = reconnecting(1, () => ({ mostListeners: 11 }));
    expect(trace.result('S5').violations).toMatchObject([{ measured: '11 listeners' }]);
  });

  it('is violated by a second serial port that stays open', () => {
    const trace = reconnecting(1, () => ({ handles: 5 }));
    expect(trace.result('S5').violations).toMatchObject([{ measured: '5 handles' }]);
  });

  it.each([
    { how: 'exit', disk: 'works', violations: 1 },
    { how: 'exit', disk: 'hangs', violations: 0 },
    { how: 'killed', disk: 'works', violations: 0 },
  ] as const)(
    'is violated $violations times by a store that is open at the end of a process: $how, the disk $disk',
    ({ how, disk, violations }) => {
      const trace = TraceBuilder.riding();
      if (disk === 'hangs') trace.beginFault('disk.slow');
      trace.openAtExit = 1;
      trace.stop(how);
      expect(trace.result('S5').violations).toHaveLength(violations);
    },
  );

  it('is violated by a warning of Node.js', () => {
    const trace = TraceBuilder.riding();
    trace.record({ type: 'warning', name: 'MaxListenersExceededWarning', message: '11 connect listeners' });
    expect(trace.result('S5').violations).toMatchObject([
      { measured: 'MaxListenersExceededWarning: 11 connect listeners' },
    ]);
  });

  it('checks each process separately', () => {
    const trace = TraceBuilder.riding();
    trace.census = { ...trace.census, listeners: 190 };
    trace.stop('killed');
    trace.advance(5_000);
    trace.start();
    trace.connect();
    trace.linkUp();
    trace.advance(5_000);
    expect(trace.result('S5').violations).toEqual([]);
    trace.census = { ...trace.census, listeners: 290 };
    trace.linkDown();
    trace.linkUp();
    expect(trace.result('S5').violations).toHaveLength(1);
  });

  describe('if more samples than fit into memory wait for the broker', () => {
    /** A client whose broker is away for 1,120 samples, and which reads those up to `last` from the disk before it sends them. */
    function draining(last: number): TraceBuilder {
      const trace = TraceBuilder.riding();
      trace.disconnect();
      trace.advance(5_600_000);
      trace.connect();
      for (let first = 1; first <= last; first += 250) {
        trace.record({ type: 'loaded', bootId: 'b1', first, last: first + 249 });
        trace.advance(5_000);
      }
      trace.advance(60_000);
      return trace;
    }

    it('is violated if none of them is read from the disk', () => {
      expect(draining(0).result('S5').violations).toMatchObject([
        { what: 'stored samples stay in memory', bound: 'at most 1024 stored samples in memory' },
      ]);
    });

    it('holds if they are', () => {
      expect(draining(1_120).result('S5').violations).toEqual([]);
    });
  });

  it('is violated by a store that never deletes samples', () => {
    const { violations } = reconnecting(20, (link) => ({ storeBytes: 50_000 * link })).result('S5');
    expect(violations[0]).toMatchObject({
      what: 'the store is larger than the backlog',
      bound: expect.stringMatching(/^at most 4[01]\d{4} bytes in the store$/) as string,
      measured: '450000 bytes',
    });
  });

  it('allows a store as large as the backlog', () => {
    const trace = TraceBuilder.riding();
    trace.disconnect();
    trace.advance(3_600_000);
    trace.linkDown();
    trace.advance(1_000);
    trace.census = { ...trace.census, storeBytes: 726 * 700 };
    trace.linkUp();
    trace.advance(1_000);
    expect(trace.result('S5').violations).toEqual([]);
    trace.linkDown();
    trace.census = { ...trace.census, storeBytes: 2_000 * 700 };
    trace.advance(1_000);
    trace.linkUp();
    trace.advance(1_000);
    expect(trace.result('S5').violations).toHaveLength(1);
  });
});
