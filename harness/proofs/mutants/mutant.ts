import type { Mutation } from '../../scenario/player/play.ts';
import type { Scenario } from '../../scenario/format/scenario.ts';

/** A client with one fault of its own, which one guarantee has to notice. */
export interface Mutant {
  /** What is wrong with it, in one sentence. */
  readonly about: string;
  readonly mutation: Mutation;
  /** A story that the healthy client survives, and in which the fault shows. */
  readonly scenario: Scenario;
}
