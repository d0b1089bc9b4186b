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
/** Greatest force of the motor at the wheel, in N; assumed: with a rider of 75 kg it climbs a slope of 20 %. */
const MAX_MOTOR_N = 220;

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

/** What the motor may do during a step. */
export interface Motor {
  /** Setting of energy recovery, a value of `KERS`. */
  readonly kers: number;
  /** Greatest power that it draws from the battery, and that it returns, in W. */
  readonly maxPowerW: number;
  readonly maxRecoveryW: number;
}

/** Greatest work that the motor delivers at the wheel during a step, in J. */
export function motorWorkJ({ seconds, fromKmh, toKmh }: Step, { maxPowerW }: Motor): number {
  return Math.min(maxPowerW * DRIVE_EFFICIENCY * seconds, MAX_MOTOR_N * trapezoidM(seconds, fromKmh, toKmh));
}

/** Speed that is left at the end of a step if its kinetic energy lacks the work that the motor cannot deliver. */
export function remainingKmh(step: Step, motor: Motor): number {
  const missingJ = requiredWorkJ(step) - motorWorkJ(step, motor);
  const squareKmh = step.toKmh * step.toKmh - (2 * Math.max(0, missingJ) * KMH_PER_MPS ** 2) / step.massKg;
  return Math.sqrt(Math.max(0, squareKmh));
}

/** How the work of a step is divided, in J. */
export interface Work {
  /** Delivered at the wheel by the motor; negative if it recovers energy. */
  readonly wheelJ: number;
  /** Drawn from the battery for it, negative if returned. */
  readonly electricJ: number;
  /** Delivered by the rider, who pushes, helps the motor, or lets it roll back. */
  readonly riderJ: number;
  /** Turned into heat by the brake. */
  readonly brakeJ: number;
  /** 0 to 1. */
  readonly throttle: number;
  readonly brake: number;
}

export const NO_WORK: Work = { wheelJ: 0, electricJ: 0, riderJ: 0, brakeJ: 0, throttle: 0, brake: 0 };

/**
 * Divides the work of a step between motor, brake and rider. The motor does not drive the scooter backwards; the rider
 * delivers what it cannot.
 * @param motor undefined if the motor must not work
 */
export function divideWork(step: Step, motor: Motor | undefined): Work {
  const workJ = requiredWorkJ(step);
  const meanKmh = (step.fromKmh + step.toKmh) / 2;
  if (meanKmh <= 0 || (workJ > 0 && !motor)) {
    return { wheelJ: 0, electricJ: 0, riderJ: workJ, brakeJ: 0, throttle: 0, brake: 0 };
  }
  if (workJ > 0 && motor) {
    const greatestJ = motorWorkJ(step, motor);
    const wheelJ = Math.min(workJ, greatestJ);
    const electricJ = wheelJ / DRIVE_EFFICIENCY;
    return { wheelJ, electricJ, riderJ: workJ - wheelJ, brakeJ: 0, throttle: wheelJ / greatestJ, brake: 0 };
  }
  const distanceM = trapezoidM(step.seconds, step.fromKmh, step.toKmh);
  const recoveredJ = motor ? Math.min(-workJ, recoverableJ(motor, meanKmh, distanceM, step.seconds)) : 0;
  return {
    wheelJ: -recoveredJ,
    electricJ: -recoveredJ * RECOVERY_EFFICIENCY,
    riderJ: 0,
    brakeJ: -workJ - recoveredJ,
    throttle: 0,
    brake: Math.min(1, -workJ / distanceM / step.massKg / FULL_BRAKING_MPS2),
  };
}

/** Greatest work that the motor takes from the wheel while it recovers energy, in J. */
function recoverableJ(
  { kers, maxRecoveryW }: Motor,
  meanKmh: number,
  distanceM: number,
  seconds: number,
): number {
  const forceN = (RECOVERY_N[kers] ?? 0) * Math.min(1, meanKmh / RECOVERY_FULL_KMH);
  return Math.min(forceN * distanceM, (maxRecoveryW * seconds) / RECOVERY_EFFICIENCY);
}
