import { describe, expect, it } from 'vitest';
import { TraceBuilder } from './testing/trace-builder.ts';

const PAUSE_MS = 60_000;

/** A client that is paused for a minute. @param releasedMs when the link ends @param resumedMs when it scans again */
function paused({ releasedMs = 1_000, resumedMs = 500 } = {}): TraceBuilder {
  const trace = TraceBuilder.riding();
  const pause = trace.beginFault('client.pause');
  trace.advance(releasedMs);
  trace.linkDown();
  trace.advance(PAUSE_MS - releasedMs);
  trace.endFault(pause);
  trace.advance(resumedMs);
  trace.record({ type: 'scan', on: true });
  trace.advance(1_000);
  trace.record({ type: 'scan', on: false });
  trace.linkUp();
  trace.advance(10_000);
  return trace;
}

describe('L15', () => {
  it('holds for a client that releases the scooter, and searches for it after the pause', () => {
    expect(paused().result('L15')).toMatchObject({
      checks: 2,
      violations: [],
      delays: [{ tookMs: 500, withinMs: 2_000 }],
    });
  });

  it('is violated by a link during the pause', () => {
    expect(paused({ releasedMs: 5_000 }).result('L15').violations).toMatchObject([
      { what: 'the client was connected to the scooter during a pause' },
    ]);
  });

  it('allows an exit soon after a pause that began on a link without polls', () => {
    const trace = TraceBuilder.riding();
    trace.linkDown();
    trace.advance(100_000);
    trace.record({ type: 'link.up', supervisionMs: 5_000 });
    trace.advance(1_000);
    const pause = trace.beginFault('client.pause');
    trace.advance(500);
    trace.linkDown();
    trace.advance(10_000);
    trace.endFault(pause);
    trace.record({ type: 'scan', on: true });
    trace.advance(5_000);
    trace.stop('exit', 75);
    trace.advance(5_000);
    expect(trace.result('L15').violations).toEqual([]);
  });

  it('allows a link that could not be ended before, because the radio failed', () => {
    const trace = TraceBuilder.riding();
    const pause = trace.beginFault('client.pause');
    trace.advance(600);
    trace.faultFor('radio.oneway', 2_000);
    trace.advance(400);
    trace.linkDown();
    trace.advance(PAUSE_MS);
    trace.endFault(pause);
    trace.advance(500);
    trace.record({ type: 'scan', on: true });
    trace.advance(10_000);
    expect(trace.result('L15').violations).toEqual([]);
  });

  it.each([
    ['until its supervision timeout', 3_000, []],
    ['for longer', 6_000, [{ what: 'the client was connected to the scooter during a pause' }]],
  ])('allows a link on which the scooter has gone off %s', (_what, releasedMs, violations) => {
    const trace = TraceBuilder.riding();
    trace.scooterAnswers = false;
    trace.record({ type: 'scooter.off' });
    trace.advance(1_000);
    trace.record({ type: 'scooter.on' });
    const pause = trace.beginFault('client.pause');
    trace.advance(releasedMs);
    trace.linkDown();
    trace.advance(PAUSE_MS);
    trace.endFault(pause);
    trace.advance(500);
    trace.record({ type: 'scan', on: true });
    trace.advance(10_000);
    expect(trace.result('L15').violations).toMatchObject(violations);
  });

  it('is violated by an exit because of the pause', () => {
    const trace = TraceBuilder.riding();
    const pause = trace.beginFault('client.pause');
    trace.advance(1_000);
    trace.linkDown();
    trace.advance(PAUSE_MS);
    trace.endFault(pause);
    trace.advance(500);
    trace.record({ type: 'scan', on: true });
    trace.advance(500);
    trace.stop('exit', 75);
    trace.advance(10_000);
    expect(trace.result('L15').violations).toMatchObject([
      { what: 'the client gave up the scooter because of a pause' },
    ]);
  });

  it('is violated by a search that begins late', () => {
    expect(paused({ resumedMs: 3_000 }).result('L15').violations).toMatchObject([
      { what: 'the client did not search for the scooter after a pause' },
    ]);
  });

  it.each([
    ['unreadable', 0],
    ['invalid', 0],
    ['unremovable', 1],
  ])('knows no pause whose file is %s, %d times', (how, violations) => {
    const trace = TraceBuilder.riding();
    const file = trace.beginFault('disk.pausefile');
    trace.advance(100);
    if (how === 'unremovable') trace.endFault(file);
    trace.advance(100);
    const pause = trace.beginFault('client.pause');
    trace.advance(PAUSE_MS);
    trace.endFault(pause);
    if (how !== 'unremovable') trace.endFault(file);
    trace.advance(10_000);
    const { violations: found } = trace.result('L15', (events) =>
      events.map((event) =>
        event.type === 'fault.began' && event.fault === 'disk.pausefile'
          ? { ...event, detail: `how ${how}` }
          : event,
      ),
    );
    const links = found.filter(({ what }) => what.includes('connected'));
    expect(links).toHaveLength(violations);
  });
});
