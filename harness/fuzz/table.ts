import { ClientError } from '../../client/errors.ts';
import type { FuzzTarget } from './target.ts';
import { FRAME_TARGETS } from './targets/frames.ts';
import { PARCEL_TARGETS } from './targets/parcels.ts';

/** All targets. */
export const TARGETS: readonly FuzzTarget[] = [...FRAME_TARGETS, ...PARCEL_TARGETS];

/** Returns the target of this name. @throws ClientError `config` if there is none */
export function findTarget(name: string): FuzzTarget {
  const target = TARGETS.find((each) => each.name === name);
  if (target) return target;
  throw new ClientError('config', `There is no target ${name}: --list shows them all`);
}
