import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { waiting } from '../../../client/outbox/testing/waiting.ts';
import { seededRandom } from '../../world/random.ts';
import { MQTT_CONFIG, Rig, TOPIC } from './rig.ts';
import { packets } from './scripted-broker.ts';

const { drainRatePerS, keepAliveS, reconnectMinMs, reconnectMaxMs } = MQTT_CONFIG;
/** Maximum number of samples in flight. */
const WINDOW = 64;

let rig: Rig;
afterEach(async () => {
  vi.restoreAllMocks();
  expect(await rig.close(), 'pending timers after the end of the uplink').toBe(0);
});

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const seqs = (): number[] => rig.journal.map(({ seq }) => seq);
/** The samples that arrived, without repetitions. */
const firstDeliveries = (): string[] => [
  ...new Set(rig.journal.map(({ boot_id: boot, seq }) => `${boot}/${seq}`)),
];
const inOrder = (boot: string, count: number): string[] => upTo(count).map((seq) => `${boot}/${seq}`);

/** Maximum number of samples that arrived within one second. */
function maxPerSecond(): number {
  const times = rig.journal.map(({ atMs }) => atMs);
  let [max, first] = [0, 0];
  times.forEach((to, last) => {
    while ((times[first] ?? to) <= to - 1_000) first += 1;
    max = Math.max(max, last - first + 1);
  });
  return max;
}

describe('a backlog', () => {
  it('is delivered in order, each sample once, at the drain_rate', async () => {
    rig = await Rig.start();
    await rig.append(500);
    rig.run();
    await rig.clock.advance(reconnectMinMs + 2_000 + (500 / drainRatePerS) * 1_000);
    expect(seqs()).toEqual(upTo(500));
    expect(maxPerSecond()).toBeLessThanOrEqual(drainRatePerS + 1);
    expect(rig.outbox.usage).toEqual({ count: 0, bytes: 0 });
  });

  it.each([0.5, 7, 300, 1_000])('is delivered at a drain_rate of %d per second', async (rate) => {
    rig = await Rig.start({ config: { drainRatePerS: rate } });
    const count = Math.ceil(rate * 3);
    await rig.append(count);
    rig.run();
    await rig.clock.advance(reconnectMinMs + 2_000 + (count / rate) * 1_000);
    expect(seqs()).toEqual(upTo(count));
    expect(maxPerSecond()).toBeLessThanOrEqual(Math.ceil(rate * 1.02) + 1);
  });

  it('of an earlier process is delivered before the samples of this one', async () => {
    rig = await Rig.start();
    await rig.append(30);
    await rig.boot();
    await rig.append(30);
    rig.run();
    await rig.clock.advance(5_000);
    expect(firstDeliveries()).toEqual([...inOrder('boot-1', 30), ...inOrder('boot-2', 30)]);
  });

  it('is delivered without the samples that were dropped in the meantime', async () => {
    rig = await Rig.start({ config: { drainRatePerS: 1 }, bounds: { maxCount: 10 } });
    await rig.append(10);
    rig.run();
    await rig.clock.advance(reconnectMinMs + 2_000);
    const delivered = seqs();
    await rig.append(10);
    await rig.clock.advance(30_000);
    expect(delivered.length).toBeGreaterThan(0);
    expect(seqs()).toEqual([...delivered, ...upTo(20).slice(10)]);
    expect(rig.outbox.ledger.totals).toEqual({ count: 10 - delivered.length });
  });

  it('is delivered at the drain_rate although a full outbox drops what comes next', async () => {
    rig = await Rig.start({ config: { drainRatePerS: 1 }, bounds: { maxCount: 10 } });
    rig.run();
    for (let second = 0; second < 60; second++) {
      await rig.append(2);
      await rig.clock.advance(1_000);
    }
    expect(seqs().length).toBeGreaterThan(50);
    expect(seqs()).toEqual([...seqs()].sort((a, b) => a - b));
  });

  it.each([0, 1, 2])(
    'of an earlier version, store layout %d, is delivered as it was stored',
    async (layout) => {
      const rows = readFileSync(`fixtures/stores/layout-${layout}.jsonl`, 'utf8').trim().split('\n');
      const content = rows.map((row) => JSON.parse(row) as { key: string; value: string });
      rig = await Rig.start({ stored: content.map(({ key, value }) => [key, value] as const) });
      const stored = await rig.clock.until(waiting(rig.outbox));
      rig.run();
      await rig.clock.advance(5_000);
      const payloads = rig.received(TOPIC).map(({ payload }) => payload);
      expect(payloads.length).toBeGreaterThan(2);
      expect(payloads).toEqual(stored.map(({ payload }) => payload));
      for (const payload of payloads) {
        expect(
          content.some(({ value }) => value.endsWith(payload)),
          payload,
        ).toBe(true);
        expect(payload).toMatch(/"altitude":\d+,|"uptime_sec":\d+,/);
      }
    },
  );

  it('is followed by new samples as soon as they are stored', async () => {
    rig = await Rig.start();
    rig.run();
    await rig.clock.advance(2_000);
    for (let count = 1; count <= 5; count += 1) {
      await rig.append(1);
      await rig.clock.advance(100);
      expect(seqs()).toEqual(upTo(count));
    }
  });
});

