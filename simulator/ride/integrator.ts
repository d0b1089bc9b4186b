import { hasFlag, TAIL_LIGHT } from '../../protocol/registers/codes.ts';
import {
  MAH_PER_AS,
  PACK_RESISTANCE_OHM,
  acceptedPowerW,
  chargingShare,
  currentForPower,
  restingPackV,
} from './battery.ts';
import { type Conditions, isMotorEnabled, speedLimitKmh } from './conditions.ts';
import {
  divideWork,
  MAX_ACCELERATION_KMH_PER_S,
  MAX_BRAKING_KMH_PER_S,
  type Motor,
  motorWorkJ,
  NO_WORK,
  remainingKmh,
  requiredWorkJ,
  type Step,
  trapezoidM,
} from './mechanics.ts';
import type { Arc, Moment } from './moment.ts';
import type { HeatSource } from './temperature.ts';

/** Charge at which the ride ends, in percent, and from which it continues after charging. */
export const RESERVE_PERCENT = 10;
const RESUME_PERCENT = 15;

/** Length of an arc while the scooter moves; every time of the usual speed profile is a multiple of it. */
const MOVING_S = 0.5;
/** Lengths of an arc in which the voltage of a cell changes by less than 1 mV, its unit in the registers. */
const CHARGING_S = 5;
const RESTING_S = 60;

/** Exceeds rounding errors: a battery with less is empty, or is full if less is missing. */
const NEGLIGIBLE_MAH = 1e-6;

/** Voltage at which the power of the electronics is calculated from the current at rest. */
const STANDBY_V = 35;
/** Power of the controller while riding, and of the lights, in W; assumed. */
const CONTROLLER_W = 3;
const TAIL_LIGHT_W = 1.5;
/** Greatest current that the motor controller draws for the motor, in A; assumed. */
export const MAX_MOTOR_A = 30;

/** Speed of a scooter that is pushed, and against the motor, which brakes one that is locked and on. */
const PUSHED_KMH = 4;
const PUSHED_LOCKED_KMH = 1.2;
/** Speed of a scooter that rolls down a long hill: with a rider of 75 kg, one of about 6 %. */
const DOWNHILL_KMH = 40;
/** Number of times that the range of speeds is halved in which one is searched that the motor reaches. */
const BISECTIONS = 12;
/** Cruise control keeps a speed from this one on, while the wanted one differs less than the tolerance. */
const CRUISE_FROM_KMH = 5;
const CRUISE_TOLERANCE_KMH = 1;

/** What remains the same during a ride. */
export interface Surroundings {
  readonly fullMah: number;
  readonly massKg: number;
  /** Current of the charger: negative, in A. */
  readonly chargerA: number;
  /** Current of the electronics at rest, in A. */
  readonly restingA: number;
  /** Speed that the rider wants while riding, in km/h. */
  readonly wantedKmh: (atS: number) => number;
  /** Maximum speed in a mode, in km/h. */
  readonly modeLimitKmh: (mode: number) => number;
  readonly altitudeM: (displacementM: number) => number;
}

/** Continues a ride from a moment under the given conditions. */
export function nextArc(from: Moment, conditions: Conditions, world: Surroundings): Arc {
  const { isCharging } = conditions;
  const isAtRest = from.speedKmh === 0 && isStanding(from, conditions);
  const charge = from.remainingMah / world.fullMah;
  const restingV = restingPackV(charge);
  if (!isAtRest) return movingArc(from, conditions, restingV, world);
  const electronicsW = standbyW(conditions, world);
  if (isCharging) {
    const missingMah = world.fullMah - from.remainingMah;
    const isFull = missingMah < NEGLIGIBLE_MAH;
    const share = isFull ? 0 : chargingShare(charge);
    const currentA = isFull ? 0 : world.chargerA * share;
    const fullS = isFull ? Infinity : from.atS - missingMah / MAH_PER_AS / currentA;
    const endS = isFull ? Infinity : Math.min(gridEnd(from.atS, CHARGING_S), fullS);
    return restingArc(from, conditions, endS, { currentA, chargingShare: share, restingV, electronicsW });
  }
  const isEmpty = from.remainingMah < NEGLIGIBLE_MAH;
  const currentA = isEmpty ? 0 : currentForPower(electronicsW, restingV);
  const emptyS = from.atS + from.remainingMah / MAH_PER_AS / currentA;
  const endS = currentA === 0 ? Infinity : Math.min(gridEnd(from.atS, RESTING_S), emptyS);
  return restingArc(from, conditions, endS, { currentA, chargingShare: 0, restingV, electronicsW });
}

/** Whether the scooter is to stand whatever the rider's profile says. */
export function isStanding({ isFlat }: Moment, conditions: Conditions): boolean {
  const { activity, isCharging } = conditions;
  if (isCharging || activity === 'parked') return true;
  return activity === 'riding' && (isFlat || !isMotorEnabled(conditions));
}

/** Next multiple of `gridS`, so that a ride does not depend on the times at which it is observed. */
function gridEnd(atS: number, gridS: number): number {
  return (Math.floor(atS / gridS) + 1) * gridS;
}

function standbyW({ isOn, tailLight }: Conditions, { restingA }: Surroundings): number {
  if (!isOn) return 0;
  return restingA * STANDBY_V + (hasFlag(tailLight, TAIL_LIGHT.alwaysOn) ? TAIL_LIGHT_W : 0);
}

