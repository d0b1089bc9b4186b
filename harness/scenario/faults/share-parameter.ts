import { share } from '../format/values.ts';
import type { Parameter } from './fault.ts';

/** A parameter for the share of what a fault affects, from 0 to 1. @param typical range from which campaigns draw */
export function shareParameter(
  about: string,
  typical: readonly [min: number, max: number],
): Parameter<number> {
  return { kind: share(0, 1), default: 0.3, typical, about };
}
