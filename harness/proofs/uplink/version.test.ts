import { afterEach, describe, expect, it } from 'vitest';
import type { MqttVersion } from '../../../client/uplink/version-choice.ts';
import type { BrokerBehaviour } from '../../world/broker/virtual-broker.ts';
import { MQTT_CONFIG, Rig } from './rig.ts';
import { packets, type Script } from './scripted-broker.ts';

const { reconnectMinMs, reconnectMaxMs } = MQTT_CONFIG;

let rig: Rig;
afterEach(async () => {
  expect(await rig.close(), 'timers that outlive the uplink').toBe(0);
});

/** A broker that speaks some versions of MQTT, and has this to say to whoever offers another. */
const speaking =
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
  it('is offered MQTT 5 first, and is connected one shortest pause later', async () => {
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
    rig = await Rig.start({ script: speaking([4], refusal) });
    rig.run();
    await rig.clock.advance(reconnectMinMs + 100);
    expect(offered()).toEqual([5, 4]);
    expect(connects()).toBe(1);
  });

  it('that hangs up on MQTT 5 without a word is offered 3.1.1', async () => {
    rig = await Rig.start();
    rig.broker.behaviours.add({ onConnect: (version) => (version === 5 ? 'hang-up' : undefined) });
    rig.run();
    await rig.clock.advance(reconnectMinMs + 100);
    expect(rig.attempts.map(({ version }) => version)).toEqual([5, 4]);
    expect(connects()).toBe(1);
    expect(rig.warnings).toEqual([]);
  });

  it('is offered nothing else after an outage', async () => {
    rig = await Rig.start();
    rig.run();
    await rig.clock.advance(reconnectMinMs + 100);
    const hangingUp: BrokerBehaviour = { onConnect: () => 'hang-up' };
    rig.broker.behaviours.add(hangingUp);
    rig.broker.disconnectAll();
    await rig.clock.advance(300_000);
    rig.broker.behaviours.delete(hangingUp);
    await rig.clock.advance(reconnectMaxMs + 100);
    expect(connects()).toBe(2);
    expect(rig.attempts.slice(1).map(({ version }) => version)).toEqual(rig.attempts.slice(1).map(() => 4));
  });

  it('is connected in time after an outage at the start, though the port hung up on everything', async () => {
    rig = await Rig.start({ unit: () => 1 - Number.EPSILON });
    const hangingUp: BrokerBehaviour = { onConnect: () => 'hang-up' };
    rig.broker.behaviours.add(hangingUp);
    rig.run();
    await rig.clock.advance(600_000);
    expect(rig.warnings).toHaveLength(1);
    const before = rig.attempts.length;
    while (rig.attempts.length === before || rig.attempts.at(-1)?.version !== 4) await rig.clock.advance(100);
    rig.broker.behaviours.delete(hangingUp);
    await rig.clock.advance(reconnectMaxMs + reconnectMinMs + 100);
    expect(rig.attempts.slice(-2).map(({ version }) => version)).toEqual([5, 4]);
    expect(connects()).toBe(1);
  });
});

describe('a broker of MQTT 5', () => {
  it('is not taken for an older one because it was away', async () => {
    let isAway = false;
    rig = await Rig.start({
      script: (packet) => (isAway ? { disconnects: true } : speaking([5], packets.connack(0x01, 4))(packet)),
    });
    rig.run();
    await rig.clock.advance(100);
    isAway = true;
    await rig.append(1);
    await rig.clock.advance(300_000);
    isAway = false;
    await rig.clock.advance(reconnectMaxMs + 100);
    expect(connects()).toBe(2);
    expect(new Set(offered())).toEqual(new Set([5]));
  });
});

describe('a broker that speaks neither version', () => {
  it('is asked seldom, and told about once', async () => {
    rig = await Rig.start({ script: speaking([], packets.connack(0x84, 5)) });
    rig.run();
    await rig.clock.advance(600_000);
    expect(offered().length).toBeGreaterThan(20);
    expect(offered().length).toBeLessThanOrEqual(2 * Math.ceil(600_000 / (reconnectMinMs + reconnectMaxMs)));
    expect(rig.warnings).toHaveLength(1);
    expect(rig.warnings[0]?.reason).toContain('Unsupported Protocol Version');
  });
});
