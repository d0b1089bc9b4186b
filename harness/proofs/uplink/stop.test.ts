import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../world/random.ts';
import { BASE, Rig } from './rig.ts';
import { packets } from './scripted-broker.ts';

const STATUS = `${BASE}/status`;
/** Maximum time for the client to stop. */
const STOP_LIMIT_MS = 5_000;
/** Maximum time for the uplink to publish offline and disconnect. */
const UPLINK_STOP_MS = 2_000;

let rig: Rig;
afterEach(async () => {
  expect(await rig.close(), 'pending timers after the end of the uplink').toBe(0);
});

const stillListening = (): number => getEventListeners(rig.signal, 'abort').length;
const isOffline = (): boolean => rig.received(STATUS).at(-1)?.payload === 'offline';

describe('a stop', () => {
  it.each([
    ['before the first attempt', 0],
    ['while MQTT 5 is being refused', 1],
    ['in the pause after that', 500],
    ['while the second attempt runs', 1_001],
    ['while a backlog drains', 5_000],
    ['while there is nothing to do', 120_000],
  ])('%s ends at once, publishes offline, and leaves no listener', async (_when, afterMs) => {
    rig = await Rig.start();
    await rig.append(500);
    rig.run();
    await rig.clock.advance(afterMs);
    expect(await rig.stop()).toBeLessThanOrEqual(100);
    expect(stillListening()).toBe(0);
    await rig.clock.advance(1_000);
    expect(isOffline() || rig.received(STATUS).length === 0).toBe(true);
  });

  it.each([
    ['an unreachable broker', () => rig.broker.stop()],
    ['a broker that never answers', () => rig.broker.behaviours.add({ onConnect: () => 'silence' })],
    ['a half-open connection', () => rig.broker.sever()],
    ['a slow broker', () => rig.broker.behaviours.add({ delayMs: 60_000 })],
    ['a broker that closes the connection', () => rig.broker.behaviours.add({ rejectsMessage: () => true })],
  ])('with %s ends within 2 s', async (_what, begin) => {
    rig = await Rig.start();
    await rig.append(500);
    rig.run();
    await rig.clock.advance(3_000);
    begin();
    await rig.append(1);
    await rig.clock.advance(7_000);
    expect(await rig.stop()).toBeLessThanOrEqual(UPLINK_STOP_MS + 100);
    expect(stillListening()).toBe(0);
  });

  it('before the broker has acknowledged online ends within 2 s', async () => {
    rig = await Rig.start();
    rig.broker.behaviours.add({ delayMs: 60_000 });
    rig.run();
    await rig.clock.advance(3_000);
    expect(rig.counters.brokerConnects).toBe(1);
    expect(await rig.stop()).toBeLessThanOrEqual(UPLINK_STOP_MS + 100);
    expect(stillListening()).toBe(0);
  });

  it('closes the connection if the broker does not', async () => {
    rig = await Rig.start({
      script: (packet) => {
        if (packet.type === 'connect') return { bytes: packets.connack(0, 5) };
        return packet.type === 'publish' ? { bytes: packets.puback(packet.id, 5) } : undefined;
      },
    });
    rig.run();
    await rig.clock.advance(1_000);
    expect(rig.scripted.isConnected).toBe(true);
    expect(await rig.stop()).toBeLessThanOrEqual(UPLINK_STOP_MS + 100);
    await rig.clock.advance(100);
    expect(rig.scripted.received.at(-1)?.type).toBe('disconnect');
    expect(rig.scripted.isConnected).toBe(false);
  });

  it('at any time among random faults ends within 5 s, and leaves neither timer nor listener', async () => {
    rig = await Rig.start();
    const random = seededRandom(11);
    const faults = [
      () => rig.broker.disconnectAll(),
      () => rig.broker.sever(),
      () => rig.broker.stop(),
      () => rig.broker.restart(),
      () => rig.broker.behaviours.clear(),
      () => rig.broker.behaviours.add({ delayMs: 3_000 }),
      () => rig.broker.behaviours.add({ onConnect: () => 'silence' }),
      () => rig.broker.behaviours.add({ onConnect: () => 'disconnect' }),
    ];
    for (let round = 0; round < 60; round += 1) {
      rig.run();
      for (let event = 0; event < 4; event += 1) {
        await rig.append(Math.floor(random.unit() * 20));
        await rig.clock.advance(random.unit() * 2_000);
        faults[Math.floor(random.unit() * faults.length)]?.();
      }
      await rig.clock.advance(random.unit() * 500);
      expect(await rig.stop(), `round ${round}`).toBeLessThanOrEqual(STOP_LIMIT_MS);
      expect(stillListening(), `round ${round}`).toBe(0);
      await rig.boot();
    }
  });
});
