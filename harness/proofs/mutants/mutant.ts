import type { GuaranteeId } from '../../guarantees/ids.ts';
import type { Mutation } from '../../scenario/player/play.ts';
import type { Scenario } from '../../scenario/format/scenario.ts';

/** A client with a deliberate defect, which one guarantee has to detect. */
export interface Mutant {
  /** The defect, in one sentence. */
  readonly about: string;
  readonly mutation: Mutation;
  /** A scenario that the correct client passes, and in which the defect shows. */
  readonly scenario: Scenario;
  /** Other guarantees that detect the defect as well. */
  readonly also?: readonly GuaranteeId[];
}
