import type { Guarantee } from './guarantee.ts';
import type { GuaranteeId } from './ids.ts';
import { l1 } from './l1.ts';
import { l2 } from './l2.ts';
import { l3 } from './l3.ts';
import { l4 } from './l4.ts';
import { l5 } from './l5.ts';
import { l6 } from './l6.ts';
import { l7 } from './l7.ts';
import { l8 } from './l8.ts';
import { s1 } from './s1.ts';
import { s2 } from './s2.ts';
import { s3 } from './s3.ts';
import { s4 } from './s4.ts';
import { s5 } from './s5.ts';
import { s6 } from './s6.ts';

/** All guarantees. */
export const GUARANTEES: Readonly<Record<GuaranteeId, Guarantee>> = {
  S1: s1,
  S2: s2,
  S3: s3,
  S4: s4,
  S5: s5,
  S6: s6,
  L1: l1,
  L2: l2,
  L3: l3,
  L4: l4,
  L5: l5,
  L6: l6,
  L7: l7,
  L8: l8,
};
