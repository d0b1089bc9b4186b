import type { Guarantee } from './guarantee.ts';
import type { GuaranteeId } from './ids.ts';
import { l1 } from './l1-short-gap.ts';
import { l2 } from './l2-relink.ts';
import { l3 } from './l3-reconnect-window.ts';
import { l4 } from './l4-search-window.ts';
import { l5 } from './l5-broker-back.ts';
import { l6 } from './l6-gps-faults.ts';
import { l7 } from './l7-stop.ts';
import { l8 } from './l8-power-cut.ts';
import { l9 } from './l9-live.ts';
import { l10 } from './l10-states.ts';
import { l11 } from './l11-health.ts';
import { l12 } from './l12-regular.ts';
import { s1 } from './s1-no-silent-loss.ts';
import { l13 } from './l13-connection-lasts.ts';
import { l15 } from './l15-pause.ts';
import { l14 } from './l14-refused-sample.ts';
import { s10 } from './s10-acknowledged.ts';
import { s2 } from './s2-order.ts';
import { s3 } from './s3-exclusive.ts';
import { s4 } from './s4-true-values.ts';
import { s5 } from './s5-no-leaks.ts';
import { s6 } from './s6-secrets.ts';
import { s7 } from './s7-message-format.ts';
import { s8 } from './s8-exits.ts';
import { s9 } from './s9-no-storms.ts';

/** All guarantees. */
export const GUARANTEES: Readonly<Record<GuaranteeId, Guarantee>> = {
  S1: s1,
  S2: s2,
  S3: s3,
  S4: s4,
  S5: s5,
  S6: s6,
  S7: s7,
  S8: s8,
  S9: s9,
  S10: s10,
  L1: l1,
  L2: l2,
  L3: l3,
  L4: l4,
  L5: l5,
  L6: l6,
  L7: l7,
  L8: l8,
  L9: l9,
  L10: l10,
  L11: l11,
  L12: l12,
  L13: l13,
  L14: l14,
  L15: l15,
};
