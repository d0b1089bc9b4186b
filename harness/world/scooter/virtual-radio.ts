import type { Adapter } from '../../../hci/adapter.ts';
import { systemRandom } from '../../../client/random.ts';
import { VirtualScooter } from '../../../simulator/scooter.ts';
import { Air } from '../radio/air.ts';
import { Controller } from '../radio/controller.ts';
import { VirtualAdapter } from '../radio/virtual-adapter.ts';
import { PI, VIRTUAL_SCOOTER } from './identities.ts';
import { Rider } from './rider.ts';
import { ScooterMemory } from './scooter-memory.ts';

/** A virtual adapter with a paired or unpaired scooter in range; everything else of the client stays real. */
export interface VirtualRadio {
  readonly adapter: Adapter;
  close(): void;
}

/** The scooter is the one that every command knows, and remembers its token between two calls. */
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
