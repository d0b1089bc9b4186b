import type { Adapter } from '../../hci/adapter.ts';
import { systemRandom } from '../../client/random.ts';
import { VirtualScooter } from '../../simulator/scooter.ts';
import { Air } from '../radio/air.ts';
import { Controller } from '../radio/controller.ts';
import { virtualAdapter } from '../radio/virtual-socket.ts';
import { Rider } from './rider.ts';
import { ScooterMemory } from './scooter-memory.ts';

const PI = { address: 'b8:27:eb:00:00:01', type: 'public' } as const;

/** A virtual adapter with a paired or unpaired scooter in range; everything else of the client stays real. */
export interface VirtualRadio {
  readonly adapter: Adapter;
  close(): void;
}

/** @param options.memoryPath where the scooter remembers its token between two calls. */
export async function startVirtualRadio(options: {
  readonly address: string;
  readonly memoryPath: string;
}): Promise<VirtualRadio> {
  const { address, memoryPath } = options;
  const air = new Air({ random: systemRandom.unit });
  const memory = new ScooterMemory(memoryPath);
  const rider = new Rider();
  const { token } = memory;
  const scooter = new VirtualScooter({
    adapter: virtualAdapter(new Controller(air, { identity: { address, type: 'random' } })),
    address,
    random: systemRandom.bytes,
    ...(token && { token }),
    onEvent: (event) => {
      memory.hear(event);
      rider.hear(event);
    },
  });
  rider.mount(scooter);
  await scooter.start();
  return {
    adapter: virtualAdapter(new Controller(air, { identity: PI })),
    close: () => {
      rider.close();
      scooter.close();
    },
  };
}
