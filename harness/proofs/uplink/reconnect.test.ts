import { afterEach, describe, expect, it } from 'vitest';
import type { BrokerBehaviour } from '../../world/broker/broker-behaviour.ts';
import { seededRandom } from '../../world/random.ts';
import { MQTT_CONFIG, Rig } from './rig.ts';

const { reconnectMinMs, reconnectMaxMs, connectTimeoutMs } = MQTT_CONFIG;
const REFUSED: BrokerBehaviour = { onConnect: () => 'refused' };
const almostOne = (): number => 1 - Number.EPSILON;

let rig: Rig;
afterEach(async () => {
  expect(await rig.close(), 'pending timers after the end of the uplink').toBe(0);
});

/** Starts the uplink, and waits until it is connected, which takes one attempt per MQTT version. */
async function connect(): Promise<void> {
  rig.run();
  await rig.clock.advance(reconnectMinMs + 100);
  expect(rig.counters.brokerConnects).toBe(1);
}

const inSeconds = (pausesMs: readonly number[]): number[] => pausesMs.map((ms) => Math.round(ms / 1000));

describe('an unreachable broker', () => {
  it('is tried after pauses that double up to the maximum', async () => {
    rig = await Rig.start({ unit: almostOne });
    rig.broker.behaviours.add(REFUSED);
    rig.run();
    await rig.clock.advance(130_000);
    expect(inSeconds(rig.pausesMs)).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  });

  it('is never tried more than T / reconnect_min + 1 times in any time T, whatever it does', async () => {
    const reconnectMin = 500;
    rig = await Rig.start({
      config: { reconnectMinMs: reconnectMin, reconnectMaxMs: 2_000, connectTimeoutMs: 2_000 },
    });
    const random = seededRandom(5);
    rig.run();
    for (let round = 0; round < 200; round += 1) {
      rig.broker.behaviours.clear();
      const outcome = (['refused', 'disconnect', 'silence', undefined] as const)[
        Math.floor(random.unit() * 4)
      ];
      if (outcome) rig.broker.behaviours.add({ onConnect: () => outcome });
      if (random.unit() < 0.5) rig.broker.disconnectAll();
      await rig.append(1);
      await rig.clock.advance(random.unit() * 5_000);
    }
    const times = rig.attempts.map(({ atMs }) => atMs);
    expect(times.length).toBeGreaterThan(100);
    times.forEach((from, first) => {
      times.slice(first).forEach((to, between) => {
        expect(between + 1).toBeLessThanOrEqual((to - from) / reconnectMin + 1);
      });
    });
  });

  it('is reconnected within reconnect_max and one attempt, however long it was unreachable', async () => {
    rig = await Rig.start();
    await connect();
    for (let minutes = 1; minutes <= 8; minutes += 1) {
      rig.broker.stop();
      await rig.clock.advance(minutes * 60_000);
      rig.broker.restart();
      const before = rig.counters.brokerConnects;
      await rig.clock.advance(reconnectMaxMs + connectTimeoutMs);
      expect(rig.counters.brokerConnects, `after ${minutes} min`).toBe(before + 1);
    }
  });

  it('is logged once, and so is the reconnect', async () => {
    rig = await Rig.start();
    await connect();
    await rig.clock.advance(60_000);
    for (let outage = 0; outage < 3; outage += 1) {
      rig.broker.stop();
      await rig.clock.advance(600_000);
      rig.broker.restart();
      await rig.clock.advance(60_000);
    }
    const outageLog = [
      'no connection to the broker, samples are queued up to the limits of [outbox]',
      'connected to the broker',
    ];
    expect(rig.logged.map(({ msg }) => msg)).toEqual([
      outageLog[1],
      ...outageLog,
      ...outageLog,
      ...outageLog,
    ]);
  });
});

describe('a broker whose port never answers', () => {
  it('times out after connect_timeout, and is tried again', async () => {
    rig = await Rig.start({ unit: almostOne });
    rig.broker.behaviours.add({ onConnect: () => 'silence' });
    rig.run();
    await rig.clock.advance(35_000);
    expect(inSeconds(rig.pausesMs)).toEqual([11, 12]);
    expect(rig.warnings).toMatchObject([
      {
        reason:
          'Connecting to the broker took longer than 10 s (check firewalls, and host and port of broker in [mqtt]; if ' +
          'this port expects TLS, set broker in [mqtt] to an ssl:// address)',
      },
    ]);
  });
});

describe('a broker that closes an established connection', () => {
  /** Closes the connection after `afterMs`; returns the pause before the next attempt, which succeeds. */
  async function pauseAfterClose(afterMs: number): Promise<number> {
    await rig.clock.advance(afterMs);
    rig.broker.disconnectAll();
    const [closedMs, before] = [performance.now(), rig.attempts.length];
    while (rig.attempts.length === before) await rig.clock.advance(100);
    await rig.clock.advance(100);
    return Math.round(((rig.attempts.at(-1)?.atMs ?? NaN) - closedMs) / 1000);
  }

  const interruption = [
    'no connection to the broker, samples are queued up to the limits of [outbox]',
    'connected to the broker',
  ];
  const times = (count: number): readonly string[] =>
    Array.from({ length: count }, () => interruption).flat();

  it('soon after it was established gets growing pauses', async () => {
    rig = await Rig.start({ unit: almostOne });
    await connect();
    const pauses: number[] = [];
    for (let round = 0; round < 6; round += 1) pauses.push(await pauseAfterClose(29_000));
    expect(pauses).toEqual([1, 2, 4, 8, 16, 30]);
  });

  it('soon after it was established is logged with one line, and so is the reconnect', async () => {
    rig = await Rig.start();
    await connect();
    await pauseAfterClose(1_000);
    await pauseAfterClose(1_000);
    expect(rig.logged.map(({ msg }) => msg)).toEqual(['connected to the broker', ...times(2)]);
  });

  it('gets the minimum pause again once a connection was stable, which is logged', async () => {
    rig = await Rig.start({ unit: almostOne });
    await connect();
    for (let round = 0; round < 3; round += 1) await pauseAfterClose(1_000);
    expect(await pauseAfterClose(31_000)).toBe(1);
    expect(rig.logged.map(({ msg }) => msg)).toEqual(['connected to the broker', ...times(4)]);
  });
});

describe('the log of an unreachable broker', () => {
  it('promises nothing that a full outbox or disk cannot keep', async () => {
    rig = await Rig.start({ bounds: { maxCount: 3 } });
    rig.disk.fail({ code: 'ENOSPC' });
    rig.broker.behaviours.add(REFUSED);
    rig.run();
    await rig.append(5);
    await rig.clock.advance(60_000);
    expect(rig.outbox.ledger.totals).toEqual({ count: 2 });
    expect(rig.warnings.map(({ msg }) => msg)).toContain(
      'no connection to the broker, samples are queued up to the limits of [outbox]',
    );
    expect(rig.logText).not.toContain('samples are stored');
  });
});
