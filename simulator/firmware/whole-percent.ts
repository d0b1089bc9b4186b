/** Rounding errors of a percentage that must not lower it by one. */
const ROUNDING = 1e-9;

/** A percentage as scooters report it: cut off, not rounded. 6705 of 7800 mAh are 85 %. */
export function wholePercent(percent: number): number {
  return Math.floor(percent + ROUNDING);
}
