import { afterEach, describe, expect, it } from 'vitest';
import { waiting } from '../../../client/outbox/testing/waiting.ts';
import { BASE, MQTT_CONFIG, Rig } from './rig.ts';
import { packets, type ClientPacket, type Script } from './scripted-broker.ts';

const { healthIntervalMs, reconnectMinMs, reconnectMaxMs } = MQTT_CONFIG;
const HEALTH = `${BASE}/health`;

interface Report {
  readonly broker: { readonly connects: number; readonly failures: number };
  readonly samples: { readonly stored: number; readonly delivered: number };
  readonly outbox: { readonly count: number; readonly bytes: number; readonly damages: number };
  readonly dropped: Record<string, number>;
  readonly dropped_ranges: readonly { boot_id: string; from: number; to: number; reason: string }[];
}

let rig: Rig;
afterEach(async () => {
  expect(await rig.close(), 'pending timers after the end of the uplink').toBe(0);
});

const reports = (): Report[] => rig.received(HEALTH).map(({ payload }) => JSON.parse(payload) as Report);

describe('the status', () => {
  it('is repeated with each health report, in case the broker has published the last will late', async () => {
    rig = await Rig.start();
    rig.run();
    await rig.clock.advance(reconnectMinMs + 1_000);
    await rig.clock.advance(2 * healthIntervalMs);
    const statuses = rig.received(`${BASE}/status`).map(({ payload, retain }) => ({ payload, retain }));
    expect(statuses).toEqual(Array.from({ length: 3 }, () => ({ payload: 'online', retain: true })));
  });
});

describe('the health report', () => {
  it('is published retained on each connection and then at its interval', async () => {
    rig = await Rig.start();
    rig.run();
    await rig.clock.advance(reconnectMinMs + 3 * healthIntervalMs + 100);
    const received = rig.received(HEALTH);
    expect(received).toHaveLength(4);
    const [first] = received;
    expect(received.map(({ atMs }) => Math.round((atMs - (first?.atMs ?? 0)) / 1_000))).toEqual([
      0, 60, 120, 180,
    ]);
    expect(received.every(({ retain, qos }) => retain && qos === 1)).toBe(true);
    rig.broker.disconnectAll();
    await rig.clock.advance(reconnectMaxMs);
    expect(reports()).toHaveLength(5);
  });

  it('contains the counters', async () => {
    rig = await Rig.start();
    rig.counters.logins = 3;
    rig.counters.linksLost = 2;
    rig.counters.stored = 11;
    rig.disk.fail({ code: 'EIO' });
    await rig.append(11);
    rig.disk.heal();
    rig.run();
    await rig.clock.advance(reconnectMinMs + healthIntervalMs + 1_000);
    await rig.append(2);
    expect(reports().at(-1)).toEqual({
      boot_id: 'boot-1',
      version: '1.2.3',
      uptime_sec: Math.round((reconnectMinMs + healthIntervalMs) / 1_000),
      clock_synced: true,
      broker: { connects: 1, failures: 0 },
      scooter: { logins: 3, links_lost: 2 },
      samples: { stored: 11, delivered: 11, disk_errors: 2 },
      outbox: { count: 0, bytes: 0, damages: 0 },
      dropped: {},
      dropped_ranges: [],
    });
  });

  it('contains every range of dropped samples, once the broker is connected', async () => {
    rig = await Rig.start({ bounds: { maxCount: 10 } });
    await rig.append(25);
    await rig.boot();
    await rig.append(3);
    rig.run();
    await rig.clock.advance(reconnectMinMs + 2_000);
    expect(reports()[0]).toMatchObject({
      dropped: { count: 18 },
      dropped_ranges: [{ boot_id: 'boot-1', from: 1, to: 18, reason: 'count' }],
    });
    const arrived = new Set(rig.journal.map(({ boot_id: boot, seq }) => `${boot}/${seq}`));
    expect(arrived.size).toBe(10);
    for (let seq = 1; seq <= 18; seq += 1) expect(arrived.has(`boot-1/${seq}`)).toBe(false);
  });

  it('contains the samples that damage to the store has cost', async () => {
    rig = await Rig.start();
    await rig.append(25);
    rig.disk.damage('outbox', { part: 'table', loses: (key) => key.startsWith('!journal!') });
    await rig.boot();
    rig.run();
    await rig.clock.advance(reconnectMinMs + healthIntervalMs + 1_000);
    expect(reports().at(-1)).toMatchObject({
      outbox: { count: 0 },
      dropped: { disk: 25 },
      dropped_ranges: [{ boot_id: 'boot-1', from: 1, to: 25, reason: 'disk' }],
    });
  });

  it('counts damage to the store of which nobody can tell what it has cost', async () => {
    rig = await Rig.start();
    await rig.append(25);
    rig.disk.damage('outbox', { part: 'manifest' });
    await rig.boot();
    rig.run();
    await rig.clock.advance(reconnectMinMs + 1_000);
    expect(reports().at(-1)?.outbox.damages).toBe(1);
  });
});

