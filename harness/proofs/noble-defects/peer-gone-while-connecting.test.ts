import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMAND, parseCommand, parseConnectionEvent } from './testing/packets.ts';
import type { TappedPacket } from './testing/hci-tap.ts';
import { NobleRig } from './testing/noble-rig.ts';

/** Maximum duration of a cancelled attempt. */
const CANCEL_MS = 2_000;
/** Times around the deadline of the attempt, at which the cancel and the connection may cross. */
const MOMENTS_MS = [-40, -20, -10, -5, 0, 1, 2, 5, 10, 20, 40];

const rig = new NobleRig();
let unblock: () => void;
beforeEach(async () => {
  await rig.setUp({ scooter: 'retry_max = 2' });
  await rig.startPolling();
});
afterEach(() => rig.close());

/** Moves the scooter out of range, and waits for the next connection attempt. */
async function moveOutOfRange(): Promise<void> {
  const { world } = rig.ride;
  unblock = world.air.block(world.scooterController);
  await rig.until(() => world.air.links.length === 0);
  const attempts = rig.ride.connectionAttempts;
  await rig.until(() => rig.ride.connectionAttempts > attempts);
}

const isCreate = ({ bytes }: TappedPacket): boolean =>
  parseCommand(bytes)?.opcode === COMMAND.createConnection;
const isComplete = ({ bytes }: TappedPacket): boolean => parseConnectionEvent(bytes)?.what === 'complete';

describe('a scooter that goes out of range while the client connects', () => {
  it('makes each attempt time out, and does not block the next one', async () => {
    const { connectTimeoutMs, retryMaxMs } = rig.config.scooter;
    await moveOutOfRange();
    await rig.ride.clock.advance(5 * (connectTimeoutMs + retryMaxMs));
    const attempts = rig.tap.packets.filter((packet) => isCreate(packet) || isComplete(packet));
    // The first is the initial connection; the last is still pending.
    const lost = attempts.slice(2, -1);
    expect(lost.filter(isCreate).length).toBeGreaterThanOrEqual(5);
    lost.filter(isCreate).forEach((create) => {
      const complete = lost.find((packet) => isComplete(packet) && packet.atMs > create.atMs);
      expect((complete?.atMs ?? Infinity) - create.atMs).toBeLessThanOrEqual(connectTimeoutMs + CANCEL_MS);
    });
    unblock();
    expect(await rig.nextSample()).toBeLessThanOrEqual(rig.bounds.recoveryMs);
    await rig.stopClient();
  });

  it.each(MOMENTS_MS)('and comes back %i ms after the deadline is connected once', async (afterMs) => {
    await moveOutOfRange();
    const { linkCount } = rig;
    await rig.ride.clock.advance(rig.config.scooter.connectTimeoutMs + afterMs);
    unblock();
    expect(await rig.nextSample()).toBeLessThanOrEqual(rig.bounds.recoveryMs);
    expect(rig.linkCount - linkCount).toBe(1);
    await rig.stopClient();
  });
});

describe('a connection that is established although its attempt was cancelled', () => {
  it('is disconnected at once, and does not block the next one', async () => {
    await moveOutOfRange();
    const { linkCount } = rig;
    const { air, adapter, scooterController } = rig.ride.world;
    rig.tap.toController = (packet) => {
      if (parseCommand(packet)?.opcode === COMMAND.cancelConnection && rig.linkCount === linkCount) {
        // The scooter's advertisement arrives before the cancel.
        unblock();
        adapter.controller.receiveAdvertisement(scooterController);
      }
      return packet;
    };
    await rig.until(() => rig.linkCount > linkCount);
    expect(air.links).toHaveLength(1);
    // Before the next attempt could have ended it.
    const { retryMinMs } = rig.config.scooter;
    expect(await rig.until(() => air.links.length === 0)).toBeLessThan(retryMinMs);
    expect(await rig.nextSample()).toBeLessThanOrEqual(rig.bounds.recoveryMs);
    expect(rig.linkCount - linkCount).toBe(2);
    expect(rig.ride.countEvents('loggedIn')).toBe(2);
    await rig.stopClient();
  });
});

describe('an adapter that cancels an attempt slowly', () => {
  it('delays the next attempt until then, and the scooter is connected once', async () => {
    const { adapter } = rig.ride.world;
    const cancel = adapter.controller.cancelInitiation.bind(adapter.controller);
    // Longer than the pause before the next attempt.
    adapter.controller.cancelInitiation = () => void setTimeout(cancel, 0.9 * CANCEL_MS);
    await moveOutOfRange();
    const { linkCount } = rig;
    await rig.ride.clock.advance(2 * rig.config.scooter.connectTimeoutMs);
    unblock();
    expect(await rig.nextSample()).toBeLessThanOrEqual(rig.bounds.recoveryMs);
    expect(rig.linkCount - linkCount).toBe(1);
    await rig.stopClient();
  });
});
