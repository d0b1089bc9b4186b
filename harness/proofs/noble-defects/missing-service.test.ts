import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeAdvertisement } from '../../../protocol/advertisement.ts';
import type { TestPeripheral } from '../../world/radio/testing/peripheral.ts';
import { NobleRig } from './testing/noble-rig.ts';

/** noble tells a service that is missing from one that it was not told of only by asking again. */
const LINKS_TO_BELIEVE = 3;

let trouble: NobleRig;
let impostor: TestPeripheral;
beforeEach(async () => {
  trouble = new NobleRig();
  await trouble.setUp();
  const { world, clock } = trouble.ride;
  world.scooter.close();
  const { TestPeripheral } = await import('../../world/radio/testing/peripheral.ts');
  const { Controller } = await import('../../world/radio/controller.ts');
  const { identity } = world.scooterController;
  impostor = new TestPeripheral(new Controller(world.air, { identity }), 23);
  await clock.advance(100);
});
afterEach(async () => {
  impostor.close();
  expect(trouble.violations).toEqual([]);
  await trouble.ride.close();
});

/** How long so many connections may take that fail in discovery. */
function boundMs(): number {
  const { connectTimeoutMs, retryMinMs } = trouble.config.scooter;
  const pausesMs = Array.from({ length: LINKS_TO_BELIEVE }, (_, index) => retryMinMs * 2 ** index);
  return (
    LINKS_TO_BELIEVE * (connectTimeoutMs + trouble.bounds.stepMs) + pausesMs.reduce((sum, ms) => sum + ms, 0)
  );
}

describe('a device at the address of the scooter that has none of its services', () => {
  it.each(['miauth', 'plain'] as const)(
    'ends the client with 78 where it advertises %s, but not on the first connection',
    async (generation) => {
      const { advertisement, scanResponse } = encodeAdvertisement({
        name: 'MIScooter0001',
        modelType: 0x20,
        generation,
      });
      impostor.advertise(advertisement, scanResponse);
      trouble.startClient();
      const { code, tookMs } = await trouble.waitForExit();
      expect(code).toBe(78);
      expect(tookMs).toBeLessThanOrEqual(boundMs());
      expect(trouble.ride.output).toContain('characteristic');
      const { air, adapter } = trouble.ride.world;
      expect(trouble.ride.connectionAttempts).toBe(LINKS_TO_BELIEVE);
      expect(air.links.filter(({ central }) => central === adapter.controller)).toEqual([]);
    },
  );
});
