/** Ids of the guarantees: S for safety (never violated), L for liveness (recovery within a bound). */
export const GUARANTEE_IDS = [
  'S1',
  'S2',
  'S3',
  'S4',
  'S5',
  'S6',
  'S7',
  'S8',
  'S9',
  'S10',
  'L1',
  'L2',
  'L3',
  'L4',
  'L5',
  'L6',
  'L7',
  'L8',
  'L9',
  'L10',
  'L11',
  'L12',
  'L13',
  'L14',
] as const;

export type GuaranteeId = (typeof GUARANTEE_IDS)[number];
