/** First-order warming of a part of the scooter while riding. */
export interface ThermalResponse {
  /** Final temperature above that of the air, in °C. */
  readonly riseC: number;
  /** Time to reach 63 % of the final rise, in seconds. */
  readonly timeConstantS: number;
}

/** Two sensors between the cells, and one on the frame at the motor controller. */
export const THERMAL_RESPONSES = {
  batteryCore: { riseC: 9, timeConstantS: 2400 },
  batteryEdge: { riseC: 7.5, timeConstantS: 2000 },
  frame: { riseC: 6, timeConstantS: 900 },
} as const satisfies Record<string, ThermalResponse>;

/**
 * Temperature in °C of a part after `ridingS` seconds of riding and then `restingS` seconds at rest: it approaches
 * its final temperature, then that of the air.
 */
export function temperatureC(
  { riseC, timeConstantS }: ThermalResponse,
  airC: number,
  ridingS: number,
  restingS: number,
): number {
  const warmed = 1 - Math.exp(-ridingS / timeConstantS);
  return airC + riseC * warmed * Math.exp(-restingS / timeConstantS);
}
