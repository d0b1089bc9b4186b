/** First-order warming of a part of the scooter. */
interface ThermalResponse {
  /** Final temperature above that of the air while riding, in °C. */
  readonly ridingRiseC: number;
  /** The same at the charger; assumed. */
  readonly chargingRiseC: number;
  /** Time to reach 63 % of the final rise, in seconds. */
  readonly timeConstantS: number;
}

/** Two sensors between the cells, and one on the frame at the motor controller. */
const THERMAL_RESPONSES = {
  batteryCore: { ridingRiseC: 9, chargingRiseC: 6, timeConstantS: 2400 },
  batteryEdge: { ridingRiseC: 7.5, chargingRiseC: 5, timeConstantS: 2000 },
  frame: { ridingRiseC: 6, chargingRiseC: 0.5, timeConstantS: 900 },
} as const satisfies Record<string, ThermalResponse>;

type Part = keyof typeof THERMAL_RESPONSES;

/** Temperatures above that of the air, in °C. */
export type Warming = Readonly<Record<Part, number>>;

/** Heat source: the motor, the charger, or none. */
export type HeatSource = 'riding' | 'charging' | 'none';

export const COLD: Warming = { batteryCore: 0, batteryEdge: 0, frame: 0 };

/** Temperatures above that of the air after `seconds` with a heat source: each part approaches its final one. */
export function warmed(from: Warming, source: HeatSource, seconds: number): Warming {
  return {
    batteryCore: approach(from.batteryCore, THERMAL_RESPONSES.batteryCore, source, seconds),
    batteryEdge: approach(from.batteryEdge, THERMAL_RESPONSES.batteryEdge, source, seconds),
    frame: approach(from.frame, THERMAL_RESPONSES.frame, source, seconds),
  };
}

function approach(fromC: number, response: ThermalResponse, source: HeatSource, seconds: number): number {
  const finalC = riseC(response, source);
  return finalC + (fromC - finalC) * Math.exp(-seconds / response.timeConstantS);
}

function riseC({ ridingRiseC, chargingRiseC }: ThermalResponse, source: HeatSource): number {
  if (source === 'none') return 0;
  return source === 'riding' ? ridingRiseC : chargingRiseC;
}
