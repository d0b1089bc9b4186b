import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentReset } from './testing/silent-reset.ts';
import { NobleRig } from './testing/noble-rig.ts';

/** What a healthy adapter does at once may take so long. */
const ADAPTER_MS = 5_000;
/** Each end of a connection that noble does not hear of costs it the buffers of five requests; the chip has eight. */
const ENDS = 4;

let trouble: NobleRig;
beforeEach(() => (trouble = new NobleRig()));
afterEach(async () => {
  vi.unstubAllEnvs();
  expect(trouble.violations).toEqual([]);
  await trouble.ride.close();
});

/**
 * From a link that only the client believes in to telemetry on another: the next request and the hang-up go
 * unanswered, then the adapter may have to be started anew, and the scooter to be found.
 */
function boundMs(): number {
  const { stepMs, recoveryMs, reconnectMs } = trouble.bounds;
  return trouble.config.mqtt.sendIntervalMs + 2 * stepMs + ADAPTER_MS + reconnectMs + recoveryMs;
}

async function endUnheard(end: () => void | Promise<void>): Promise<void> {
  await trouble.startPolling();
  for (let count = 1; count <= ENDS; count++) {
    await end();
    expect(await trouble.nextSample(300_000), `end ${count}`).toBeLessThanOrEqual(boundMs());
    // Another poll shows that the connection is a good one.
    await trouble.nextSample();
  }
  await trouble.stopClient();
}

describe('a ride goes on in time, each time that a connection has ended unheard', () => {
  it('because the adapter was mute when the scooter went out of reach', async () => {
    await trouble.setUp();
    const { adapter, air, scooterController } = trouble.ride.world;
    await endUnheard(async () => {
      adapter.mute(true);
      const comeBack = air.block(scooterController);
      await trouble.until(() => air.links.length === 0);
      comeBack();
      adapter.mute(false);
    });
  });

  it('because the adapter was switched off and on within the second after which noble looks', async () => {
    vi.stubEnv('HCI_CHANNEL_USER', undefined);
    await trouble.setUp();
    await endUnheard(() => silentReset(trouble.ride.world.adapter.controller));
  });
});
