import { crc32 } from 'node:zlib';
import type { StoredSample } from './entry.ts';

/** What is left of a sample that the disk has spoilt. */
const SPOILT: StoredSample = { payload: '', atMs: 0, wallMs: 0, clockSynced: false };

/**
 * A sample on disk: one line with a checksum and the clocks, then the payload as it is. LevelDB does not check its own
 * checksums when it reads tables, and a bit that tipped over there must not be published as a measurement. In the form
 * that abstract-level expects of a value encoding.
 */
export const SAMPLE_ENCODING = {
  name: 'sample',
  format: 'utf8',
  encode: ({ payload, atMs, wallMs, clockSynced }: StoredSample): string => {
    const content = `${atMs} ${wallMs} ${clockSynced}\n${payload}`;
    return `${crc32(content)} ${content}`;
  },
  decode: (stored: string): StoredSample => {
    const [checksum = '', atMs, wallMs, clockSynced] = stored.slice(0, stored.indexOf('\n')).split(' ');
    if (crc32(stored.slice(checksum.length + 1)) !== Number(checksum)) return SPOILT;
    return {
      payload: stored.slice(stored.indexOf('\n') + 1),
      atMs: Number(atMs),
      wallMs: Number(wallMs),
      clockSynced: clockSynced === 'true',
    };
  },
} as const;
