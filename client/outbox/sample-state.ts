import type { StoredSample } from './stored-sample.ts';

/**
 * State of a sample. There are two more, which need no memory: a sample of the index without a state is only on disk, and
 * a sample that is not in the index does not exist.
 *
 *     (does not exist) ── append ──▶ new ── change ──▶ unconfirmed ── stored ──▶ loaded
 *     (only on disk) ── load ──▶ loaded ── unload ──▶ (only on disk)
 *     loaded ── invalidateStored ──▶ unconfirmed
 *     new ── remove ──▶ (does not exist)
 *     unconfirmed, loaded, (only on disk) ── remove ──▶ deleting
 *     deleting ── stored ──▶ deleted, until the first load, which must not restore it ──▶ (does not exist)
 */
export type State =
  /** In memory, and never written. */
  | 'new'
  /** In memory, and to be written: a write has been attempted, or the store has been repaired since. */
  | 'unconfirmed'
  /** In memory and on disk. */
  | 'loaded'
  /** Removed, and to be deleted from disk. */
  | 'deleting'
  /** Removed and deleted from disk, but an earlier read may still return it. */
  | 'deleted';

export interface Tracked {
  readonly state: State;
  /** Undefined for removed samples. */
  readonly sample: StoredSample | undefined;
  readonly bytes: number;
}

export const DELETING: Tracked = { state: 'deleting', sample: undefined, bytes: 0 };
export const DELETED: Tracked = { state: 'deleted', sample: undefined, bytes: 0 };

/** Whether a sample is in memory and not known to be on disk. */
export function isUnstored(tracked: Tracked | undefined): tracked is Tracked {
  return tracked?.state === 'new' || tracked?.state === 'unconfirmed';
}
