import type { SampleId } from '../../../client/outbox/stored-sample.ts';

export type { SampleId };

const BOOT_ID = /"boot_id":"([^"]*)"/;
const SEQ = /"seq":(\d+)/;

/** Finds the sample id in a text that contains a payload; by regular expressions, as parsing every payload is slow. */
export function parseSampleId(text: string): SampleId | undefined {
  const bootId = BOOT_ID.exec(text)?.[1];
  const seq = SEQ.exec(text)?.[1];
  return bootId === undefined || seq === undefined ? undefined : { bootId, seq: Number(seq) };
}
