import type { Store } from '../../../client/outbox/store/tables.ts';
import type { Mutation } from '../../scenario/player/play.ts';

/** The prefix that the keys of samples have in the store, and the end of all that have it. */
const SAMPLES = '!journal!';
const SAMPLES_END = `${SAMPLES}~`;

/** What a store is asked to write. */
interface Operation {
  readonly type: 'put' | 'del';
  /** With the prefix of its table. */
  readonly key: string;
}

/** Forgets every so many samples in the moment in which it stores them, and says that all is well. */
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

/** Does not find its newest sample again when it is opened. */
export function losesNewest(): Mutation {
  return withStores((store) => {
    store.hooks.postopen.add(async () => {
      const newest = { gt: SAMPLES, lt: SAMPLES_END, reverse: true, limit: 1 };
      for (const key of await store.keys(newest).all()) await store.del(key);
    });
  });
}

/** Every store of the client, altered. */
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
