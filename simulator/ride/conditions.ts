import { KERS, MODES, TAIL_LIGHT } from '../../protocol/registers/codes.ts';

/** What the rider does with the scooter; downhill, it rolls without the motor, faster than that drives it. */
export const ACTIVITIES = ['riding', 'parked', 'pushed', 'downhill'] as const;
export type Activity = (typeof ACTIVITIES)[number];

/** What determines how a ride continues from one moment on, apart from its state at that moment. */
export interface Conditions {
  readonly activity: Activity;
  /** Whether the scooter is switched on. While it is off, it neither drives nor counts, and uses no charge. */
  readonly isOn: boolean;
  /** Whether the charger is connected. */
  readonly isCharging: boolean;
  readonly isLocked: boolean;
  /** A code of `ERRORS`; 0 is none. Any error stops the motor, which is assumed. */
  readonly error: number;
  /** A code of `WARNINGS` that the scooter does not raise itself; 0 is none. */
  readonly warning: number;
  /** A value of `MODES`. */
  readonly mode: number;
  /** A value of `KERS`. */
  readonly kers: number;
  readonly hasCruise: boolean;
  /** A value of `TAIL_LIGHT`. */
  readonly tailLight: number;
  /** Whether the speed limits apply: one in the mode `eco`, and one in the others. */
  readonly isSpeedLimited: boolean;
  readonly limitEcoKmh: number;
  readonly limitNormalKmh: number;
}

/** States in which a scooter can be: what its rider does with it, or that it is at the charger. */
export const RIDE_STATES = {
  riding: { activity: 'riding', isCharging: false },
  parked: { activity: 'parked', isCharging: false },
  pushed: { activity: 'pushed', isCharging: false },
  downhill: { activity: 'downhill', isCharging: false },
  charging: { activity: 'parked', isCharging: true },
} as const satisfies Record<string, Partial<Conditions>>;

export type RideStateName = keyof typeof RIDE_STATES;

/** Conditions of a plain ride, with the limits of no model. */
export const RIDING: Conditions = {
  activity: 'riding',
  isOn: true,
  isCharging: false,
  isLocked: false,
  error: 0,
  warning: 0,
  mode: MODES.normal,
  kers: KERS.weak,
  hasCruise: false,
  tailLight: TAIL_LIGHT.off,
  isSpeedLimited: false,
  limitEcoKmh: Infinity,
  limitNormalKmh: Infinity,
};

/** Whether the motor may drive and brake. */
export function isMotorEnabled({ isOn, isCharging, isLocked, error }: Conditions): boolean {
  return isOn && !isCharging && !isLocked && error === 0;
}

/** Speed limit that an app has set, in km/h. */
export function speedLimitKmh({ isSpeedLimited, mode, limitEcoKmh, limitNormalKmh }: Conditions): number {
  if (!isSpeedLimited) return Infinity;
  return mode === MODES.eco ? limitEcoKmh : limitNormalKmh;
}
