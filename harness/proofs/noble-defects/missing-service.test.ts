import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeAdvertisement } from '../../../protocol/advertisement.ts';
import type { TestPeripheral } from '../../world/radio/testing/peripheral.ts';
import { NobleRig } from './testing/noble-rig.ts';

/** noble does not distinguish a missing service from a lost response, so the client checks again. */
const MIN_LINKS = 3;

const rig = new NobleRig();
let impostor: TestPeripheral;
beforeEach(async () => {
  await rig.setUp();
  const { world, clock } = rig.ride;
  world.scooter.close();
  const { TestPeripheral } = await import('../../world/radio/testing/peripheral.ts');
  const { Controller } = await import('../../world/radio/controller.ts');
  const { identity } = world.scooterController;
  impostor = new TestPeripheral(new Controller(world.air, { identity }), 23);
  await clock.advance(100);
});
afterEach(async () => {
  impostor.close();
  await rig.close();
});

/** Maximum duration of this many connections that fail in discovery. */
function boundMs(): number {
  const { connectTimeoutMs, retryMinMs } = rig.config.scooter;
  const pausesMs = Array.from({ length: MIN_LINKS }, (_, index) => retryMinMs * 2 ** index);
  return MIN_LINKS * (connectTimeoutMs + rig.bounds.stepMs) + pausesMs.reduce((sum, ms) => sum + ms, 0);
}

describe('a device with the address of the scooter but none of its services', () => {
  it.each(['miauth', 'plain'] as const)(
    'ends the client with 78 if it advertises %s, but not on the first connection',
    async (generation) => {
      const { advertisement, scanResponse } = encodeAdvertisement({
        name: 'MIScooter0001',
        modelType: 0x20,
        generation,
      });
      impostor.advertise(advertisement, scanResponse);
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
});