describe('unacknowledged samples', () => {
  it('are limited to the window, and stay in the outbox', async () => {
    rig = await Rig.start({ config: { drainRatePerS: 1_000 } });
    await rig.append(500);
    rig.run();
    await rig.clock.advance(reconnectMinMs + 10);
    rig.broker.behaviours.add({ delayMs: 10_000 });
    const before = seqs().length;
    await rig.clock.advance(9_000);
    expect(seqs().length - before).toBe(WINDOW);
    expect(rig.outbox.usage.count).toBe(500 - before);
  });

  it('cause no warning of Node.js about leaked listeners', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    rig = await Rig.start({ config: { drainRatePerS: 1_000 } });
    await rig.append(200);
    rig.broker.behaviours.add({ delayMs: 2_000 });
    rig.run();
    await rig.clock.advance(10_000);
    process.off('warning', onWarning);
    expect(seqs().length).toBeGreaterThanOrEqual(WINDOW);
    expect(warnings).toEqual([]);
  });

  it('are limited to the Receive Maximum of the broker', async () => {
    const receiveMaximum = 20;
    rig = await Rig.start({
      script: (packet) => {
        if (packet.type === 'connect') {
          return { bytes: packets.connack(0, 5, packets.receiveMaximum(receiveMaximum)) };
        }
        if (packet.type !== 'publish' || packet.topic === TOPIC) return undefined;
        return { bytes: packets.puback(packet.id, 5) };
      },
    });
    rig.run();
    await rig.append(100);
    await rig.clock.advance(10_000);
    const samples = rig.scripted.received.filter(
      (packet) => packet.type === 'publish' && packet.topic === TOPIC,
    );
    expect(samples).toHaveLength(receiveMaximum);
  });

  it('are the only ones that are repeated, byte for byte, if their acknowledgements are lost', async () => {
    rig = await Rig.start();
    await rig.append(200);
    let acknowledged = NaN;
    rig.onEvent = (event) => {
      if (event.type !== 'received' || event.topic !== TOPIC || seqs().length !== 100) return;
      rig.broker.sever();
      acknowledged = rig.outbox.delivered;
    };
    rig.run();
    await rig.clock.advance(60_000);
    expect(acknowledged).toBeGreaterThan(90);
    expect(seqs()).toEqual([...upTo(100), ...upTo(200).slice(acknowledged)]);
    const payloads = new Map<number, Set<string>>();
    for (const { seq, payload } of rig.journal) {
      payloads.set(seq, (payloads.get(seq) ?? new Set()).add(payload));
    }
    expect([...payloads.values()].every(({ size }) => size === 1)).toBe(true);
    expect(rig.outbox.usage.count).toBe(0);
  });

  it('do not time out while a slow broker acknowledges one after the other', async () => {
    const waiting: number[] = [];
    rig = await Rig.start({
      config: { drainRatePerS: 10_000 },
      script: (packet) => {
        if (packet.type === 'connect') return { bytes: packets.connack(0, 5) };
        if (packet.type === 'pingreq') return { bytes: packets.pingresp };
        if (packet.type !== 'publish') return undefined;
        if (packet.topic === TOPIC) waiting.push(packet.id);
        return packet.topic === TOPIC ? undefined : { bytes: packets.puback(packet.id, 5) };
      },
    });
    const count = 2 * WINDOW;
    await rig.append(count);
    rig.run();
    for (let second = 0; second < count; second += 1) {
      await rig.clock.advance(1_000);
      const id = waiting.shift();
      if (id !== undefined) rig.scripted.send(packets.puback(id, 5));
    }
    await rig.clock.advance(1_000);
    expect(count * 1_000).toBeGreaterThan(3 * keepAliveS * 1_000);
    expect(rig.counters.brokerConnects).toBe(1);
    expect(rig.outbox.usage.count).toBe(0);
  });
});

