import { afterEach, describe, expect, it } from 'vitest';
import { BASE, MQTT_CONFIG, Rig } from './rig.ts';

const { keepAliveS, reconnectMaxMs } = MQTT_CONFIG;
const STATUS = `${BASE}/status`;
const SCOOTER = `${BASE}/scooter`;

let rig: Rig;
afterEach(async () => {
  expect(await rig.close(), 'pending timers after the end of the uplink').toBe(0);
});

const payloads = (topic: string): string[] => rig.received(topic).map(({ payload }) => payload);

describe('the state of the client', () => {
  it('is published retained as online with the connection, before a scooter is found', async () => {
    rig = await Rig.connected();
    expect(rig.received(STATUS)).toMatchObject([{ payload: 'online', retain: true, qos: 1, isWill: false }]);
    expect(rig.received(SCOOTER)).toEqual([]);
  });

  it('is set to offline by the last will when the connection is closed, and to online after a reconnect', async () => {
    rig = await Rig.connected();
    rig.broker.disconnectAll();
    await rig.clock.advance(100);
    expect(rig.received(STATUS).at(-1)).toMatchObject({ payload: 'offline', retain: true, isWill: true });
    await rig.clock.advance(reconnectMaxMs);
    expect(payloads(STATUS)).toEqual(['online', 'offline', 'online']);
  });

  it('is set to offline by the last will when the client sends nothing more', async () => {
    rig = await Rig.connected();
    rig.broker.sever();
    rig.broker.behaviours.add({ onConnect: () => 'silence' });
    await rig.clock.advance(1.5 * keepAliveS * 1_000 + 1_000);
    expect(payloads(STATUS)).toEqual(['online', 'offline']);
  });

  it('is set to offline by the client when it stops', async () => {
    rig = await Rig.connected();
    await rig.stop();
    await rig.clock.advance(60_000);
    expect(rig.received(STATUS)).toMatchObject([
      { payload: 'online' },
      { payload: 'offline', retain: true, isWill: false },
    ]);
  });
});

describe('the state of the scooter', () => {
  it('is retained, and published again after a reconnect', async () => {
    rig = await Rig.connected();
    rig.uplink.publishScooterState('searching');
    rig.uplink.publishScooterState('connected');
    await rig.clock.advance(100);
    expect(rig.received(SCOOTER)).toMatchObject([
      { payload: 'searching', retain: true, qos: 1 },
      { payload: 'connected', retain: true, qos: 1 },
    ]);
    rig.broker.stop();
    await rig.clock.advance(10_000);
    rig.uplink.publishScooterState('away');
    rig.broker.restart();
    await rig.clock.advance(reconnectMaxMs);
    expect(payloads(SCOOTER)).toEqual(['searching', 'connected', 'away']);
    rig.broker.disconnectAll();
    await rig.clock.advance(reconnectMaxMs);
    expect(payloads(SCOOTER)).toEqual(['searching', 'connected', 'away', 'away']);
  });

  it('is published before the samples of the backlog', async () => {
    rig = await Rig.start();
    await rig.append(10);
    rig.uplink.publishScooterState('searching');
    rig.run();
    await rig.clock.advance(3_000);
    const topics = rig.events.flatMap((event) => (event.type === 'received' ? [event.topic] : []));
    expect(topics.indexOf(SCOOTER)).toBeLessThan(topics.indexOf(MQTT_CONFIG.topic));
  });
});
