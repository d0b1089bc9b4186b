import { join } from 'node:path';

/** The adapter of every virtual Pi. */
export const PI = { address: 'b8:27:eb:00:00:01', type: 'public' } as const;

/** The scooter of the example configuration, and where commands let it remember who it is paired with. */
export const VIRTUAL_SCOOTER = {
  address: 'c8:f0:9e:00:00:01',
  memory: join('.martinete', 'virtual-scooter'),
} as const;
