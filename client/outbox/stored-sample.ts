import { crc32 } from 'node:zlib';

/** Identifies a sample: the name drawn at the process start that took it, and a number counted from 1. */
export interface SampleId {
  readonly bootId: string;
  readonly seq: number;
}

/** A sample as it is stored. */
export interface StoredSample {
  /** What is published, byte for byte, at every attempt. */
  readonly payload: string;
  /** `performance.now()` of the process that took it. */
  readonly atMs: number;
  /** Its wall clock at the time, in milliseconds since 1970, and whether that was known to be right. */
  readonly wallMs: number;
  readonly clockSynced: boolean;
}

/** A waiting sample and what identifies it. */
export interface Entry extends StoredSample, SampleId {}

/** The number of bytes by which a sample counts. */
export function sizeOf({ payload }: StoredSample): number {
  return Buffer.byteLength(payload);
}

/** The fields of a payload; none if it is not a JSON object. */
export function fieldsOf(payload: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/**
 * Why a sample never reaches the broker: the outbox was full by count or bytes, it grew too old, the disk failed or was
 * damaged, or the broker refuses it.
 */
export const DROP_REASONS = ['count', 'bytes', 'age', 'disk', 'refused'] as const;

export type DropReason = (typeof DROP_REASONS)[number];

/** Consecutive samples of one process start that were dropped for one reason. */
export interface DroppedRange {
  readonly bootId: string;
  /** Sequence numbers, both included. */
  readonly from: number;
  readonly to: number;
  readonly reason: DropReason;
}

/**
 * An encoding, as abstract-level expects it, whose values begin with a checksum. LevelDB does not check its own checksums
 * when it reads tables, and a flipped bit must not be published as a measurement. A damaged value decodes to undefined.
 */
function checkedEncoding<Value>(
  name: string,
  serialize: (value: Value) => string,
  parse: (content: string) => Value | undefined,
): CheckedEncoding<Value> {
  return {
    name,
    format: 'utf8',
    encode: (value) => {
      const content = serialize(value as Value);
      return `${crc32(content)} ${content}`;
    },
    decode: (stored) => {
      const [checksum = ''] = stored.split(' ', 1);
      const content = stored.slice(checksum.length + 1);
      return crc32(content) === Number(checksum) ? parse(content) : undefined;
    },
  };
}

export interface CheckedEncoding<Value> {
  readonly name: string;
  readonly format: 'utf8';
  readonly encode: (value: Value | undefined) => string;
  readonly decode: (stored: string) => Value | undefined;
}

/** One line with the clocks, then the payload as it is. */
export const SAMPLE_ENCODING = checkedEncoding<StoredSample>(
  'sample',
  ({ payload, atMs, wallMs, clockSynced }) => `${atMs} ${wallMs} ${clockSynced}\n${payload}`,
  (content) => {
    const end = content.indexOf('\n');
    const [atMs, wallMs, clockSynced] = content.slice(0, end).split(' ');
    const payload = content.slice(end + 1);
    if (payload === '') return undefined;
    return { payload, atMs: Number(atMs), wallMs: Number(wallMs), clockSynced: clockSynced === 'true' };
  },
);

/** JSON behind a checksum. */
export function checkedJson<Value>(name: string): CheckedEncoding<Value> {
  return checkedEncoding<Value>(name, JSON.stringify, (content) => JSON.parse(content) as Value);
}
