import { afterEach, describe, expect, it, vi } from 'vitest';
import { seededRandom } from '../../world/random.ts';
import { MQTT_CONFIG, Rig, TOPIC } from './rig.ts';
import { packets } from './scripted-broker.ts';

const { drainRatePerS, keepAliveS, reconnectMinMs, reconnectMaxMs } = MQTT_CONFIG;
/** What the client allows itself at most. */
const WINDOW = 64;

let rig: Rig;
afterEach(async () => {
  vi.restoreAllMocks();
  expect(await rig.end(), 'timers that outlive the uplink').toBe(0);
});

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const seqs = (): number[] => rig.journal.map(({ seq }) => seq);
/** What arrived, without what had arrived before. */
const firstDeliveries = (): string[] => [
  ...new Set(rig.journal.map(({ boot_id: boot, seq }) => `${boot}/${seq}`)),
];
const inOrder = (boot: string, count: number): string[] => upTo(count).map((seq) => `${boot}/${seq}`);

/** The most samples that arrived within any one second. */
function mostPerSecond(): number {
  const times = rig.journal.map(({ atMs }) => atMs);
  let [most, first] = [0, 0];
  times.forEach((to, last) => {
    while ((times[first] ?? to) <= to - 1_000) first += 1;
    most = Math.max(most, last - first + 1);
  });
  return most;
}

describe('a backlog', () => {
  it('arrives in order, each sample once, as fast as drain_rate allows and no faster', async () => {
    rig = await Rig.start();
    await rig.append(500);
    rig.run();
    await rig.clock.advance(reconnectMinMs + 2_000 + (500 / drainRatePerS) * 1_000);
    expect(seqs()).toEqual(upTo(500));
    expect(mostPerSecond()).toBeLessThanOrEqual(drainRatePerS + 1);
    expect(rig.outbox.fill).toEqual({ count: 0, bytes: 0 });
  });

  it.each([0.5, 7, 300, 1_000])('keeps to a drain_rate of %d a second', async (rate) => {
    rig = await Rig.start({ config: { drainRatePerS: rate } });
    const count = Math.ceil(rate * 3);
    await rig.append(count);
    rig.run();
    await rig.clock.advance(reconnectMinMs + 2_000 + (count / rate) * 1_000);
    expect(seqs()).toEqual(upTo(count));
    expect(mostPerSecond()).toBeLessThanOrEqual(Math.ceil(rate * 1.02) + 1);
  });

  it('of an earlier process comes before the samples of this one', async () => {
    rig = await Rig.start();
    await rig.append(30);
    await rig.boot();
    await rig.append(30);
    rig.run();
    await rig.clock.advance(5_000);
    expect(firstDeliveries()).toEqual([...inOrder('boot-1', 30), ...inOrder('boot-2', 30)]);
  });

  it('is followed by new samples as they come', async () => {
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

describe('samples without an acknowledgement', () => {
  it('are a window at most, and stay in the outbox', async () => {
    rig = await Rig.start({ config: { drainRatePerS: 1_000 } });
    await rig.append(500);
    rig.run();
    await rig.clock.advance(reconnectMinMs + 10);
    rig.broker.behaviours.add({ delayMs: 10_000 });
    const before = seqs().length;
    await rig.clock.advance(9_000);
    expect(seqs().length - before).toBe(WINDOW);
    expect(rig.outbox.fill.count).toBe(500 - before);
  });

  it('do not make Node.js warn of a leak, however many there are', async () => {
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

  it('are fewer where the broker takes fewer', async () => {
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
    expect(samples.length).toBeGreaterThan(10);
    expect(samples.length).toBeLessThan(receiveMaximum);
  });

  it('come again byte for byte, and only they, when the acknowledgements got lost', async () => {
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
    expect(rig.outbox.fill.count).toBe(0);
  });

  it('are not given up on while a slow broker acknowledges one after the other', async () => {
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
      if (id !== undefined) rig.scripted.say(packets.puback(id, 5));
    }
    await rig.clock.advance(1_000);
    expect(count * 1_000).toBeGreaterThan(3 * keepAliveS * 1_000);
    expect(rig.counters.brokerConnects).toBe(1);
    expect(rig.outbox.fill.count).toBe(0);
  });
});

describe('a broker that restarts while a backlog drains', () => {
  it('loses nothing, and gets again only what it had not acknowledged', async () => {
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
    expect(rig.outbox.fill.count).toBe(0);
  });

  it.each(upTo(6))('at random instants, and whatever else it does, loses nothing (seed %i)', async (seed) => {
    const dice = seededRandom(seed);
    rig = await Rig.start({ seed, config: { drainRatePerS: 200, reconnectMaxMs: 4_000 } });
    rig.run();
    let cuts = 0;
    const mischief = [
      () => rig.broker.kick(),
      () => rig.broker.sever(),
      () => rig.broker.stop(),
      () => rig.broker.restart(),
      () => rig.broker.behaviours.add({ delayMs: 500 }),
      () => rig.broker.behaviours.clear(),
      () => rig.broker.behaviours.add({ attempt: () => 'silence' }),
    ];
    for (let round = 0; round < 30; round += 1) {
      await rig.append(Math.floor(dice.unit() * 60));
      await rig.clock.advance(dice.unit() * 3_000);
      mischief[Math.floor(dice.unit() * mischief.length)]?.();
      cuts += 1;
    }
    rig.broker.restart();
    rig.broker.behaviours.clear();
    const count = rig.outbox.appends;
    await rig.clock.advance(60_000 + (count / 200) * 1_000);
    expect(firstDeliveries()).toEqual(inOrder('boot-1', count));
    expect(rig.outbox.fill.count).toBe(0);
    expect(rig.outbox.ledger.totals).toEqual({});
    expect(seqs().length - count).toBeLessThanOrEqual(cuts * WINDOW);
  });
});

describe('an orderly stop while a backlog drains', () => {
  it('makes the next process deliver nothing twice, though the disk is slow', async () => {
    rig = await Rig.start({ config: { drainRatePerS: 2_000 } });
    rig.broker.behaviours.add({ delayMs: 100 });
    const { outbox } = rig;
    const remove = outbox.remove.bind(outbox);
    vi.spyOn(outbox, 'remove').mockImplementation(async (entries) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await remove(entries);
    });
    await rig.append(2_000);
    rig.run();
    await rig.clock.advance(3_000);
    await rig.stop();
    const arrived = seqs().length;
    expect(arrived).toBeGreaterThan(100);
    expect(outbox.fill.count).toBe(2_000 - arrived);
    await rig.boot();
    rig.run();
    await rig.clock.advance(10_000);
    expect(seqs()).toEqual(upTo(2_000));
  });
});

describe('a disk that does not take the news of what was delivered', () => {
  it('does not make the next connection deliver it twice, nor stops the journal', async () => {
    rig = await Rig.start();
    await rig.append(200);
    rig.run();
    await rig.clock.advance(reconnectMinMs + 10);
    const batch = vi.spyOn(rig.store, 'batch').mockImplementation(() => {
      throw new Error('EIO');
    });
    await rig.clock.advance(2_000);
    rig.broker.kick();
    await rig.clock.advance(10_000);
    expect(seqs()).toEqual(upTo(200));
    batch.mockRestore();
    await rig.append(1);
    await rig.clock.advance(1_000);
    expect(seqs()).toEqual(upTo(201));
    expect(rig.outbox.fill.count).toBe(0);
  });
});
