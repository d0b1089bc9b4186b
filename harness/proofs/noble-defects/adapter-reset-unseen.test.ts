import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentReset } from './testing/silent-reset.ts';
import { Trouble } from './testing/trouble.ts';

/** A cancelled attempt may take so long to fail, and an adapter so long to start. */
const CANCEL_MS = 2_000;
const ADAPTER_MS = 5_000;
/** A scan begins anew after so long. */
const SCAN_TURN_MS = 4_000;

let trouble: Trouble;
beforeEach(async () => {
  vi.stubEnv('HCI_CHANNEL_USER', undefined);
  trouble = new Trouble();
  await trouble.begin();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  expect(trouble.mistakes).toEqual([]);
  await trouble.ride.end();
});

describe('an adapter that is switched off and on within the second after which noble looks', () => {
  it('under a link is found out by an answer that stays away, and costs no restart', async () => {
    await trouble.startRiding();
    silentReset(trouble.ride.world.adapter.controller);
    const { stepMs, backMs } = trouble.bounds;
    const boundMs = trouble.config.mqtt.sendIntervalMs + 2 * stepMs + backMs;
    expect(await trouble.nextSample()).toBeLessThanOrEqual(boundMs);
    await trouble.stop();
  });

  it('under an attempt to connect ends that in time, and costs no restart', async () => {
    const { world, connectionAttempts } = trouble.ride;
    await trouble.startRiding();
    const comeBack = world.air.block(world.scooterController);
    const attempts = connectionAttempts + 1;
    await trouble.until(() => trouble.ride.connectionAttempts > attempts);
    silentReset(world.adapter.controller);
    comeBack();
    const { connectTimeoutMs } = trouble.config.scooter;
    expect(await trouble.nextSample()).toBeLessThanOrEqual(
      connectTimeoutMs + CANCEL_MS + ADAPTER_MS + trouble.bounds.backMs,
    );
    await trouble.stop();
  });

  it('under a search goes on with the next turn of the scan', async () => {
    const { world } = trouble.ride;
    world.scooter.close();
    trouble.start();
    await trouble.ride.clock.advance(6_000);
    silentReset(world.adapter.controller);
    await trouble.ride.clock.until(world.switchOn());
    const { connectTimeoutMs } = trouble.config.scooter;
    expect(await trouble.nextSample()).toBeLessThanOrEqual(
      SCAN_TURN_MS + connectTimeoutMs + 2 * trouble.bounds.stepMs,
    );
    await trouble.stop();
  });
});
