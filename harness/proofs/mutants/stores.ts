import { checkedJson } from '../../../client/outbox/stored-sample.ts';
import type { SegmentRow, Store } from '../../../client/outbox/store/tables.ts';
import { excluding } from '../../../client/ranges.ts';
import type { Mutation } from '../../scenario/player/play.ts';

/** The newest entry of a table: a store that is being opened does not know its tables yet. */
const newestOf = (table: string): object => ({ gt: table, lt: `${table}~`, reverse: true, limit: 1 });
const SEQUENCE_NUMBER = /\d+$/;
const INDEX = checkedJson<SegmentRow>('index');

/** Deletes the newest sample, and its mention in the index, when the store is opened. */
export function losesNewest(): Mutation {
  return withStores((store) => {
    store.hooks.postopen.add(async () => {
      for (const key of await store.keys(newestOf('!journal!')).all()) {
        await store.del(key);
        const seq = Number(SEQUENCE_NUMBER.exec(key)?.[0]);
        for (const [segment, text] of await store.iterator(newestOf('!segments!')).all()) {
          const row = INDEX.decode(text);
          if (row) await store.put(segment, INDEX.encode({ ...row, present: excluding(row.present, seq) }));
        }
      }
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

/** Does not find the file of a pause. */
export function ignoresPauses(): Mutation {
  return {
    platform: (platform) => ({
      ...platform,
      pauseFiles: { ...platform.pauseFiles, read: () => undefined },
    }),
  };
}
