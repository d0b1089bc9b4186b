import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from '../../../client/config/schema.ts';
import { encodeAdvertisement, type Generation } from '../../../protocol/advertisement.ts';
import type { TestPeripheral } from '../../world/radio/testing/peripheral.ts';
import { NobleRig } from './testing/noble-rig.ts';

/** noble does not distinguish a missing service from a lost response, so the client checks again. */
const MIN_LINKS = 3;

const rig = new NobleRig();
let impostor: TestPeripheral;
afterEach(async () => {
  impostor.close();
  await rig.close();
});

/** Starts the world, with an impostor in place of the scooter. If the login is optional, the client has no token. */
async function setUp(
  generation: Generation,
  authentication: Config['scooter']['authentication'],
): Promise<void> {
  await rig.setUp({ scooter: `authentication = "${authentication}"` });
  if (authentication === 'optional') rmSync(rig.ride.tokenPath);
  const { world, clock } = rig.ride;
  world.scooter.close();
  const { TestPeripheral } = await import('../../world/radio/testing/peripheral.ts');
  const { Controller } = await import('../../world/radio/controller.ts');
  const { identity } = world.scooterController;
  impostor = new TestPeripheral(new Controller(world.air, { identity }), 23);
  await clock.advance(100);
  const { advertisement, scanResponse } = encodeAdvertisement({
    name: 'MIScooter0001',
    modelType: 0x20,
    generation,
  });
  impostor.advertise(advertisement, scanResponse);
}

/** Maximum duration of this many connections that fail in discovery. */
function boundMs(): number {
  const { connectTimeoutMs, retryMinMs } = rig.config.scooter;
  const pausesMs = Array.from({ length: MIN_LINKS }, (_, index) => retryMinMs * 2 ** index);
  return MIN_LINKS * (connectTimeoutMs + rig.bounds.stepMs) + pausesMs.reduce((sum, ms) => sum + ms, 0);
}

describe('a device with the address of the scooter but none of its services', () => {
  it.each(['plain', 'xor'] as const)(
    'ends the client without a token with 78 if it advertises %s, but not on the first connection',
    async (generation) => {
      await setUp(generation, 'optional');
      rig.startClient();
      const { code, tookMs } = await rig.waitForExit();
      expect(code).toBe(78);
      expect(tookMs).toBeLessThanOrEqual(boundMs());
      expect(rig.ride.output).toContain('characteristic');
      const { air, adapter } = rig.ride.world;
      expect(rig.ride.connectionAttempts).toBe(MIN_LINKS);
      expect(air.links.filter(({ central }) => central === adapter.controller)).toEqual([]);
    },
  );

  it.each(['miauth', 'plain', 'xor'] as const)(
    'does not keep a client with a token from the scooter that comes later (%s)',
    async (generation) => {
      await setUp(generation, 'required');
      rig.startClient();
      await rig.until(() => rig.ride.connectionAttempts > 2 * MIN_LINKS, 10 * 60_000);
      expect(rig.ride.output.match(/no connection to the scooter/g)).toHaveLength(1);
      expect(rig.ride.output).toContain('has no characteristic 0019');
      impostor.close();
      await rig.ride.clock.until(rig.ride.world.scooter.start());
      await rig.nextSample();
      await rig.stopClient();
    },
  );
});
