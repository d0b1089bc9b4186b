import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMAND, parseCommand, parseConnectionEvent } from './testing/packets.ts';
import type { TappedPacket } from './testing/hci-tap.ts';
import { NobleRig } from './testing/noble-rig.ts';

/** How long a cancelled attempt may take to fail. */
const CANCEL_MS = 2_000;
/** Around the deadline of the attempt, in milliseconds: the cancel and the connection cross each other. */
const MOMENTS_MS = [-40, -20, -10, -5, 0, 1, 2, 5, 10, 20, 40];

let trouble: NobleRig;
let comeBack: () => void;
beforeEach(async () => {
  trouble = new NobleRig();
  await trouble.setUp({ scooter: 'retry_max = 2' });
  await trouble.startPolling();
});
afterEach(async () => {
  expect(trouble.violations).toEqual([]);
  await trouble.ride.close();
});

/** The scooter leaves; returns with the next attempt to connect to it. */
async function leave(): Promise<void> {
  const { world } = trouble.ride;
  comeBack = world.air.block(world.scooterController);
  await trouble.until(() => world.air.links.length === 0);
  const attempts = trouble.ride.connectionAttempts;
  await trouble.until(() => trouble.ride.connectionAttempts > attempts);
}

const isCreate = ({ bytes }: TappedPacket): boolean =>
  parseCommand(bytes)?.opcode === COMMAND.createConnection;
const isComplete = ({ bytes }: TappedPacket): boolean => parseConnectionEvent(bytes)?.what === 'complete';

describe('a scooter that goes while the client connects to it', () => {
  it('costs each attempt its deadline, and the next one can be made', async () => {
    const { connectTimeoutMs, retryMaxMs } = trouble.config.scooter;
    await leave();
    await trouble.ride.clock.advance(5 * (connectTimeoutMs + retryMaxMs));
    const attempts = trouble.tap.packets.filter((packet) => isCreate(packet) || isComplete(packet));
    // The first is that to which the ride owes its beginning; the last is still under way.
    const lost = attempts.slice(2, -1);
    expect(lost.filter(isCreate).length).toBeGreaterThanOrEqual(5);
    lost.filter(isCreate).forEach((create) => {
      const complete = lost.find((packet) => isComplete(packet) && packet.atMs > create.atMs);
      expect((complete?.atMs ?? Infinity) - create.atMs).toBeLessThanOrEqual(connectTimeoutMs + CANCEL_MS);
    });
    comeBack();
    expect(await trouble.nextSample()).toBeLessThanOrEqual(trouble.bounds.recoveryMs);
    await trouble.stopClient();
  });

  it.each(MOMENTS_MS)('and comes back %i ms after the deadline is connected to once', async (afterMs) => {
    await leave();
    const { linkCount } = trouble;
    await trouble.ride.clock.advance(trouble.config.scooter.connectTimeoutMs + afterMs);
    comeBack();
    expect(await trouble.nextSample()).toBeLessThanOrEqual(trouble.bounds.recoveryMs);
    expect(trouble.linkCount - linkCount).toBe(1);
    await trouble.stopClient();
  });
});

describe('a connection that comes up although its attempt was cancelled', () => {
  it('is hung up at once, and does not stand in the way of the next one', async () => {
    await leave();
    const { linkCount } = trouble;
    const { air, adapter, scooterController } = trouble.ride.world;
    trouble.tap.toChip = (packet) => {
      if (parseCommand(packet)?.opcode === COMMAND.cancelConnection && trouble.linkCount === linkCount) {
        // The scooter was heard while the cancel was under way.
        comeBack();
        adapter.controller.receiveAdvertisement(scooterController);
      }
      return packet;
    };
    await trouble.until(() => trouble.linkCount > linkCount);
    expect(air.links).toHaveLength(1);
    // Not only because the next attempt finds it in its way.
    const { retryMinMs } = trouble.config.scooter;
    expect(await trouble.until(() => air.links.length === 0)).toBeLessThan(retryMinMs);
    expect(await trouble.nextSample()).toBeLessThanOrEqual(trouble.bounds.recoveryMs);
    expect(trouble.linkCount - linkCount).toBe(2);
    expect(trouble.ride.countEvents('loggedIn')).toBe(2);
    await trouble.stopClient();
  });
});

describe('an adapter that takes its time to cancel an attempt', () => {
  it('is waited for before the next one, and the scooter is connected to once', async () => {
    const { adapter } = trouble.ride.world;
    const cancel = adapter.controller.cancelInitiation.bind(adapter.controller);
    // Longer than the pause before the next attempt.
    adapter.controller.cancelInitiation = () => void setTimeout(cancel, 0.9 * CANCEL_MS);
    await leave();
    const { linkCount } = trouble;
    await trouble.ride.clock.advance(2 * trouble.config.scooter.connectTimeoutMs);
    comeBack();
    expect(await trouble.nextSample()).toBeLessThanOrEqual(trouble.bounds.recoveryMs);
    expect(trouble.linkCount - linkCount).toBe(1);
    await trouble.stopClient();
  });
});
