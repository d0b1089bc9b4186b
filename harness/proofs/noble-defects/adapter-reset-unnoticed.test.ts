import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentReset } from './testing/silent-reset.ts';
import { NobleRig } from './testing/noble-rig.ts';

/** A cancelled attempt may take so long to fail, and an adapter so long to start. */
const CANCEL_MS = 2_000;
const ADAPTER_MS = 5_000;
/** A scan begins anew after so long. */
const SCAN_TURN_MS = 4_000;

let trouble: NobleRig;
beforeEach(async () => {
  vi.stubEnv('HCI_CHANNEL_USER', undefined);
  trouble = new NobleRig();
  await trouble.setUp();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  expect(trouble.violations).toEqual([]);
  await trouble.ride.close();
});

describe('an adapter that is switched off and on within the second after which noble looks', () => {
  it('under a link is found out by an answer that stays away, and costs no restart', async () => {
    await trouble.startPolling();
    silentReset(trouble.ride.world.adapter.controller);
    const { stepMs, recoveryMs } = trouble.bounds;
    const boundMs = trouble.config.mqtt.sendIntervalMs + 2 * stepMs + recoveryMs;
    expect(await trouble.nextSample()).toBeLessThanOrEqual(boundMs);
    await trouble.stopClient();
  });

  it('under an attempt to connect ends that in time, and costs no restart', async () => {
    const { world, connectionAttempts } = trouble.ride;
    await trouble.startPolling();
    const comeBack = world.air.block(world.scooterController);
    const attempts = connectionAttempts + 1;
    await trouble.until(() => trouble.ride.connectionAttempts > attempts);
    silentReset(world.adapter.controller);
    comeBack();
    const { connectTimeoutMs } = trouble.config.scooter;
    expect(await trouble.nextSample()).toBeLessThanOrEqual(
      connectTimeoutMs + CANCEL_MS + ADAPTER_MS + trouble.bounds.recoveryMs,
    );
    await trouble.stopClient();
  });

  it('under a search goes on with the next turn of the scan', async () => {
    const { world } = trouble.ride;
    world.scooter.close();
    trouble.startClient();
    await trouble.ride.clock.advance(6_000);
    silentReset(world.adapter.controller);
    await trouble.ride.clock.until(world.switchOn());
    const { connectTimeoutMs } = trouble.config.scooter;
    expect(await trouble.nextSample()).toBeLessThanOrEqual(
      SCAN_TURN_MS + connectTimeoutMs + 2 * trouble.bounds.stepMs,
    );
    await trouble.stopClient();
  });
});
