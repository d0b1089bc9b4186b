import type { Guarantee, GuaranteeId } from './guarantee.ts';
import { l1 } from './l1.ts';
import { l2 } from './l2.ts';
import { l5 } from './l5.ts';
import { l6 } from './l6.ts';
import { l8 } from './l8.ts';
import { s1 } from './s1.ts';
import { s2 } from './s2.ts';
import { s3 } from './s3.ts';
import { s4 } from './s4.ts';
import { s5 } from './s5.ts';

/** Every guarantee that a run can be judged by. */
export const GUARANTEES: Readonly<Record<GuaranteeId, Guarantee>> = {
  S1: s1,
  S2: s2,
  S3: s3,
  S4: s4,
  S5: s5,
  L1: l1,
  L2: l2,
  L5: l5,
  L6: l6,
  L8: l8,
};
