/** A sample as it is stored. */
export interface StoredSample {
  /** What is published, byte for byte, at every try. Empty where the disk has spoilt it. */
  readonly payload: string;
  /** `performance.now()` of the process that stored it. */
  readonly atMs: number;
  /** Its wall clock at the time, in milliseconds since 1970, and whether that was known to be right. */
  readonly wallMs: number;
  readonly clockSynced: boolean;
}

/** A stored sample with its place in the order. */
export interface Entry extends StoredSample {
  readonly key: string;
}

/** Which process start and which of its samples a key stands for, each counted from 1. */
export interface Place {
  readonly boot: number;
  readonly seq: number;
}

/** Stands for this process start as long as there is no store that numbers it. */
export const UNNUMBERED = 0;

const DIGITS = 10;
const UNNUMBERED_PREFIX = `${String(UNNUMBERED).padStart(DIGITS, '0')}/`;
const KEY = new RegExp(`^(\\d{${DIGITS}})/(\\d{${DIGITS}})$`);

/** Keys sort by process start, then by sequence number. */
export function keyOf(boot: number, seq: number): string {
  return `${String(boot).padStart(DIGITS, '0')}/${String(seq).padStart(DIGITS, '0')}`;
}

/** What a key stands for; undefined for what is none. */
export function parseKey(key: string): Place | undefined {
  const [, boot, seq] = KEY.exec(key) ?? [];
  return boot === undefined || seq === undefined ? undefined : { boot: Number(boot), seq: Number(seq) };
}

/** The key of a sample of this process now that its start has a number. */
export function numbered(key: string, boot: number): string {
  const place = key.startsWith(UNNUMBERED_PREFIX) ? parseKey(key) : undefined;
  return place ? keyOf(boot, place.seq) : key;
}

/** What is stored of an entry. */
export function storedPart({ payload, atMs, wallMs, clockSynced }: Entry): StoredSample {
  return { payload, atMs, wallMs, clockSynced };
}

/** What a payload takes of the limit in bytes. */
export function sizeOf({ payload }: StoredSample): number {
  return Buffer.byteLength(payload);
}
