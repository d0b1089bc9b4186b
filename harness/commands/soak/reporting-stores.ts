import type { Batch, Store } from '../../../client/outbox/layout.ts';
import type { StoreRoom } from '../../../client/outbox/open.ts';
import type { SampleId } from '../../../client/outbox/sample-id.ts';
import { storedSample } from '../../world/trace/stored-sample.ts';

type OnStored = (sample: SampleId) => void;
type Call = (...args: unknown[]) => unknown;

/**
 * The stores of `room`, but every sample is reported once the synced write that brought it has returned: that is when
 * it counts as taken.
 */
export function reportingStores(provider: StoreRoom, onStored: OnStored): StoreRoom {
  return { ...provider, create: (path) => reportBatches(provider.create(path), onStored) };
}

/** Watches the chained batches of a store, in which samples are written. */
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
