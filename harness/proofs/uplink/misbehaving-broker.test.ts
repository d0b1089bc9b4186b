import { afterEach, describe, expect, it } from 'vitest';
import type { MqttVersion } from '../../../client/uplink/mqtt-version.ts';
import { BASE, MQTT_CONFIG, Rig, TOPIC } from './rig.ts';
import { packets, type Answer, type ClientPacket, type Script } from './scripted-broker.ts';

const { keepAliveS, reconnectMinMs } = MQTT_CONFIG;
const KEEP_ALIVE_MS = keepAliveS * 1_000;

let rig: Rig;
afterEach(async () => {
  expect(await rig.close(), 'pending timers after the end of the uplink').toBe(0);
});

/** The answer of a broker that acknowledges everything. */
function acknowledge(packet: ClientPacket): Answer | undefined {
  if (packet.type === 'connect') return { bytes: packets.connack(0, packet.version) };
  if (packet.type === 'pingreq') return { bytes: packets.pingresp };
  if (packet.type !== 'publish' || packet.id === 0) return undefined;
  return { bytes: packets.puback(packet.id, packet.version) };
}

/** Restricts a script to one version of MQTT. */
const of =
  (version: MqttVersion, script: Script): Script =>
  (packet) =>
    packet.type === 'connect' && packet.version !== version
      ? { bytes: packets.connack(0x01, 4), disconnects: true }
      : script(packet);

const connects = (): number => rig.scripted.received.filter(({ type }) => type === 'connect').length;
const seqs = (): Set<number> =>
  new Set(
    rig.scripted.received.flatMap((packet) =>
      packet.type === 'publish' && packet.topic === TOPIC
        ? [(JSON.parse(packet.payload) as { seq: number }).seq]
        : [],
    ),
  );

describe.each([4, 5] as const)('a broker of MQTT version %d', (version) => {
  it.each([
    ['a message', Buffer.from([0x30, 0x05, 0x00, 0x01, 0x61, 0x62, 0x63]), 'subscribes to nothing'],
    [
      'the header of a message of 268 MB',
      Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]),
      'subscribes to nothing',
    ],
    [
      'the header of an acknowledgement of 268 MB',
      Buffer.from([0x40, 0xff, 0xff, 0xff, 0x7f]),
      'announced a packet of',
    ],
  ])(
    'that sends %s is disconnected before it sends more, and reconnected later',
    async (_what, bytes, reason) => {
      rig = await Rig.start({ script: of(version, acknowledge) });
      rig.run();
      await rig.clock.advance(reconnectMinMs + 5_000);
      expect(rig.scripted.isConnected).toBe(true);
      const before = connects();
      rig.scripted.send(bytes);
      await rig.clock.advance(1);
      expect(rig.scripted.isConnected).toBe(false);
      expect(rig.warnings[0]?.reason).toContain(reason);
      await rig.append(3);
      await rig.clock.advance(60_000);
      expect(connects()).toBe(before + 1);
      expect(seqs()).toEqual(new Set([1, 2, 3]));
      expect(rig.outbox.usage.count).toBe(0);
    },
  );
});

describe('a broker that answers pings', () => {
  it.each([0, 1, 2, 7])(
    'but acknowledges nothing after %d samples is found out within keep_alive',
    async (count) => {
      let isDeaf = false;
      let acknowledged = 0;
      rig = await Rig.start({
        script: (packet) => {
          if (packet.type === 'publish' && packet.topic === TOPIC && !isDeaf) {
            if (acknowledged === count) isDeaf = true;
            else acknowledged += 1;
          }
          return isDeaf && packet.type === 'publish' ? undefined : acknowledge(packet);
        },
      });
      await rig.append(count + 3);
      rig.run();
      await rig.clock.advance(KEEP_ALIVE_MS + 3_000);
      expect(acknowledged).toBe(count);
      expect(connects()).toBe(2);
      expect(rig.warnings[0]?.reason).toBe(`The broker has acknowledged nothing for ${keepAliveS} s`);
      isDeaf = false;
      acknowledged = -1_000;
      await rig.clock.advance(60_000);
      expect(seqs().size).toBe(count + 3);
      expect(rig.outbox.usage.count).toBe(0);
    },
  );

  it('but forgets one sample while it acknowledges later ones is found out within keep_alive', async () => {
    let forgets = true;
    rig = await Rig.start({
      script: (packet) => {
        const isForgotten = forgets && packet.type === 'publish' && packet.payload.includes('"seq":2,');
        return isForgotten ? undefined : acknowledge(packet);
      },
    });
    await rig.append(3);
    rig.run();
    for (let second = 0; second < keepAliveS + 3; second += 1) {
      await rig.append(1);
      await rig.clock.advance(1_000);
    }
    expect(connects()).toBe(2);
    expect(rig.warnings[0]?.reason).toBe(
      `The broker has acknowledged no message on ${TOPIC} for ${keepAliveS} s`,
    );
    forgets = false;
    await rig.clock.advance(60_000);
    expect(rig.outbox.usage.count).toBe(0);
    expect(rig.outbox.ledger.totals).toEqual({});
  });

  it.each([1, 4, 65_535])(
    'but never acknowledges the topics beside the samples gets the samples, with %d messages in flight',
    async (receiveMaximum) => {
      rig = await Rig.start({
        script: (packet) => {
          if (packet.type === 'connect')
            return { bytes: packets.connack(0, 5, packets.receiveMaximum(receiveMaximum)) };
          return packet.type === 'publish' && packet.topic !== TOPIC ? undefined : acknowledge(packet);
        },
      });
      rig.uplink.publishScooterState('connected');
      await rig.append(5);
      rig.run();
      await rig.clock.advance(60_000);
      expect(rig.outbox.usage.count).toBe(0);
      for (let minute = 0; minute < 30; minute += 1) {
        await rig.append(12);
        await rig.clock.advance(60_000);
      }
      expect(rig.outbox.usage.count).toBeLessThanOrEqual(12);
      expect(rig.outbox.ledger.totals).toEqual({});
    },
  );

  it('but never acknowledges one topic beside the samples is no longer sent it', async () => {
    const STATUS = `${BASE}/status`;
    rig = await Rig.start({
      script: (packet) =>
        packet.type === 'publish' && packet.topic === STATUS ? undefined : acknowledge(packet),
    });
    rig.run();
    for (let second = 0; second < 200; second += 1) {
      await rig.append(1);
      await rig.clock.advance(1_000);
    }
    expect(rig.warnings.filter(({ topic }) => topic === STATUS)).toHaveLength(1);
    const before = connects();
    await rig.clock.advance(300_000);
    expect(connects()).toBe(before);
  });
});
