import { afterEach, describe, expect, it } from 'vitest';
import type { BrokerBehaviour } from '../../world/broker/broker-behaviour.ts';
import { MQTT_CONFIG, Rig, TOPIC } from './rig.ts';
import { packets } from './scripted-broker.ts';

const { reconnectMaxMs } = MQTT_CONFIG;
/** Reason codes of a DISCONNECT. */
const SESSION_TAKEN_OVER = 0x8e;
const HOUR_MS = 3_600_000;

let rig: Rig;
afterEach(async () => {
  expect(await rig.close(), 'timers that outlive the uplink').toBe(0);
});

const seqs = (): number[] => rig.journal.map(({ seq }) => seq);
const rejectsPoison: BrokerBehaviour = {
  rejectsMessage: ({ payload }) => payload.includes('"mark":"poison"'),
};

/** Appends samples; those with the given sequence numbers are poison. */
async function appendWith(poisoned: readonly number[], count: number): Promise<void> {
  for (let seq = 1; seq <= count; seq += 1) await rig.append(1, poisoned.includes(seq) ? 'poison' : '');
}

describe('a sample that makes the broker disconnect', () => {
  it('repeatedly is quarantined and counted, not before two minutes have passed; the others are delivered in order', async () => {
    rig = await Rig.start({ config: { drainRatePerS: 5_000 } });
    rig.broker.behaviours.add(rejectsPoison);
    await appendWith([40], 200);
    rig.run();
    await rig.clock.advance(119_000);
    expect(rig.outbox.ledger.totals).toEqual({});
    await rig.clock.advance(181_000);
    expect(seqs().filter((seq) => seq === 40).length).toBeLessThanOrEqual(7);
    expect([...new Set(seqs())]).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    expect(rig.outbox.usage.count).toBe(0);
    expect(rig.outbox.ledger.ranges).toMatchObject([
      { bootId: 'boot-1', from: 40, to: 40, reason: 'refused' },
    ]);
  });

  it('is found among many in flight, without repeated deliveries of the others', async () => {
    rig = await Rig.start({ config: { drainRatePerS: 5_000 } });
    rig.broker.behaviours.add(rejectsPoison);
    await appendWith([60], 64);
    rig.run();
    await rig.clock.advance(300_000);
    expect(rig.counters.brokerConnects).toBeLessThanOrEqual(8);
    expect(seqs().length).toBeLessThanOrEqual(2 * 64 + 5);
    expect(rig.outbox.ledger.totals).toEqual({ refused: 1 });
  });

  it('is quarantined even if there are several', async () => {
    rig = await Rig.start();
    rig.broker.behaviours.add(rejectsPoison);
    await appendWith([3, 7, 9], 12);
    rig.run();
    await rig.clock.advance(1_200_000);
    expect(rig.outbox.usage.count).toBe(0);
    expect(rig.outbox.ledger.totals).toEqual({ refused: 3 });
  });

  it('is quarantined even right after another one', async () => {
    rig = await Rig.start();
    rig.broker.behaviours.add(rejectsPoison);
    await appendWith([3, 4, 5], 12);
    rig.run();
    await rig.clock.advance(3 * HOUR_MS);
    expect(rig.outbox.usage.count).toBe(0);
    expect(rig.outbox.ledger.totals).toEqual({ refused: 3 });
  });

  it.each(['CONNACK', 'status message'] as const)(
    'is not quarantined if every other connection is lost right after the %s, before any sample',
    async (point) => {
      let connections = 0;
      rig = await Rig.start({
        script: (packet) => {
          if (packet.type === 'connect') connections += 1;
          const disconnects = connections % 2 === 1;
          const connack = { bytes: packets.connack(0, 5) };
          if (packet.type === 'connect')
            return disconnects && point === 'CONNACK' ? { ...connack, disconnects } : connack;
          if (packet.type === 'pingreq') return { bytes: packets.pingresp };
          if (packet.type !== 'publish') return undefined;
          if (packet.topic === TOPIC || disconnects) return { disconnects: true };
          return { bytes: packets.puback(packet.id, 5) };
        },
      });
      await rig.append(5);
      rig.run();
      await rig.clock.advance(1_800_000);
      expect(
        rig.scripted.received.some((packet) => packet.type === 'publish' && packet.topic === TOPIC),
      ).toBe(true);
      expect(connections).toBeGreaterThan(20);
      expect(rig.outbox.ledger.totals).toEqual({});
    },
  );

  it('leaves the connection stable once the broker accepts it', async () => {
    rig = await Rig.start();
    rig.broker.behaviours.add(rejectsPoison);
    await appendWith([1], 1);
    rig.run();
    while (seqs().length < 2) await rig.clock.advance(1_000);
    rig.broker.behaviours.delete(rejectsPoison);
    await rig.clock.advance(reconnectMaxMs + 1_000);
    const { length } = rig.attempts;
    await rig.clock.advance(70_000);
    expect(rig.outbox.usage.count).toBe(0);
    expect(rig.attempts).toHaveLength(length);
    expect(rig.logged.at(-1)?.msg).toBe('connected to the broker');
  });

  it('is not suspected if connections end for other reasons', async () => {
    rig = await Rig.start({
      script: (packet) => {
        if (packet.type === 'connect') return { bytes: packets.connack(0, 5) };
        if (packet.type !== 'publish') return undefined;
        if (packet.topic !== TOPIC) return { bytes: packets.puback(packet.id, 5) };
        return { bytes: packets.disconnect(SESSION_TAKEN_OVER), disconnects: true };
      },
    });
    await rig.append(5);
    rig.run();
    await rig.clock.advance(600_000);
    expect(rig.counters.brokerConnects).toBeGreaterThan(10);
    expect(rig.outbox.ledger.totals).toEqual({});
    expect([...new Set(rig.warnings.map(({ reason }) => reason))]).toEqual([
      'The broker closed the connection: another client uses the same client identifier (set another one as client in [mqtt])',
    ]);
  });
});

