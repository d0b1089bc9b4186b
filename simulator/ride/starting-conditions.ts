import { KERS, TAIL_LIGHT } from '../../protocol/registers/codes.ts';
import { type Conditions, RIDE_STATES, type RideStateName } from './conditions.ts';

/** When the tail light is on. */
export const TAIL_LIGHTS = {
  off: TAIL_LIGHT.off,
  'on-brake': TAIL_LIGHT.onBrake,
  'always-on': TAIL_LIGHT.alwaysOn,
} as const;

export type TailLightName = keyof typeof TAIL_LIGHTS;

/** State of a scooter at the start of a ride, in the words of its user; what is undefined is that of a plain ride. */
export interface StartingState {
  readonly state?: RideStateName | undefined;
  readonly locked?: boolean | undefined;
  /** Codes; 0 is none. */
  readonly error?: number | undefined;
  readonly warning?: number | undefined;
  /** A value of `MODES`. */
  readonly mode?: number | undefined;
  readonly energyRecovery?: keyof typeof KERS | undefined;
  readonly cruise?: boolean | undefined;
  readonly tailLight?: TailLightName | undefined;
  /** Limit in every mode, in km/h. */
  readonly speedLimitKmh?: number | undefined;
}

/** Conditions of a ride at its start. */
export function startingConditions(start: StartingState): Partial<Conditions> {
  const { state = 'riding', locked = false, error, warning, mode } = start;
  const { energyRecovery, cruise, tailLight, speedLimitKmh } = start;
  return {
    ...RIDE_STATES[state],
    isLocked: locked,
    ...(error !== undefined && { error }),
    ...(warning !== undefined && { warning }),
    ...(mode !== undefined && { mode }),
    ...(energyRecovery !== undefined && { kers: KERS[energyRecovery] }),
    ...(cruise !== undefined && { hasCruise: cruise }),
    ...(tailLight !== undefined && { tailLight: TAIL_LIGHTS[tailLight] }),
    ...(speedLimitKmh !== undefined && {
      isSpeedLimited: true,
      limitEcoKmh: speedLimitKmh,
      limitNormalKmh: speedLimitKmh,
    }),
  };
}
