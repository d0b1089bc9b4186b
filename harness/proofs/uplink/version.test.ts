import { afterEach, describe, expect, it } from 'vitest';
import type { MqttVersion } from '../../../client/uplink/mqtt-version.ts';
import type { BrokerBehaviour } from '../../world/broker/broker-behaviour.ts';
import { MQTT_CONFIG, Rig } from './rig.ts';
import { packets, type Script } from './scripted-broker.ts';

const { reconnectMinMs, reconnectMaxMs } = MQTT_CONFIG;

let rig: Rig;
afterEach(async () => {
  expect(await rig.close(), 'pending timers after the end of the uplink').toBe(0);
});

/** The script of a broker that supports some MQTT versions, and answers others with `refusal`. */
const supporting =
  (versions: readonly MqttVersion[], refusal: Buffer): Script =>
  (packet) => {
    if (packet.type === 'publish') return { bytes: packets.puback(packet.id, packet.version) };
    if (packet.type !== 'connect') return undefined;
    if (!versions.some((version) => version === packet.version)) return { bytes: refusal, disconnects: true };
    return { bytes: packets.connack(0, packet.version) };
  };

const offered = (): number[] =>
  rig.scripted.received.flatMap((packet) => (packet.type === 'connect' ? [packet.version] : []));

const connects = (): number => rig.counters.brokerConnects;

describe('a broker of MQTT 3.1.1', () => {
  it('is offered MQTT 5 first, and connected after one minimum pause', async () => {
    rig = await Rig.start();
    rig.run();
    await rig.clock.advance(reconnectMinMs + 100);
    expect(rig.attempts.map(({ version }) => version)).toEqual([5, 4]);
    expect(connects()).toBe(1);
    expect(rig.warnings).toEqual([]);
  });

  it.each([
    ['with the code of 3.1.1', packets.connack(0x01, 4)],
    ['with the code of 5', packets.connack(0x84, 5)],
  ])('that refuses MQTT 5 %s is offered 3.1.1', async (_how, refusal) => {
    rig = await Rig.start({ script: supporting([4], refusal) });
    rig.run();
    await rig.clock.advance(reconnectMinMs + 100);
    expect(offered()).toEqual([5, 4]);
    expect(connects()).toBe(1);
  });

  it('that closes the connection on MQTT 5 is offered 3.1.1', async () => {
    rig = await Rig.start();
    rig.broker.behaviours.add({ onConnect: (version) => (version === 5 ? 'disconnect' : undefined) });
    rig.run();
    await rig.clock.advance(reconnectMinMs + 100);
    expect(rig.attempts.map(({ version }) => version)).toEqual([5, 4]);
    expect(connects()).toBe(1);
    expect(rig.warnings).toEqual([]);
  });

  it('is offered only 3.1.1 after an outage', async () => {
    rig = await Rig.start();
    rig.run();
    await rig.clock.advance(reconnectMinMs + 100);
    const closing: BrokerBehaviour = { onConnect: () => 'disconnect' };
    rig.broker.behaviours.add(closing);
    rig.broker.disconnectAll();
    await rig.clock.advance(300_000);
    rig.broker.behaviours.delete(closing);
    await rig.clock.advance(reconnectMaxMs + 100);
    expect(connects()).toBe(2);
    expect(rig.attempts.slice(1).map(({ version }) => version)).toEqual(rig.attempts.slice(1).map(() => 4));
  });

  it('is connected in time after an outage at the start in which every connection was closed', async () => {
    rig = await Rig.start({ unit: () => 1 - Number.EPSILON });
    const closing: BrokerBehaviour = { onConnect: () => 'disconnect' };
    rig.broker.behaviours.add(closing);
    rig.run();
    await rig.clock.advance(600_000);
    expect(rig.warnings).toHaveLength(1);
    const before = rig.attempts.length;
    while (rig.attempts.length === before || rig.attempts.at(-1)?.version !== 4) await rig.clock.advance(100);
    rig.broker.behaviours.delete(closing);
    await rig.clock.advance(reconnectMaxMs + reconnectMinMs + 100);
    expect(rig.attempts.slice(-2).map(({ version }) => version)).toEqual([5, 4]);
    expect(connects()).toBe(1);
  });
});

describe('a broker of MQTT 5', () => {
  it('is not offered 3.1.1 because it was unreachable', async () => {
    let isUnreachable = false;
    rig = await Rig.start({
      script: (packet) =>
        isUnreachable ? { disconnects: true } : supporting([5], packets.connack(0x01, 4))(packet),
    });
    rig.run();
    await rig.clock.advance(100);
    isUnreachable = true;
    await rig.append(1);
    await rig.clock.advance(300_000);
    isUnreachable = false;
    await rig.clock.advance(reconnectMaxMs + 100);
    expect(connects()).toBe(2);
    expect(new Set(offered())).toEqual(new Set([5]));
  });
});

describe('a broker of MQTT 3.1.1 that is replaced by one of MQTT 5', () => {
  it('is offered MQTT 5 after one minimum pause, although it refused the client before', async () => {
    const NOT_AUTHORIZED = 5;
    const unsupported = packets.connack(0x01, 4);
    let isReplaced = false;
    rig = await Rig.start({
      script: (packet) => {
        if (isReplaced) return supporting([5], unsupported)(packet);
        if (packet.type !== 'connect') return undefined;
        const refusal = packet.version === 5 ? unsupported : packets.connack(NOT_AUTHORIZED, 4);
        return { bytes: refusal, disconnects: true };
      },
    });
    rig.run();
    await rig.clock.advance(reconnectMinMs + 100);
    isReplaced = true;
    const refused = offered().length;
    while (offered().length === refused) await rig.clock.advance(100);
    await rig.clock.advance(reconnectMinMs + 100);
    expect(offered()).toEqual([5, 4, 4, 5]);
    expect(connects()).toBe(1);
  });
});

describe('a broker that supports neither version', () => {
  it('is retried rarely, and logged once', async () => {
    rig = await Rig.start({ script: supporting([], packets.connack(0x84, 5)) });
    rig.run();
    await rig.clock.advance(600_000);
    expect(offered().length).toBeGreaterThan(20);
    expect(offered().length).toBeLessThanOrEqual(2 * Math.ceil(600_000 / (reconnectMinMs + reconnectMaxMs)));
    expect(rig.warnings).toHaveLength(1);
    expect(rig.warnings[0]?.reason).toContain('unsupported protocol version');
  });

  it('is retried rarely if it closes the connection on MQTT 5, and refuses 3.1.1, which it accepted before', async () => {
    const unsupported = packets.connack(0x01, 4);
    let isReplaced = false;
    rig = await Rig.start({
      unit: () => 1 - Number.EPSILON,
      script: (packet) => {
        if (packet.type === 'connect' && packet.version === 5) return { disconnects: true };
        return isReplaced ? { bytes: unsupported, disconnects: true } : supporting([4], unsupported)(packet);
      },
    });
    rig.run();
    await rig.clock.advance(reconnectMinMs + 100);
    expect(connects()).toBe(1);
    isReplaced = true;
    await rig.append(1);
    await rig.clock.advance(600_000);
    const growing = Math.ceil(Math.log2(reconnectMaxMs / reconnectMinMs));
    const pairs = growing + Math.ceil(600_000 / (reconnectMinMs + reconnectMaxMs));
    expect(offered().length).toBeLessThanOrEqual(2 * (pairs + 1));
    expect(offered().length).toBeGreaterThan(pairs);
  });
});
