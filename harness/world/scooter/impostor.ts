import { Ride } from '../../../simulator/ride/ride.ts';
import { VirtualScooter } from '../../../simulator/scooter.ts';
import type { Air } from '../radio/air.ts';
import { Controller } from '../radio/controller.ts';
import { VirtualAdapter } from '../radio/virtual-adapter.ts';

/** Not the odometer of any other scooter, so that values of an impostor are recognised. */
const ODOMETER_M = 99_000_000;

/** What an impostor replaces. */
interface Victim {
  readonly air: Air;
  readonly scooter: VirtualScooter;
  readonly scooterController: Controller;
}

/**
 * Puts a scooter out of range, and another device in its place: same address, name and model, but plain frames without a
 * login.
 * @returns ends that.
 */
export function startImpostor({ air, scooter, scooterController }: Victim): () => void {
  const { identity } = scooterController;
  const unblock = air.block(scooterController);
  const controller = new Controller(air, { identity });
  const impostor = new VirtualScooter({
    adapter: new VirtualAdapter(controller),
    address: identity.address,
    name: scooter.name,
    ride: new Ride({ model: scooter.ride.model, startOdometerM: ODOMETER_M }),
    generation: 'plain',
    random: (count) => Buffer.alloc(count),
  });
  // It fails only if it is closed before it advertises.
  impostor.start().catch(() => undefined);
  return () => {
    impostor.close();
    air.remove(controller);
    unblock();
  };
}
