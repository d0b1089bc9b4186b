import { join } from 'node:path';

/** The address of every virtual Pi's adapter. */
export const PI = { address: 'b8:27:eb:00:00:01', type: 'public' } as const;

/** The scooter of the example configuration, and the file that keeps its token between two commands. */
export const VIRTUAL_SCOOTER = {
  address: 'c8:f0:9e:00:00:01',
  memory: join('.martinete', 'virtual-scooter'),
} as const;
