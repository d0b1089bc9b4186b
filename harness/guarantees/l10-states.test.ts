import { describe, expect, it } from 'vitest';
import type { TraceEvent } from '../world/trace/event.ts';
import { TraceBuilder } from './testing/trace-builder.ts';

/** Leaves messages with a payload out. */
const omitted =
  (payload: string) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] =>
    events.filter((event) => event.type !== 'received' || event.payload !== payload);

/** A ride that ends with a lost link. */
function lost(): TraceBuilder {
  const trace = TraceBuilder.riding();
  trace.linkDown();
  trace.advance(20_000);
  return trace;
}

describe('L10', () => {
  it('holds if the topics follow the connections', () => {
    const { violations, checks } = lost().result('L10');
    expect(violations).toEqual([]);
    expect(checks).toBe(3);
  });

  it.each([
    ['online', 'the status of a client that is connected to the broker'],
    ['connected', 'the state of a scooter that is polled'],
    ['away', 'the state of a scooter without a link'],
  ])('is violated if the client does not publish %s', (payload, what) => {
    const { violations } = lost().result('L10', omitted(payload));
    expect(violations).toMatchObject([{ what }]);
  });

  it.each([
    [75, 'away'],
    [77, 'refused'],
  ])('is violated by an exit %d without the state %s', (code, state) => {
    const givenUp = (published: string): TraceBuilder => {
      const trace = lost();
      trace.publish('scooter', published);
      trace.stop('exit', code);
      return trace;
    };
    expect(givenUp(state).result('L10').violations).toEqual([]);
    expect(givenUp('searching').result('L10').violations).toMatchObject([
      { what: 'the state of a scooter that was given up', bound: state, measured: 'searching' },
    ]);
  });

  it('is not about the last state of a client whose connection to the broker a fault ends just before', () => {
    const trace = lost();
    trace.publish('scooter', 'searching');
    trace.beginFault('broker.limits');
    trace.disconnect();
    trace.advance(18);
    trace.stop('exit', 77);
    expect(trace.result('L10').violations).toEqual([]);
  });

  it('is violated if a new connection does not publish what has changed meanwhile', () => {
    const trace = TraceBuilder.riding();
    trace.disconnect();
    trace.linkDown();
    trace.advance(20_000);
    trace.connect();
    trace.advance(20_000);
    expect(trace.result('L10').violations).toEqual([]);
    expect(trace.result('L10', omitted('away')).violations).toMatchObject([{ measured: 'connected' }]);
  });

  it('is violated if the status is not published with a health report', () => {
    const trace = TraceBuilder.riding();
    trace.advance(20_000);
    trace.publish('health', '{}');
    trace.advance(20_000);
    expect(trace.result('L10').violations).toMatchObject([
      { what: 'the status was not published with the health report', measured: 'nothing' },
    ]);
    trace.publish('status', 'online');
    trace.publish('health', '{}');
    trace.advance(20_000);
    expect(trace.result('L10').violations).toHaveLength(1);
  });

  it('is violated if the will of an earlier connection remains', () => {
    const trace = TraceBuilder.riding();
    trace.publish('status', 'offline');
    trace.advance(20_000);
    trace.disconnect();
    expect(trace.result('L10').violations).toEqual([]);
    trace.connect();
    trace.advance(5_000);
    trace.publish('status', 'offline');
    trace.advance(20_000);
    expect(trace.result('L10').violations).toEqual([]);
    trace.faultFor('broker.slow', 1_000);
    trace.advance(20_000);
    const whats = trace.result('L10').violations.map(({ measured }) => measured);
    expect(new Set(whats)).toEqual(new Set(['offline']));
  });

  it('is violated if a new connection leaves the will of the last one, even if the status is repeated later', () => {
    const trace = TraceBuilder.riding();
    trace.repeatsStatus = true;
    trace.disconnect();
    const will = { ...trace.terms.will, clientId: trace.config.mqtt.clientId, isWill: true };
    trace.record({ type: 'received', topic: '', payload: '', qos: 1, retain: true, ...will });
    trace.advance(10_000);
    const connectedMs = trace.events.at(-1)?.atMs ?? 0;
    trace.connect();
    trace.advance(120_000);
    expect(trace.result('L10').violations).toEqual([]);
    const unchanged = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
      events.filter(
        (event) =>
          event.type !== 'received' ||
          event.payload !== 'online' ||
          event.atMs < connectedMs ||
          event.atMs > connectedMs + 12_000,
      );
    expect(trace.result('L10', unchanged).violations).toMatchObject([{ measured: 'offline' }]);
  });

  it('is not about what a client publishes that is stopped when a fault begins', () => {
    const trace = TraceBuilder.riding();
    trace.beginFault('client.restart');
    trace.beginFault('broker.deaf');
    trace.publish('status', 'offline');
    trace.advance(2_000);
    trace.stop('exit');
    expect(trace.result('L10').violations).toEqual([]);
  });

  it.each([
    [2, ['offline']],
    [3, []],
  ])('is not about topics that were not acknowledged on %d connections', (count, expected) => {
    const trace = TraceBuilder.riding();
    trace.advance(10_000);
    trace.disconnect();
    for (let times = 0; times < count; times++) {
      const step = trace.beginFault('broker.deaf');
      trace.connect();
      trace.advance(100);
      trace.endFault(step);
      trace.advance(1_000 * trace.config.mqtt.keepAliveS);
      trace.disconnect();
      trace.advance(5_000);
    }
    trace.publish('status', 'offline');
    const suspendedMs = trace.nowMs;
    trace.connect();
    trace.advance(30_000);
    const suspended = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
      events.filter(
        (event) => event.atMs < suspendedMs || event.type !== 'received' || event.payload !== 'online',
      );
    const measured = trace.result('L10', suspended).violations.map((violation) => violation.measured);
    expect([...new Set(measured)]).toEqual(expected);
  });

  it('is not about a link of which an adapter fault has hidden the end or the beginning', () => {
    const trace = TraceBuilder.riding();
    trace.faultFor('adapter.flap', 40);
    trace.publish('scooter', 'away');
    trace.disconnect();
    trace.advance(1_000);
    trace.connect();
    trace.advance(20_000);
    const away = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
      events.map((event) =>
        event.type === 'received' && event.atMs > 30_000 && event.payload === 'connected'
          ? { ...event, payload: 'away' }
          : event,
      );
    expect(trace.result('L10', away).violations).toEqual([]);
  });

  it.each([true, false])(
    'is violated by a last will at the wrong time only if the status is not repeated: %s',
    (repeats) => {
      const trace = TraceBuilder.riding();
      trace.repeatsStatus = repeats;
      const will = { ...trace.terms.will, clientId: trace.config.mqtt.clientId, isWill: true };
      trace.record({ type: 'received', topic: '', payload: '', qos: 1, retain: true, ...will });
      const changed = (): number => {
        trace.faultFor('broker.slow', 1_000);
        trace.advance(20_000);
        return trace.result('L10').violations.length;
      };
      expect(changed()).toBe(0);
      trace.advance(80_000);
      expect(changed() > 0).toBe(!repeats);
    },
  );
});
