import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../world/random.ts';
import { BASE, Rig } from './rig.ts';
import { packets } from './scripted-broker.ts';

const STATUS = `${BASE}/status`;
/** What a client as a whole may take to stop. */
const STOP_LIMIT_MS = 5_000;
/** What the uplink may take of it: its goodbye. */
const GOODBYE_MS = 2_000;

let rig: Rig;
afterEach(async () => {
  expect(await rig.end(), 'timers that outlive the uplink').toBe(0);
});

const stillListening = (): number => getEventListeners(rig.signal, 'abort').length;
const saidOffline = (): boolean => rig.received(STATUS).at(-1)?.payload === 'offline';

describe('a stop', () => {
  it.each([
    ['before the first attempt', 0],
    ['while MQTT 5 is being refused', 1],
    ['in the pause behind that', 500],
    ['while the second attempt runs', 1_001],
    ['while a backlog drains', 5_000],
    ['while there is nothing to do', 120_000],
  ])('%s ends at once, says offline, and leaves nothing behind', async (_when, afterMs) => {
    rig = await Rig.start();
    await rig.append(500);
    rig.run();
    await rig.clock.advance(afterMs);
    expect(await rig.stop()).toBeLessThanOrEqual(100);
    expect(stillListening()).toBe(0);
    await rig.clock.advance(1_000);
    expect(saidOffline() || rig.received(STATUS).length === 0).toBe(true);
  });

  it.each([
    ['a broker that is away', () => rig.broker.stop()],
    ['a broker that never answers', () => rig.broker.behaviours.add({ attempt: () => 'silence' })],
    ['a dead connection', () => rig.broker.sever()],
    ['a broker that takes its time', () => rig.broker.behaviours.add({ delayMs: 60_000 })],
    ['a broker that hangs up', () => rig.broker.behaviours.add({ refuses: () => true })],
  ])('in front of %s ends within the time for a goodbye', async (_what, begin) => {
    rig = await Rig.start();
    await rig.append(500);
    rig.run();
    await rig.clock.advance(3_000);
    begin();
    await rig.append(1);
    await rig.clock.advance(7_000);
    expect(await rig.stop()).toBeLessThanOrEqual(GOODBYE_MS + 100);
    expect(stillListening()).toBe(0);
  });

  it('while a broker has not even acknowledged that we are online ends within the time for a goodbye', async () => {
    rig = await Rig.start();
    rig.broker.behaviours.add({ delayMs: 60_000 });
    rig.run();
    await rig.clock.advance(3_000);
    expect(rig.counters.brokerConnects).toBe(1);
    expect(await rig.stop()).toBeLessThanOrEqual(GOODBYE_MS + 100);
    expect(stillListening()).toBe(0);
  });

  it('hangs up by itself where the broker does not after the goodbye', async () => {
    rig = await Rig.start({
      script: (packet) => {
        if (packet.type === 'connect') return { bytes: packets.connack(0, 5) };
        return packet.type === 'publish' ? { bytes: packets.puback(packet.id, 5) } : undefined;
      },
    });
    rig.run();
    await rig.clock.advance(1_000);
    expect(rig.scripted.isConnected).toBe(true);
    expect(await rig.stop()).toBeLessThanOrEqual(GOODBYE_MS + 100);
    await rig.clock.advance(100);
    expect(rig.scripted.received.at(-1)?.type).toBe('disconnect');
    expect(rig.scripted.isConnected).toBe(false);
  });

  it('at any instant of a bad day ends within 5 s, and leaves neither timer nor listener', async () => {
    rig = await Rig.start();
    const dice = seededRandom(11);
    const mischief = [
      () => rig.broker.kick(),
      () => rig.broker.sever(),
      () => rig.broker.stop(),
      () => rig.broker.restart(),
      () => rig.broker.behaviours.clear(),
      () => rig.broker.behaviours.add({ delayMs: 3_000 }),
      () => rig.broker.behaviours.add({ attempt: () => 'silence' }),
      () => rig.broker.behaviours.add({ attempt: () => 'hang-up' }),
    ];
    for (let round = 0; round < 60; round += 1) {
      rig.run();
      for (let event = 0; event < 4; event += 1) {
        await rig.append(Math.floor(dice.unit() * 20));
        await rig.clock.advance(dice.unit() * 2_000);
        mischief[Math.floor(dice.unit() * mischief.length)]?.();
      }
      await rig.clock.advance(dice.unit() * 500);
      expect(await rig.stop(), `round ${round}`).toBeLessThanOrEqual(STOP_LIMIT_MS);
      expect(stillListening(), `round ${round}`).toBe(0);
      await rig.boot();
    }
  });
});
