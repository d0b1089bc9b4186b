import type { SampleId } from '../../../client/outbox/sample.ts';
import { idIn } from './sample-id.ts';

/** What the full keys of the outbox's samples begin with. */
const SAMPLE_KEY = '!journal!';

/** Which sample a put of the outbox brings; undefined where it brings something else. */
export function storedSample(key: string, value: string): SampleId | undefined {
  return key.startsWith(SAMPLE_KEY) ? idIn(value) : undefined;
}