function restingArc(
  from: Moment,
  conditions: Conditions,
  endS: number,
  {
    currentA,
    chargingShare: share,
    restingV,
    electronicsW,
  }: Pick<Arc, 'currentA' | 'chargingShare' | 'restingV' | 'electronicsW'>,
): Arc {
  return {
    from,
    endS,
    conditions,
    toKmh: 0,
    currentA,
    chargingShare: share,
    restingV,
    voltageV: restingV - currentA * PACK_RESISTANCE_OHM,
    heatSource: conditions.isCharging && currentA < 0 ? 'charging' : 'none',
    electronicsW: currentA === 0 ? 0 : electronicsW,
    work: NO_WORK,
  };
}

function movingArc(from: Moment, conditions: Conditions, restingV: number, world: Surroundings): Arc {
  const endS = gridEnd(from.atS, MOVING_S);
  const seconds = endS - from.atS;
  const { speedKmh } = from;
  const wantedKmh = isStanding(from, conditions) ? 0 : wantedSpeedKmh(from, conditions, endS, world);
  const followedKmh = Math.min(
    Math.max(wantedKmh, speedKmh - MAX_BRAKING_KMH_PER_S * seconds),
    speedKmh + MAX_ACCELERATION_KMH_PER_S * seconds,
  );
  // A scooter that rolls back stops before it drives forwards.
  const intendedKmh = speedKmh * followedKmh < 0 ? 0 : followedKmh;
  const isDriven = conditions.activity === 'riding' && isMotorEnabled(conditions);
  const motor: Motor | undefined = isDriven
    ? {
        kers: conditions.kers,
        maxPowerW: (restingV - MAX_MOTOR_A * PACK_RESISTANCE_OHM) * MAX_MOTOR_A,
        maxRecoveryW: acceptedPowerW(restingV, world.fullMah - from.remainingMah, seconds),
      }
    : undefined;
  const intended = stepTo(intendedKmh, from, seconds, world);
  const step = motor ? drivenStep(intended, motor, from, world) : intended;
  const work = divideWork(step, motor);
  const isMoving = speedKmh > 0 || step.toKmh > 0;
  const isBrakeLightOn = conditions.isOn && conditions.tailLight === TAIL_LIGHT.onBrake;
  const braking = work.brake > 0 && isBrakeLightOn ? TAIL_LIGHT_W : 0;
  const electronicsW = standbyW(conditions, world) + (isDriven && isMoving ? CONTROLLER_W : 0) + braking;
  const powerW = work.electricJ / seconds + electronicsW;
  const isEmpty = from.remainingMah < NEGLIGIBLE_MAH && powerW > 0;
  const currentA = isEmpty ? 0 : currentForPower(powerW, restingV);
  return {
    from,
    endS,
    conditions,
    toKmh: step.toKmh,
    currentA,
    chargingShare: 0,
    restingV,
    voltageV: restingV - currentA * PACK_RESISTANCE_OHM,
    heatSource: heatSource(from, conditions),
    electronicsW: isEmpty ? 0 : electronicsW,
    work,
  };
}

function stepTo(toKmh: number, from: Moment, seconds: number, { altitudeM, massKg }: Surroundings): Step {
  const { speedKmh: fromKmh, displacementM } = from;
  const movedM = trapezoidM(seconds, fromKmh, toKmh);
  const climbM = movedM === 0 ? 0 : altitudeM(displacementM + movedM) - altitudeM(displacementM);
  return { seconds, fromKmh, toKmh, climbM, massKg };
}

/**
 * The step to the speed that the motor reaches, up to the intended one. The rider helps by pushing: up to walking pace, and
 * so that the scooter slows down no faster than it brakes.
 */
function drivenStep(intended: Step, motor: Motor, from: Moment, world: Surroundings): Step {
  const { seconds, fromKmh, toKmh } = intended;
  const isReached = (step: Step): boolean => requiredWorkJ(step) <= motorWorkJ(step, motor);
  const pushedKmh = Math.max(PUSHED_KMH, fromKmh - MAX_BRAKING_KMH_PER_S * seconds);
  if (toKmh <= pushedKmh || isReached(intended)) return intended;
  const slowed = stepTo(Math.max(pushedKmh, remainingKmh(intended, motor)), from, seconds, world);
  if (slowed.toKmh === pushedKmh || isReached(slowed)) return slowed;
  let reached = stepTo(pushedKmh, from, seconds, world);
  let tooFastKmh = slowed.toKmh;
  for (let i = 0; i < BISECTIONS; i++) {
    const step = stepTo((reached.toKmh + tooFastKmh) / 2, from, seconds, world);
    if (isReached(step)) reached = step;
    else tooFastKmh = step.toKmh;
  }
  return reached;
}

function wantedSpeedKmh(from: Moment, conditions: Conditions, atS: number, world: Surroundings): number {
  const { activity, isOn, isLocked, mode, hasCruise } = conditions;
  if (activity === 'pushed') return isOn && isLocked ? PUSHED_LOCKED_KMH : PUSHED_KMH;
  if (activity === 'downhill') return DOWNHILL_KMH;
  const limitKmh = Math.min(world.modeLimitKmh(mode), speedLimitKmh(conditions));
  const wantedKmh = Math.min(world.wantedKmh(atS), limitKmh);
  const isCruising = hasCruise && wantedKmh > CRUISE_FROM_KMH;
  return isCruising && Math.abs(wantedKmh - from.speedKmh) < CRUISE_TOLERANCE_KMH
    ? Math.min(from.speedKmh, limitKmh)
    : wantedKmh;
}

function heatSource(from: Moment, conditions: Conditions): HeatSource {
  return conditions.activity === 'riding' && !isStanding(from, conditions) ? 'riding' : 'none';
}

/** Whether the rider has stopped because of the charge: at the reserve, until there is enough of it again. */
export function isFlatAt(wasFlat: boolean, charge: number): boolean {
  return 100 * charge <= (wasFlat ? RESUME_PERCENT : RESERVE_PERCENT);
}
