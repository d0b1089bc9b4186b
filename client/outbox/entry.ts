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

const DIGITS = 10;
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

/** What a payload takes of the limit in bytes. */
export function sizeOf({ payload }: StoredSample): number {
  return Buffer.byteLength(payload);
}
