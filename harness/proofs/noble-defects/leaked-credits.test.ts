import { afterEach, describe, expect, it, vi } from 'vitest';
import { silentReset } from './testing/silent-reset.ts';
import { NobleRig } from './testing/noble-rig.ts';

/** Deadline for operations that a healthy adapter completes at once. */
const ADAPTER_MS = 5_000;
/** Each unreported end of a connection costs noble the buffers of five requests; the controller has eight. */
const UNREPORTED_ENDS = 4;

const rig = new NobleRig();
afterEach(async () => {
  vi.unstubAllEnvs();
  await rig.close();
});

/**
 * From the unreported end of a link to the next sample: the next request and the disconnect time out, then the client
 * may have to restart the adapter and find the scooter.
 */
function boundMs(): number {
  const { stepMs, recoveryMs, reconnectMs } = rig.bounds;
  return rig.config.mqtt.sendIntervalMs + 2 * stepMs + ADAPTER_MS + reconnectMs + recoveryMs;
}

async function endUnreported(end: () => void | Promise<void>): Promise<void> {
  await rig.startPolling();
  for (let count = 1; count <= UNREPORTED_ENDS; count++) {
    await end();
    expect(await rig.nextSample(300_000), `end ${count}`).toBeLessThanOrEqual(boundMs());
    // A second sample shows that the connection works.
    await rig.nextSample();
  }
  await rig.stopClient();
}

describe('a client recovers in time each time the end of a connection is not reported', () => {
  it('because the adapter was mute when the scooter went out of range', async () => {
    await rig.setUp();
    const { adapter, air, scooterController } = rig.ride.world;
    await endUnreported(async () => {
      adapter.mute(true);
      const unblock = air.block(scooterController);
      await rig.until(() => air.links.length === 0);
      unblock();
      adapter.mute(false);
    });
  });

  it('because the adapter was switched off and on faster than noble polls it', async () => {
    vi.stubEnv('HCI_CHANNEL_USER', undefined);
    await rig.setUp();
    await endUnreported(() => silentReset(rig.ride.world.adapter.controller));
  });
});
