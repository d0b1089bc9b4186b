import { createLogger } from '../../../client/log.ts';
import type { OutboxOptions } from '../../../client/outbox/outbox.ts';
import { diskStores } from '../../../client/outbox/store/disk-stores.ts';

/** An outbox on disk that never drops anything. */
export function outboxOptions(path: string): OutboxOptions {
  return {
    bootId: 'bench',
    bounds: { maxCount: 10_000_000, maxBytes: 10_000_000_000, maxAgeMs: 1e12, whenFull: 'drop-oldest' },
    now: () => ({ atMs: performance.now(), wallMs: Date.now(), clockSynced: true }),
    stores: diskStores,
    path,
    log: createLogger({ level: 'warn', format: 'text', sink: process.stderr }),
  };
}
