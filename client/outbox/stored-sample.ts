import { crc32 } from 'node:zlib';

/** Identifies a sample: the random id of the process start that created it, and a sequence number from 1. */
export interface SampleId {
  readonly bootId: string;
  readonly seq: number;
}

/** A sample in the store. */
export interface StoredSample {
  /** Published unchanged at every attempt. */
  readonly payload: string;
  /** Time of creation, by `performance.now()` of the process that created it. */
  readonly atMs: number;
  /** Time of creation by the wall clock, in milliseconds since 1970, and whether that was synchronised. */
  readonly wallMs: number;
  readonly clockSynced: boolean;
}

/** An undelivered sample with its id. */
export interface Entry extends StoredSample, SampleId {}

/** Size of a sample, in bytes, as it counts towards the limits. */
export function sizeOf({ payload }: StoredSample): number {
  return Buffer.byteLength(payload);
}

/** Parses the fields of a payload; returns none if it is not a JSON object. */
export function fieldsOf(payload: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/**
 * Why a sample was dropped: a limit of the outbox on count, bytes or age; a failure of the disk or damage to the store;
 * or refusal by the broker.
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
 * Creates an encoding for abstract-level that prefixes values with a checksum. LevelDB does not verify its own checksums
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
      // The checksum of nothing is 0, and so is that of a record that was cut to nothing.
      if (content === '') return undefined;
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

/** Encodes a sample as one line with its times, followed by the unchanged payload. */
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

/** Creates an encoding for JSON with a checksum. */
export function checkedJson<Value>(name: string): CheckedEncoding<Value> {
  return checkedEncoding<Value>(name, JSON.stringify, (content) => JSON.parse(content) as Value);
}
