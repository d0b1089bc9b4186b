import type { Store } from '../../../client/outbox/store/tables.ts';
import type { Mutation } from '../../scenario/player/play.ts';

/** The key prefix of samples in the store, and the end of its range. */
const SAMPLES = '!journal!';
const SAMPLES_END = `${SAMPLES}~`;

/** A write to the store. */
interface Operation {
  readonly type: 'put' | 'del';
  /** Includes the prefix of its table. */
  readonly key: string;
}

/** Deletes one in `count` samples in the batch that stores it, and reports success. */
export function dropsEvery(count: number): Mutation {
  return withStores((store) => {
    let stored = 0;
    store.hooks.prewrite.add(({ type, key }: Operation, batch) => {
      if (type !== 'put' || !key.startsWith(SAMPLES)) return;
      stored += 1;
      if (stored % count === 0) batch.add({ type: 'del', key });
    });
  });
}

/** Deletes the newest sample when the store is opened. */
export function losesNewest(): Mutation {
  return withStores((store) => {
    store.hooks.postopen.add(async () => {
      const newest = { gt: SAMPLES, lt: SAMPLES_END, reverse: true, limit: 1 };
      for (const key of await store.keys(newest).all()) await store.del(key);
    });
  });
}

/** Applies `alter` to every store of the client. */
function withStores(alter: (store: Store) => void): Mutation {
  return {
    platform: (platform) => ({
      ...platform,
      stores: {
        ...platform.stores,
        create: (path) => {
          const store = platform.stores.create(path);
          alter(store);
          return store;
        },
      },
    }),
  };
}
