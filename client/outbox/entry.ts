/** A sample as it is stored. */
export interface StoredSample {
  /** What is published, byte for byte, at every try. */
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

const DIGITS = 10;

/** Keys sort by process start, then by sequence number. */
export function keyOf(boot: number, seq: number): string {
  return `${String(boot).padStart(DIGITS, '0')}/${String(seq).padStart(DIGITS, '0')}`;
}

/** The process start and the sequence number of a key. */
export function parseKey(key: string): { boot: number; seq: number } {
  const [boot, seq] = key.split('/');
  return { boot: Number(boot), seq: Number(seq) };
}

/** What a payload takes of the limit in bytes. */
export function sizeOf({ payload }: StoredSample): number {
  return Buffer.byteLength(payload);
}
