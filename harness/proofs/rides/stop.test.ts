import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { H4 } from '../../../hci/socket.ts';
import { TestRide, TOKEN } from './testing/test-ride.ts';

/** LE Set Scan Enable (Bluetooth Core Vol 4 Part E, 7.8.11). */
const SET_SCAN_ENABLE = 0x200c;

let ride: TestRide;
beforeEach(() => (ride = new TestRide()));
afterEach(() => ride.close());

describe('a stop', () => {
  it('ends within 5 s while samples wait for the broker', async () => {
    ride.configure({ scooter: 'reconnect_window = 10' });
    await ride.start({ token: TOKEN });
    await ride.clock.until(ride.world.broker.close());
    const run = ride.command('run');
    await ride.clock.advance(20_000);
    ride.world.air.block(ride.world.scooterController);
    // The supervision timeout, the window, and the time that the last attempt may exceed it.
    await ride.clock.advance(5_000 + 10_000 + 5_000 + 1_000);
    const still = await Promise.race([run, ride.clock.advance(10).then(() => 'runs')]);
    expect(still).toBe('runs');
    const stoppedMs = ride.clock.now();
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
    expect(ride.clock.now() - stoppedMs).toBeLessThanOrEqual(5_000);
  });

  it('ends within 5 s while the scooter is out of range, and the link not lost yet', async () => {
    ride.configure();
    await ride.start({ token: TOKEN });
    const run = ride.command('run');
    await ride.clock.advance(20_000);
    ride.world.air.block(ride.world.scooterController);
    await ride.clock.advance(100);
    const stoppedMs = ride.clock.now();
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
    expect(ride.clock.now() - stoppedMs).toBeLessThanOrEqual(5_000);
  });

  it.each([
    { when: 'searching', afterMs: 5_000, isOn: false },
    { when: 'connecting', afterMs: 300, isOn: true },
    { when: 'logging in', afterMs: 650, isOn: true },
    { when: 'riding', afterMs: 12_000, isOn: true },
  ])('ends within 5 s while the client is $when', async ({ afterMs, isOn }) => {
    ride.configure();
    await ride.start({ token: TOKEN });
    if (!isOn) ride.world.scooter.close();
    const run = ride.command('run');
    await ride.clock.advance(afterMs);
    const stoppedMs = ride.clock.now();
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
    expect(ride.clock.now() - stoppedMs).toBeLessThanOrEqual(5_000);
    expect(ride.world.adapter.controller.isConnectedTo('c8:f0:9e:00:00:01')).toBe(false);
  });

  it('during a search stops the scan on an adapter that others use as well', async () => {
    ride.configure();
    await ride.start({ token: TOKEN });
    ride.world.scooter.close();
    const { controller } = ride.world.adapter;
    const receive = controller.receive.bind(controller);
    const enables: (number | undefined)[] = [];
    controller.receive = (packet) => {
      if (packet[0] === H4.command && packet.readUInt16LE(1) === SET_SCAN_ENABLE) enables.push(packet[4]);
      receive(packet);
    };
    const run = ride.command('run');
    await ride.clock.advance(5_500);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
    expect(enables).toContain(1);
    expect(enables.at(-1)).toBe(0);
  });
});
