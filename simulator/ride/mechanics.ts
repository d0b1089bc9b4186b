import { KERS } from '../../protocol/registers/codes.ts';

const GRAVITY_MPS2 = 9.80665;
const KMH_PER_MPS = 3.6;
/** Rolling resistance of small pneumatic tyres, and air resistance of a standing rider (½ ρ c A, in kg/m); textbook values. */
const ROLLING_COEFFICIENT = 0.013;
const AIR_KG_PER_M = 0.36;
/** Efficiency of motor and controller when driving, and when recovering energy; assumed. */
const DRIVE_EFFICIENCY = 0.82;
const RECOVERY_EFFICIENCY = 0.65;
/** Braking force of the motor by setting, in N, and the speed below which it falls to zero; assumed. */
const RECOVERY_N: Readonly<Record<number, number>> = {
  [KERS.weak]: 30,
  [KERS.medium]: 45,
  [KERS.strong]: 65,
};
const RECOVERY_FULL_KMH = 8;

/** Fastest changes of speed that a rider wants, in km/h per second. */
export const MAX_ACCELERATION_KMH_PER_S = 3;
export const MAX_BRAKING_KMH_PER_S = 5;
const FULL_BRAKING_MPS2 = MAX_BRAKING_KMH_PER_S / KMH_PER_MPS;

/** Distance at constant acceleration, in metres. */
export const trapezoidM = (seconds: number, fromKmh: number, toKmh: number): number =>
  (seconds * (fromKmh + toKmh)) / 2 / KMH_PER_MPS;

/** A step of the motion with constant acceleration. */
export interface Step {
  readonly seconds: number;
  readonly fromKmh: number;
  readonly toKmh: number;
  /** Difference of altitude. */
  readonly climbM: number;
  readonly massKg: number;
}

/** Work that a step requires, in J: negative if it has to be braked. */
export function requiredWorkJ({ seconds, fromKmh, toKmh, climbM, massKg }: Step): number {
  const meanMps = (fromKmh + toKmh) / 2 / KMH_PER_MPS;
  const distanceM = Math.abs(meanMps) * seconds;
  const resistanceN = ROLLING_COEFFICIENT * massKg * GRAVITY_MPS2 + AIR_KG_PER_M * meanMps * meanMps;
  const kineticJ = (massKg * (toKmh * toKmh - fromKmh * fromKmh)) / 2 / KMH_PER_MPS ** 2;
  return kineticJ + massKg * GRAVITY_MPS2 * climbM + resistanceN * distanceM;
}

/** Speed at the end of a step that the motor can reach with `powerW` from the battery; at least 0. */
export function reachableKmh(step: Step, powerW: number): number {
  const missingJ = requiredWorkJ(step) - powerW * DRIVE_EFFICIENCY * step.seconds;
  const squareKmh = step.toKmh * step.toKmh - (2 * Math.max(0, missingJ) * KMH_PER_MPS ** 2) / step.massKg;
  return Math.sqrt(Math.max(0, squareKmh));
}

/** How the work of a step is divided, in J. */
export interface Work {
  /** Delivered at the wheel by the motor; negative if it recovers energy. */
  readonly wheelJ: number;
  /** Drawn from the battery for it, negative if returned. */
  readonly electricJ: number;
  /** Delivered by the rider, who pushes or lets it roll back. */
  readonly riderJ: number;
  /** Turned into heat by the brake. */
  readonly brakeJ: number;
  /** 0 to 1. */
  readonly throttle: number;
  readonly brake: number;
}

export const NO_WORK: Work = { wheelJ: 0, electricJ: 0, riderJ: 0, brakeJ: 0, throttle: 0, brake: 0 };

/**
 * Divides the work of a step between motor, brake and rider. The motor does not drive the scooter backwards.
 * @param motor undefined if the motor must not work; else the setting of energy recovery, and the motor's greatest power
 */
export function divideWork(
  step: Step,
  motor: { readonly kers: number; readonly maxPowerW: number } | undefined,
): Work {
  const workJ = requiredWorkJ(step);
  const meanKmh = (step.fromKmh + step.toKmh) / 2;
  if (meanKmh <= 0 || (workJ > 0 && !motor)) {
    return { wheelJ: 0, electricJ: 0, riderJ: workJ, brakeJ: 0, throttle: 0, brake: 0 };
  }
  if (workJ > 0 && motor) {
    const electricJ = workJ / DRIVE_EFFICIENCY;
    const throttle = Math.min(1, electricJ / step.seconds / motor.maxPowerW);
    return { wheelJ: workJ, electricJ, riderJ: 0, brakeJ: 0, throttle, brake: 0 };
  }
  const distanceM = trapezoidM(step.seconds, step.fromKmh, step.toKmh);
  const recoveryN = motor ? (RECOVERY_N[motor.kers] ?? 0) * Math.min(1, meanKmh / RECOVERY_FULL_KMH) : 0;
  const recoveredJ = Math.min(-workJ, recoveryN * distanceM);
  return {
    wheelJ: -recoveredJ,
    electricJ: -recoveredJ * RECOVERY_EFFICIENCY,
    riderJ: 0,
    brakeJ: -workJ - recoveredJ,
    throttle: 0,
    brake: Math.min(1, -workJ / distanceM / step.massKg / FULL_BRAKING_MPS2),
  };
}
