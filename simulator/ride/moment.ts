import { groupingAfter, MAH_PER_AS, PACK_RESISTANCE_OHM } from './battery.ts';
import type { Conditions } from './conditions.ts';
import { trapezoidM, type Work } from './mechanics.ts';
import { COLD, type HeatSource, type Warming, warmed } from './temperature.ts';

/** Energy since the start of the ride, in J. */
export interface Energy {
  /** Drawn from the cells; charging subtracts. */
  readonly cellsJ: number;
  /** Lost in the internal resistance of the battery. */
  readonly resistanceJ: number;
  readonly electronicsJ: number;
  /** Drawn by the motor; recovery subtracts. */
  readonly motorJ: number;
  /** Work of the motor at the wheel; recovery subtracts. */
  readonly wheelJ: number;
  /** Work of the rider, who pushes or lets it roll back, and of gravity downhill, whose height is not part of the route. */
  readonly riderJ: number;
  /** Turned into heat by the brake. */
  readonly brakeJ: number;
  /** Received from the charger. */
  readonly chargerJ: number;
}

/** Extreme values of the battery since the start of the ride. */
export interface Extremes {
  readonly highestVoltageV: number;
  readonly highestDischargeA: number;
  readonly highestChargeA: number;
}

/** State of a ride at one moment, from which it continues. */
export interface Moment extends Energy, Extremes {
  /** Seconds after the start of the ride. */
  readonly atS: number;
  /** Negative while rolling backwards. */
  readonly speedKmh: number;
  /** Net distance along the route, in metres: rolling backwards subtracts. */
  readonly displacementM: number;
  /** Distance travelled forwards while on, in metres, as an odometer counts: rolling backwards adds nothing. */
  readonly forwardDistanceM: number;
  /** Time switched on, in seconds. */
  readonly onS: number;
  /** Time spent moving forwards, in seconds. */
  readonly ridingS: number;
  readonly remainingMah: number;
  readonly dischargedMah: number;
  readonly warming: Warming;
  /** Share of the grouping of the cells that was captured at the charger, 0 to 1. */
  readonly grouping: number;
  /** Number of times that the charger was connected. */
  readonly chargeCount: number;
  /** Whether the battery has reached its reserve, so that the rider has stopped. */
  readonly isFlat: boolean;
  /** Time since which the scooter has been standing without the charger; the current time if it moves or charges. */
  readonly idleSinceS: number;
  /** Time until which the alarm of the lock sounds. */
  readonly alarmUntilS: number;
  /** Time, distance and riding time when it was last switched on. */
  readonly poweredOn: { readonly atS: number; readonly forwardDistanceM: number; readonly ridingS: number };
}

/** The start of a ride at rest. */
export function startingMoment(remainingMah: number, grouping: number): Moment {
  return {
    atS: 0,
    speedKmh: 0,
    displacementM: 0,
    forwardDistanceM: 0,
    onS: 0,
    ridingS: 0,
    remainingMah,
    dischargedMah: 0,
    warming: COLD,
    grouping,
    chargeCount: 0,
    isFlat: false,
    idleSinceS: 0,
    alarmUntilS: 0,
    poweredOn: { atS: 0, forwardDistanceM: 0, ridingS: 0 },
    cellsJ: 0,
    resistanceJ: 0,
    electronicsJ: 0,
    motorJ: 0,
    wheelJ: 0,
    riderJ: 0,
    brakeJ: 0,
    chargerJ: 0,
    highestVoltageV: 0,
    highestDischargeA: 0,
    highestChargeA: 0,
  };
}

/** Span of a ride with constant acceleration, current and heat source, in which the state has a closed form. */
export interface Arc {
  readonly from: Moment;
  /** Infinity if only an input ends it. */
  readonly endS: number;
  readonly conditions: Conditions;
  readonly toKmh: number;
  /** Mean current in A. */
  readonly currentA: number;
  /** Part of the charger's current that flows into the battery, 0 to 1. */
  readonly chargingShare: number;
  /** Voltage of the battery without load, and under `currentA`. */
  readonly restingV: number;
  readonly voltageV: number;
  readonly heatSource: HeatSource;
  readonly electronicsW: number;
  /** Work of the whole arc. */
  readonly work: Work;
}

/** State at a time within an arc. Lists every field, because copying an object takes ten times as long. */
export function momentIn(arc: Arc, atS: number): Moment {
  const { from, endS, currentA, work } = arc;
  const seconds = atS - from.atS;
  if (seconds === 0) return from;
  const share = endS === Infinity ? 0 : seconds / (endS - from.atS);
  const speedKmh = share === 1 ? arc.toKmh : from.speedKmh + (arc.toKmh - from.speedKmh) * share;
  const movedM = trapezoidM(seconds, from.speedKmh, speedKmh);
  const isForward = from.speedKmh > 0 || speedKmh > 0;
  const drawnMah = Math.min(from.remainingMah, currentA * seconds * MAH_PER_AS);
  // An empty battery supplies nothing more.
  const suppliedS = currentA > 0 ? drawnMah / MAH_PER_AS / currentA : seconds;
  const { isOn } = arc.conditions;
  const isCharging = arc.conditions.isCharging && currentA < 0;
  const isIdle = from.speedKmh === 0 && speedKmh === 0 && !arc.conditions.isCharging;
  return {
    atS,
    speedKmh,
    displacementM: from.displacementM + movedM,
    forwardDistanceM: from.forwardDistanceM + (isOn ? Math.max(0, movedM) : 0),
    onS: from.onS + (isOn ? seconds : 0),
    ridingS: from.ridingS + (isOn && isForward ? seconds : 0),
    remainingMah: from.remainingMah - drawnMah,
    dischargedMah: from.dischargedMah + Math.max(0, drawnMah),
    warming: warmed(from.warming, arc.heatSource, seconds),
    grouping: groupingAfter(from.grouping, arc.chargingShare, seconds),
    chargeCount: from.chargeCount,
    isFlat: from.isFlat,
    idleSinceS: isIdle ? from.idleSinceS : atS,
    alarmUntilS: alarmUntilS(arc, speedKmh, atS),
    poweredOn: from.poweredOn,
    cellsJ: from.cellsJ + arc.restingV * currentA * suppliedS,
    resistanceJ: from.resistanceJ + currentA * currentA * PACK_RESISTANCE_OHM * suppliedS,
    electronicsJ: from.electronicsJ + (isCharging ? 0 : arc.electronicsW * suppliedS),
    motorJ: from.motorJ + work.electricJ * share,
    wheelJ: from.wheelJ + work.wheelJ * share,
    riderJ: from.riderJ + work.riderJ * share,
    brakeJ: from.brakeJ + work.brakeJ * share,
    chargerJ: from.chargerJ - (isCharging ? arc.voltageV * currentA * suppliedS : 0),
    highestVoltageV: Math.max(from.highestVoltageV, arc.voltageV),
    highestDischargeA: Math.max(from.highestDischargeA, currentA),
    highestChargeA: Math.max(from.highestChargeA, -currentA),
  };
}

/** Time for which the alarm sounds after a locked scooter was moved; assumed. */
const ALARM_S = 5;

function alarmUntilS({ from, conditions }: Arc, speedKmh: number, atS: number): number {
  const isPushed = conditions.isOn && conditions.isLocked && conditions.activity === 'pushed';
  return isPushed && (from.speedKmh !== 0 || speedKmh !== 0) ? atS + ALARM_S : from.alarmUntilS;
}
