import { parseKey, type StoredSample } from './entry.ts';
import type { Layout } from './layout.ts';

/** Samples that are moved at once. */
const CHUNK = 500;

/** From layout 0 to 1, and so on; each may be cut short at any instant, and is then done again. */
export const UPGRADES: readonly ((layout: Layout) => Promise<void>)[] = [wrapPayloads];

/**
 * Layout 0 kept bare payloads in a table of its own, and no names of process starts. A payload is published as it is,
 * so that one without the expected fields is no reason to lose it.
 */
async function wrapPayloads(layout: Layout): Promise<void> {
  const bare = layout.store.sublevel('samples', { valueEncoding: 'utf8' });
  for (;;) {
    const chunk = await bare.iterator({ limit: CHUNK }).all();
    if (chunk.length === 0) return;
    const batch = layout.store.batch();
    for (const [key, payload] of chunk) {
      const { boot_id: bootId, timestamp, clock_synced: clockSynced } = fieldsOf(payload);
      const wallMs = Date.parse(String(timestamp));
      const sample: StoredSample = Number.isNaN(wallMs)
        ? { payload, atMs: 0, wallMs: 0, clockSynced: false }
        : { payload, atMs: 0, wallMs, clockSynced: clockSynced === true };
      batch.put(key, sample, { sublevel: layout.samples }).del(key, { sublevel: bare });
      const place = parseKey(key);
      if (place && typeof bootId === 'string') {
        batch.put(String(place.boot), bootId, { sublevel: layout.boots });
      }
    }
    await batch.write();
  }
}

function fieldsOf(payload: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
