/** How a part of the scooter warms up under way. */
export interface Warming {
  /** How much warmer than the air it gets in the end, in °C. */
  readonly riseC: number;
  /** Time in which it makes 63 % of its way to that, in s. */
  readonly timeConstantS: number;
}

/** Two sensors among the cells, and one on the frame at the controller. */
export const WARMING = {
  batteryCore: { riseC: 9, timeConstantS: 2400 },
  batteryEdge: { riseC: 7.5, timeConstantS: 2000 },
  frame: { riseC: 6, timeConstantS: 900 },
} as const satisfies Record<string, Warming>;

/**
 * Temperature in °C of a part that has been under way for `ridingS` seconds and has then rested for `restingS`:
 * it nears its highest temperature, then that of the air.
 */
export function temperatureC(
  { riseC, timeConstantS }: Warming,
  airC: number,
  ridingS: number,
  restingS: number,
): number {
  const gained = 1 - Math.exp(-ridingS / timeConstantS);
  return airC + riseC * gained * Math.exp(-restingS / timeConstantS);
}