describe('a broker that restarts while a backlog drains', () => {
  it('loses nothing, and gets only unacknowledged samples again', async () => {
    rig = await Rig.start();
    await rig.append(500);
    rig.run();
    await rig.clock.advance(5_000);
    rig.broker.stop();
    const [arrived, acknowledged] = [seqs().length, rig.outbox.delivered];
    expect(arrived).toBeGreaterThan(100);
    await rig.clock.advance(30_000);
    rig.broker.restart();
    await rig.clock.advance(reconnectMaxMs + 2_000 + (500 / drainRatePerS) * 1_000);
    expect(seqs()).toEqual([...upTo(arrived), ...upTo(500).slice(acknowledged)]);
    expect(rig.outbox.usage.count).toBe(0);
  });

  it.each(upTo(6))('at random times, among other faults, loses nothing (seed %i)', async (seed) => {
    const random = seededRandom(seed);
    rig = await Rig.start({ seed, config: { drainRatePerS: 200, reconnectMaxMs: 4_000 } });
    rig.run();
    let cuts = 0;
    const faults = [
      () => rig.broker.disconnectAll(),
      () => rig.broker.sever(),
      () => rig.broker.stop(),
      () => rig.broker.restart(),
      () => rig.broker.behaviours.add({ delayMs: 500 }),
      () => rig.broker.behaviours.clear(),
      () => rig.broker.behaviours.add({ onConnect: () => 'silence' }),
    ];
    for (let round = 0; round < 30; round += 1) {
      await rig.append(Math.floor(random.unit() * 60));
      await rig.clock.advance(random.unit() * 3_000);
      faults[Math.floor(random.unit() * faults.length)]?.();
      cuts += 1;
    }
    rig.broker.restart();
    rig.broker.behaviours.clear();
    const count = rig.outbox.appends;
    await rig.clock.advance(60_000 + (count / 200) * 1_000);
    expect(firstDeliveries()).toEqual(inOrder('boot-1', count));
    expect(rig.outbox.usage.count).toBe(0);
    expect(rig.outbox.ledger.totals).toEqual({});
    expect(seqs().length - count).toBeLessThanOrEqual(cuts * WINDOW);
  });
});

describe('a stop while a backlog drains', () => {
  it('makes the next process deliver nothing twice, even if the disk is slow', async () => {
    rig = await Rig.start({ config: { drainRatePerS: 2_000 } });
    rig.broker.behaviours.add({ delayMs: 100 });
    await rig.append(2_000);
    rig.disk.slow(300);
    rig.run();
    await rig.clock.advance(3_000);
    await rig.stop();
    const arrived = seqs().length;
    expect(arrived).toBeGreaterThan(100);
    expect(rig.outbox.usage.count).toBe(2_000 - arrived);
    await rig.boot();
    rig.run();
    await rig.clock.advance(10_000);
    expect(seqs()).toEqual(upTo(2_000));
  });
});

describe('a disk that cannot be written', () => {
  it.each(['EIO', 'ENOSPC', 'EROFS', 'ENOENT'] as const)(
    'and reports %s loses no sample while the broker is connected, and causes no duplicate',
    async (code) => {
      rig = await Rig.start();
      await rig.append(200);
      rig.run();
      await rig.clock.advance(reconnectMinMs + 10);
      rig.disk.fail({ code });
      await rig.clock.advance(2_000);
      rig.broker.disconnectAll();
      await rig.append(50);
      await rig.clock.advance(10_000);
      expect(new Set(seqs())).toEqual(new Set(upTo(250)));
      expect(seqs().length).toBeLessThanOrEqual(250 + WINDOW);
      expect(rig.outbox.usage.count).toBe(0);
      rig.disk.heal();
      await rig.append(1);
      await rig.clock.advance(1_000);
      expect(firstDeliveries()).toEqual(inOrder('boot-1', 251));
      expect(rig.outbox.ledger.totals).toEqual({});
    },
  );

  it('but answers after 10 s delays no sample', async () => {
    rig = await Rig.start();
    rig.run();
    await rig.clock.advance(reconnectMinMs + 10);
    rig.disk.slow(10_000);
    for (let count = 1; count <= 10; count += 1) {
      void rig.outbox.append(({ bootId, seq }) => JSON.stringify({ boot_id: bootId, seq }));
      await rig.clock.advance(1_000);
      expect(seqs()).toEqual(upTo(count));
    }
    expect(await rig.stop()).toBeLessThan(2_000);
    rig.disk.heal();
  });
});
