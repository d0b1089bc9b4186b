import type { SampleId } from '../../../client/outbox/sample.ts';

export type { SampleId };

const BOOT_ID = /"boot_id":"([^"]*)"/;
const SEQ = /"seq":(\d+)/;

/** Which sample a text with a payload in it is about; undefined where none. There are too many of them to parse each. */
export function idIn(text: string): SampleId | undefined {
  const bootId = BOOT_ID.exec(text)?.[1];
  const seq = SEQ.exec(text)?.[1];
  return bootId === undefined || seq === undefined ? undefined : { bootId, seq: Number(seq) };
}
