import type { SampleId } from '../../../client/outbox/stored-sample.ts';
import type { StoreProvider } from '../../../client/outbox/store/store-provider.ts';
import type { Batch, Store } from '../../../client/outbox/store/tables.ts';
import { storedSample } from '../../world/trace/stored-sample.ts';

type OnStored = (sample: SampleId) => void;
type Call = (...args: unknown[]) => unknown;

/** Reports every sample once its synced write has completed, which is when it counts as stored. */
export function reportingStores(stores: StoreProvider, onStored: OnStored): StoreProvider {
  return { ...stores, create: (path) => reportBatches(stores.create(path), onStored) };
}

/** Intercepts the chained batches of a store, which write the samples. */
function reportBatches(store: Store, onStored: OnStored): Store {
  const batch = store.batch.bind(store) as Call;
  const watched: Call = (...args) =>
    args.length === 0 ? reportWrite(batch() as Batch, onStored) : batch(...args);
  return Object.assign(store, { batch: watched });
}

function reportWrite(batch: Batch, onStored: OnStored): Batch {
  const samples: SampleId[] = [];
  const put = batch.put.bind(batch) as Call;
  const write = batch.write.bind(batch) as (options: unknown) => Promise<void>;
  return Object.assign(batch, {
    put: (key: string, value: string) => {
      const sample = storedSample(key, value);
      if (sample) samples.push(sample);
      return put(key, value);
    },
    write: async (options: { sync?: boolean } = {}) => {
      await write(options);
      if (options.sync) samples.forEach(onStored);
    },
  });
}
