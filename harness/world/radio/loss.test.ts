import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bench } from './testing/bench.ts';
import { PARAMETERS } from './testing/central.ts';
import { eventsOf } from './testing/recording.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench({ seed: 3 });
});
afterEach(() => bench.close());

describe('a connection with packet loss', () => {
  it('transfers everything in order at 20 % loss, but later', async () => {
    const scooter = await bench.peripheral();
    const central = await bench.central();
    // Separate losses do not add up to a supervision timeout.
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

  it('completes discovery at 50 % loss', async () => {
    const scooter = await bench.peripheral();
    const central = await bench.central();
    const peripheral = await central.find();
    await central.connect(peripheral, { timeout: 500 });
    bench.air.conditions.loss = 0.5;
    const { properties } = await central.discover(peripheral);
    expect(properties).toContain('notify');
    expect(scooter.disconnectReasons).toEqual([]);
  });

  it('ends for both by supervision if every packet is lost', async () => {
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
