import type { SampleId } from '../../../client/outbox/stored-sample.ts';
import { parseSampleId } from './sample-id.ts';

/** Prefix of the outbox's keys of samples. */
const SAMPLE_KEY = '!journal!';

/** The id of the sample that a put of the outbox stores; undefined if it stores something else. */
export function storedSample(key: string, value: string): SampleId | undefined {
  return key.startsWith(SAMPLE_KEY) ? parseSampleId(value) : undefined;
}
