import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bench } from './testing/bench.ts';
import { PARAMETERS } from './testing/central.ts';
import { eventsOf } from './testing/recording.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench({ seed: 3 });
});
afterEach(() => bench.close());

describe('a connection in an air that loses packets', () => {
  it('carries everything in order at a loss of a fifth, only later', async () => {
    const scooter = await bench.peripheral();
    const central = await bench.central();
    // Losses that lie further apart than the supervision timeout do not add up.
    const { characteristic, received } = await central.open(undefined, { ...PARAMETERS, timeout: 20 });
    bench.air.conditions.loss = 0.2;
    const sent = Array.from({ length: 1000 }, (_, index) => `packet ${index}`);
    for (const message of sent) {
      scooter.notify(Buffer.from(message));
      characteristic.write(Buffer.from(message), true, () => undefined);
    }
    // Without loss it would take 250 events of 7.5 ms.
    await bench.clock.advance(250 * 7.5);
    expect(received.length).toBeLessThan(1000);
    await bench.clock.advance(1000);
    expect(received.map(String)).toEqual(sent);
    expect(scooter.writes.map(String)).toEqual(sent);
    expect([...scooter.disconnectReasons, ...central.disconnectReasons]).toEqual([]);
  });

  it('discovers and subscribes at a loss of a half', async () => {
    const scooter = await bench.peripheral();
    const central = await bench.central();
    const peripheral = await central.find();
    await central.connect(peripheral, { timeout: 500 });
    bench.air.conditions.loss = 0.5;
    const { properties } = await central.discover(peripheral);
    expect(properties).toContain('notify');
    expect(scooter.disconnectReasons).toEqual([]);
  });

  it('is lost to both by supervision where everything is lost', async () => {
    const scooter = await bench.peripheral();
    const central = await bench.central();
    const { characteristic } = await central.open();
    await bench.clock.advance(100);
    bench.air.conditions.loss = 1 - Number.EPSILON;
    const startMs = performance.now();
    characteristic.write(Buffer.from('lost'), true, () => undefined);
    await bench.clock.advance(4999);
    expect(central.disconnectReasons).toEqual([]);
    await bench.clock.advance(100);
    for (const end of [scooter, central]) {
      const [lost] = eventsOf(end.packets, 0x05);
      expect(lost?.bytes.readUInt8(6)).toBe(0x08);
      expect((lost?.atMs ?? 0) - startMs).toBeGreaterThanOrEqual(5000);
    }
    expect(scooter.writes).toEqual([]);
    expect(bench.clock.pendingTimers()).toBe(0);
  });
});