describe('a dropped range', () => {
  /** More ranges than are repeated after they were reported. */
  const MANY = 250;

  /** Fills the ledger with ranges by dropping every other sample. */
  async function dropMany(): Promise<void> {
    for (let count = 0; count < MANY; count += 1) {
      const [oldest] = await rig.clock.until(waiting(rig.outbox, 1));
      if (oldest) rig.outbox.quarantine(oldest);
      await rig.append(2);
      const [kept] = await rig.clock.until(waiting(rig.outbox, 1));
      if (kept) rig.outbox.release(kept);
    }
  }

  const DROPPED = `${HEALTH}/dropped`;

  type Publish = Extract<ClientPacket, { type: 'publish' }>;

  const published = (topic: string): Publish[] =>
    rig.scripted.received.filter(
      (packet): packet is Publish & { atMs: number } => packet.type === 'publish' && packet.topic === topic,
    );
  const rangesIn = ({ payload }: Publish): string[] =>
    (JSON.parse(payload) as Report).dropped_ranges.map((range) => JSON.stringify(range));

  /** The script of an MQTT 5 broker with properties in CONNACK that acknowledges what `acknowledges` allows. */
  const broker =
    (acknowledges: (topic: string) => boolean, properties: Buffer = Buffer.alloc(0)): Script =>
    (packet) => {
      if (packet.type === 'connect') return { bytes: packets.connack(0, 5, properties) };
      if (packet.type === 'pingreq') return { bytes: packets.pingresp };
      if (packet.type !== 'publish' || packet.id === 0 || !acknowledges(packet.topic)) return undefined;
      return { bytes: packets.puback(packet.id, 5) };
    };

  it('is repeated until the broker has acknowledged a message that contains it', async () => {
    let acknowledges = false;
    rig = await Rig.start({
      script: broker((topic) => acknowledges || ![HEALTH, DROPPED].includes(topic)),
    });
    await rig.append(1);
    await dropMany();
    const all = rig.outbox.ledger.ranges.length;
    expect(all).toBeGreaterThan(200);
    rig.run();
    await rig.clock.advance(5 * healthIntervalMs);
    expect(published(HEALTH).length).toBeGreaterThanOrEqual(2);
    expect(rig.outbox.ledger.ranges).toHaveLength(all);
    acknowledges = true;
    const before = rig.scripted.received.length;
    await rig.clock.advance(20 * healthIntervalMs);
    const later = rig.scripted.received.slice(before);
    const ranges = later.flatMap((packet) =>
      packet.type === 'publish' && [HEALTH, DROPPED].includes(packet.topic) ? rangesIn(packet) : [],
    );
    expect(new Set(ranges).size).toBe(all);
    expect(rig.outbox.ledger.ranges).toHaveLength(100);
  });

  it('that does not fit into the report is announced once, not retained', async () => {
    rig = await Rig.start({ script: broker(() => true) });
    await rig.append(1);
    await dropMany();
    const all = rig.outbox.ledger.ranges.length;
    rig.run();
    await rig.clock.advance(5 * healthIntervalMs);
    const further = published(DROPPED).flatMap(rangesIn);
    expect(further).toHaveLength(all - 100);
    expect(new Set([...further, ...published(HEALTH).flatMap(rangesIn)]).size).toBe(all);
    expect(published(DROPPED).every(({ retain }) => !retain)).toBe(true);
    expect(published(HEALTH).every(({ retain }) => retain)).toBe(true);
  });

  it.each([600, 1_000, 5_000])(
    'is announced to a broker that accepts packets of at most %d bytes',
    async (maxPacketBytes) => {
      const properties = packets.maximumPacketSize(maxPacketBytes);
      rig = await Rig.start({ script: broker(() => true, properties) });
      await rig.append(1);
      await dropMany();
      const all = rig.outbox.ledger.ranges.length;
      rig.run();
      await rig.clock.advance(2 * healthIntervalMs);
      const messages = [...published(HEALTH), ...published(DROPPED)];
      expect(Math.max(...messages.map(({ bytes }) => bytes))).toBeLessThanOrEqual(maxPacketBytes);
      expect(new Set(messages.flatMap(rangesIn)).size).toBe(all);
      const [newest] = rig.outbox.ledger.ranges.slice(-1);
      expect(published(HEALTH)[0]?.payload).toContain(`"from":${newest?.from ?? NaN}`);
    },
  );
});
