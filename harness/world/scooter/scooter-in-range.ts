import type { Adapter } from '../../../hci/adapter.ts';
import { systemRandom } from '../../../client/random.ts';
import { VirtualScooter } from '../../../simulator/scooter.ts';
import { Air } from '../radio/air.ts';
import { Controller } from '../radio/controller.ts';
import { VirtualAdapter } from '../radio/virtual-adapter.ts';
import { PI, VIRTUAL_SCOOTER } from './identities.ts';
import { Rider } from './rider.ts';
import { ScooterMemory } from './scooter-memory.ts';

/** A virtual adapter with a scooter in range; everything else of the client's platform is real. */
export interface VirtualRadio {
  readonly adapter: Adapter;
  close(): void;
}

/** Starts the scooter of the example configuration, which keeps its token between two commands. */
export async function startVirtualRadio(): Promise<VirtualRadio> {
  const { address, memory: memoryPath } = VIRTUAL_SCOOTER;
  const air = new Air({ random: systemRandom.unit });
  const memory = new ScooterMemory(memoryPath);
  const rider = new Rider();
  const { token } = memory;
  const scooter = new VirtualScooter({
    adapter: new VirtualAdapter(new Controller(air, { identity: { address, type: 'random' } })),
    address,
    random: systemRandom.bytes,
    ...(token && { token }),
    onEvent: (event) => {
      memory.onScooterEvent(event);
      rider.onScooterEvent(event);
    },
  });
  rider.setScooter(scooter);
  await scooter.start();
  return {
    adapter: new VirtualAdapter(new Controller(air, { identity: PI })),
    close: () => {
      rider.close();
      scooter.close();
    },
  };
}
