import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { BrokerLimits } from '../../world/broker/mqtt5-gateway.ts';
import { BASE, MQTT_CONFIG, Rig, TOPIC } from './rig.ts';
import { packets, type Script } from './scripted-broker.ts';

const { keepAliveS, healthIntervalMs } = MQTT_CONFIG;
const SAMPLES = 40;
const RETAIN_NOT_SUPPORTED = 0x9a;

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

let rig: Rig;
afterEach(async () => {
  expect(await rig.close(), 'pending timers after the end of the uplink').toBe(0);
});

/** Connects to a broker of MQTT 5 with limits, which acknowledges after a while, and sends samples. */
async function deliverTo(limits: BrokerLimits): Promise<void> {
  rig = await Rig.start({ config: { drainRatePerS: 1_000 } });
  rig.broker.behaviours.add({ limits, delayMs: 20 });
  rig.uplink.publishScooterState('connected');
  rig.uplink.publishLive('{"seq":0}');
  await rig.append(SAMPLES);
  rig.run();
  await rig.clock.advance(60_000);
}

const seqs = (): number[] => rig.journal.map(({ seq }) => seq);

describe('a broker of MQTT 5', () => {
  it('that retains no messages gets every sample, and the log says once what is missing', async () => {
    await deliverTo({ retainAvailable: false });
    expect(seqs()).toEqual(upTo(SAMPLES));
    for (const level of ['status', 'scooter', 'live', 'health']) {
      expect(rig.received(`${BASE}/${level}`)[0], level).toMatchObject({ retain: false });
    }
    rig.broker.disconnectAll();
    await rig.clock.advance(60_000);
    expect(rig.counters.brokerConnects).toBe(2);
    expect(rig.counters.brokerFailures).toBe(0);
    expect(rig.broker.violations).toEqual([]);
    expect(rig.warnings.filter(({ msg }) => msg.includes('retains no messages'))).toHaveLength(1);
    expect(rig.received(`${BASE}/status`).map(({ payload }) => payload)).toEqual([
      'online',
      'offline',
      'online',
    ]);
  });

  it('that permits only QoS 0 gets every sample, each once it has answered a ping', async () => {
    await deliverTo({ maximumQoS: 0 });
    expect(seqs()).toEqual(upTo(SAMPLES));
    expect(rig.received(TOPIC).every(({ qos }) => qos === 0)).toBe(true);
    expect(rig.outbox.usage.count).toBe(0);
    expect(rig.warnings.filter(({ msg }) => msg.includes('only QoS 0'))).toHaveLength(1);
    rig.broker.sever();
    await rig.append(3);
    await rig.clock.advance(120_000);
    expect(seqs().slice(-3)).toEqual([41, 42, 43]);
    expect(rig.outbox.usage.count).toBe(0);
  });

  it.each([1, 2, 5])('that permits %d messages in flight gets no more, of whatever kind', async (maximum) => {
    await deliverTo({ receiveMaximum: maximum });
    await rig.append(20);
    await rig.clock.advance(2 * healthIntervalMs);
    expect(rig.broker.violations).toEqual([]);
    expect(seqs()).toEqual(upTo(SAMPLES + 20));
    expect(rig.received(`${BASE}/health`).length).toBeGreaterThanOrEqual(3);
  });

  it.each([
    [0, [TOPIC, TOPIC, TOPIC]],
    [1, [TOPIC, '', '']],
  ])('that permits %d topic aliases gets the topic of the samples as %j', async (maximum, topics) => {
    const script: Script = (packet) => {
      if (packet.type === 'connect')
        return { bytes: packets.connack(0, 5, packets.topicAliasMaximum(maximum)) };
      return packet.type === 'publish' && packet.id > 0 ? { bytes: packets.puback(packet.id, 5) } : undefined;
    };
    rig = await Rig.start({ script });
    await rig.append(3);
    rig.run();
    await rig.clock.advance(10_000);
    const samples = rig.scripted.received.flatMap((packet) =>
      packet.type === 'publish' && packet.payload.includes('"seq"') ? [packet.topic] : [],
    );
    expect(samples).toEqual(topics);
    expect(rig.outbox.usage.count).toBe(0);
  });

  it('that does not accept a sample because of its size keeps the others coming', async () => {
    rig = await Rig.start();
    rig.broker.behaviours.add({ limits: { maximumPacketSize: 1_000 } });
    await rig.append(3);
    await rig.append(1, 'x'.repeat(1_000));
    await rig.append(3);
    rig.run();
    await rig.clock.advance(600_000);
    expect(rig.broker.violations).toEqual([]);
    expect([...new Set(seqs())]).toEqual([1, 2, 3, 5, 6, 7]);
    expect(rig.outbox.ledger.ranges).toMatchObject([{ from: 4, to: 4, reason: 'refused' }]);
    expect(rig.warnings[0]?.reason).toContain('raise the maximum packet size of the broker');
  });

  it('that demands a longer keep-alive is found dead no later than with our own', async () => {
    await deliverTo({ serverKeepAlive: 65_535 });
    const before = rig.attempts.length;
    rig.broker.sever();
    await rig.clock.advance(1.5 * keepAliveS * 1_000 + 3_000);
    expect(rig.attempts.length).toBeGreaterThan(before);
  });

  it('that demands a shorter keep-alive gets a ping in time', async () => {
    const pings: number[] = [];
    const script: Script = (packet) => {
      if (packet.type === 'connect') return { bytes: packets.connack(0, 5, packets.serverKeepAlive(4)) };
      if (packet.type === 'pingreq') pings.push(performance.now());
      if (packet.type === 'pingreq') return { bytes: packets.pingresp };
      return packet.type === 'publish' && packet.id > 0 ? { bytes: packets.puback(packet.id, 5) } : undefined;
    };
    rig = await Rig.start({ script });
    rig.run();
    await rig.clock.advance(30_000);
    const gaps = pings.slice(1).map((atMs, index) => atMs - (pings[index] ?? 0));
    expect(gaps.length).toBeGreaterThan(3);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1.5 * 4_000);
  });

  it('that refuses the will in whatever way is connected without it', async () => {
    let refusals = [RETAIN_NOT_SUPPORTED, 0x9b, 0x90];
    const script: Script = (packet) => {
      if (packet.type === 'publish')
        return packet.id > 0 ? { bytes: packets.puback(packet.id, 5) } : undefined;
      if (packet.type !== 'connect') return undefined;
      const [reason = 0, ...rest] = refusals;
      refusals = rest;
      return { bytes: packets.connack(reason, 5), ...(reason > 0 && { disconnects: true }) };
    };
    rig = await Rig.start({ script });
    await rig.append(3);
    rig.run();
    await rig.clock.advance(10_000);
    const connects = rig.scripted.received.filter(({ type }) => type === 'connect');
    expect(connects).toMatchObject([
      { will: { qos: 1, retain: true } },
      { will: { qos: 1, retain: false } },
      { will: { qos: 0, retain: false } },
      { will: undefined },
    ]);
    expect(rig.counters).toMatchObject({ brokerConnects: 1, brokerFailures: 0 });
    expect(rig.outbox.usage.count).toBe(0);
  });
});