describe('an unstable broker', () => {
  it('that drops several connections within seconds causes no quarantine', async () => {
    rig = await Rig.start();
    rig.run();
    const dropping: BrokerBehaviour = { rejectsMessage: ({ topic }) => topic === TOPIC };
    rig.broker.behaviours.add(dropping);
    await rig.append(5);
    await rig.clock.advance(20_000);
    expect(seqs().length).toBeGreaterThanOrEqual(2);
    rig.broker.behaviours.delete(dropping);
    await rig.clock.advance(reconnectMaxMs + 40_000);
    expect([...new Set(seqs())]).toEqual([1, 2, 3, 4, 5]);
    expect(rig.outbox.ledger.totals).toEqual({});
  });

  it.each([1_000, 3_000, 20_000, 45_000])(
    'that crashes every %d ms causes no quarantine',
    async (everyMs) => {
      rig = await Rig.start({
        script: (packet) => {
          if (packet.type === 'connect') return { bytes: packets.connack(0, 5) };
          if (packet.type !== 'publish' || packet.topic === TOPIC) return undefined;
          return { bytes: packets.puback(packet.id, 5) };
        },
      });
      await rig.append(5);
      rig.run();
      for (let passedMs = 0; passedMs < 1_800_000; passedMs += everyMs) {
        await rig.clock.advance(everyMs);
        rig.scripted.disconnect();
      }
      expect(rig.counters.brokerConnects).toBeGreaterThan(20);
      expect(rig.outbox.ledger.totals).toEqual({});
      expect(rig.outbox.usage.count).toBe(5);
    },
  );
});

describe('a broker that disconnects on every sample', () => {
  it('causes the quarantine of one sample, and none of the backlog', async () => {
    rig = await Rig.start();
    const hangingUp: BrokerBehaviour = { rejectsMessage: ({ topic }) => topic === TOPIC };
    rig.broker.behaviours.add(hangingUp);
    await rig.append(50);
    rig.run();
    await rig.clock.advance(900_000);
    expect(rig.outbox.usage.count).toBe(49);
    expect(rig.outbox.ledger.totals).toEqual({ refused: 1 });

    rig.broker.behaviours.delete(hangingUp);
    const before = seqs().length;
    await rig.clock.advance(reconnectMaxMs + 5_000);
    expect(seqs().slice(before)).toEqual(Array.from({ length: 49 }, (_, index) => index + 2));
  });
});
