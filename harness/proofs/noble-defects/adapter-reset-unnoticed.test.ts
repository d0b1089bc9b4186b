import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentReset } from './testing/silent-reset.ts';
import { NobleRig } from './testing/noble-rig.ts';

/** Maximum duration of a cancelled attempt, and of the start of an adapter. */
const CANCEL_MS = 2_000;
const ADAPTER_MS = 5_000;
/** Interval at which the client restarts a scan. */
const SCAN_RESTART_MS = 4_000;

const rig = new NobleRig();
beforeEach(async () => {
  vi.stubEnv('HCI_CHANNEL_USER', undefined);
  await rig.setUp();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rig.close();
});

describe('an adapter that is switched off and on faster than noble polls it', () => {
  it('during a link is noticed by a missing reply, and does not end the client', async () => {
    await rig.startPolling();
    silentReset(rig.ride.world.adapter.controller);
    const { stepMs, recoveryMs } = rig.bounds;
    const boundMs = rig.config.mqtt.sendIntervalMs + 2 * stepMs + recoveryMs;
    expect(await rig.nextSample()).toBeLessThanOrEqual(boundMs);
    await rig.stopClient();
  });

  it('during a connection attempt makes the attempt time out, and does not end the client', async () => {
    const { world, connectionAttempts } = rig.ride;
    await rig.startPolling();
    const unblock = world.air.block(world.scooterController);
    const attempts = connectionAttempts + 1;
    await rig.until(() => rig.ride.connectionAttempts > attempts);
    silentReset(world.adapter.controller);
    unblock();
    const { connectTimeoutMs } = rig.config.scooter;
    expect(await rig.nextSample()).toBeLessThanOrEqual(
      connectTimeoutMs + CANCEL_MS + ADAPTER_MS + rig.bounds.recoveryMs,
    );
    await rig.stopClient();
  });

  it('during a search is recovered by the next restart of the scan', async () => {
    const { world } = rig.ride;
    world.scooter.close();
    rig.startClient();
    await rig.ride.clock.advance(6_000);
    silentReset(world.adapter.controller);
    await rig.ride.clock.until(world.switchOn());
    const { connectTimeoutMs } = rig.config.scooter;
    expect(await rig.nextSample()).toBeLessThanOrEqual(
      SCAN_RESTART_MS + connectTimeoutMs + 2 * rig.bounds.stepMs,
    );
    await rig.stopClient();
  });
});