/** Every property that a CONNACK may have, within what leaves room for a sample. */
const LIMITS: fc.Arbitrary<BrokerLimits> = fc.record(
  {
    retainAvailable: fc.boolean(),
    maximumQoS: fc.constantFrom(0, 1),
    receiveMaximum: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 65_535 })),
    maximumPacketSize: fc.oneof(
      fc.integer({ min: 700, max: 2_000 }),
      fc.integer({ min: 700, max: 0xffff_ffff }),
    ),
    topicAliasMaximum: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 65_535 })),
    serverKeepAlive: fc.integer({ min: 0, max: 65_535 }),
    assignedClientIdentifier: fc.string({ minLength: 1, maxLength: 30 }),
    sessionExpiryInterval: fc.integer({ min: 0, max: 0xffff_ffff }),
    wildcardSubscriptionAvailable: fc.boolean(),
    subscriptionIdentifiersAvailable: fc.boolean(),
    sharedSubscriptionAvailable: fc.boolean(),
    reasonString: fc.string({ maxLength: 100 }),
    responseInformation: fc.string({ maxLength: 100 }),
    serverReference: fc.string({ maxLength: 100 }),
    userProperties: fc.dictionary(fc.string({ minLength: 1, maxLength: 10 }), fc.string({ maxLength: 20 }), {
      minKeys: 1,
    }),
  },
  { requiredKeys: [] },
);

describe('a broker of MQTT 5 with any set of CONNACK properties', () => {
  it('gets every sample once, in order, and none of its limits is violated', async () => {
    await fc.assert(
      fc.asyncProperty(LIMITS, async (limits) => {
        try {
          await deliverTo(limits);
          expect(seqs()).toEqual(upTo(SAMPLES));
          expect(rig.outbox.usage.count).toBe(0);
          expect(rig.broker.violations).toEqual([]);
          expect(rig.counters).toMatchObject({ brokerConnects: 1, brokerFailures: 0 });
          const retained = rig.events.some((event) => event.type === 'received' && event.retain);
          expect(retained).toBe(limits.retainAvailable !== false);
        } finally {
          await rig.close();
        }
      }),
      { numRuns: 20, seed: 5 },
    );
    rig = await Rig.start();
  });
});
