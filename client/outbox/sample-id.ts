/** What a sample is known by: a name drawn once per process start, and a number counted from 1. */
export interface SampleId {
  readonly bootId: string;
  readonly seq: number;
}
