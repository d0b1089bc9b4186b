import { SCOOTER_STATUS } from '../../protocol/registers/codes.ts';
import { cellOffsets, cellVoltages } from './battery.ts';
import type { Conditions } from './conditions.ts';
import { type Arc, type Energy, type Extremes, momentIn } from './moment.ts';

/** Warning of a scooter that is pushed while locked. */
const PUSHED_WHILE_LOCKED = 9;

/** State of a ride at one moment: true values, unrounded and without counter overflow. */
export interface RideState {
  readonly conditions: Conditions;
  /** Bits of `SCOOTER_STATUS`. */
  readonly status: number;
  /** A code of `WARNINGS`. */
  readonly warning: number;
  /** Negative while rolling backwards. */
  readonly speedKmh: number;
  /** Trip divided by riding time; 0 before the first metre. */
  readonly averageSpeedKmh: number;
  readonly odometerM: number;
  /** Odometer reading at the start of the ride, in metres. */
  readonly startOdometerM: number;
  /** Distance travelled forwards since power-on, in metres. */
  readonly tripM: number;
  /** Range of the whole remaining charge, reserve included. */
  readonly remainingRangeKm: number;
  /** Seconds since power-on. */
  readonly uptimeS: number;
  /** Time spent moving forwards since power-on, in seconds. */
  readonly ridingS: number;
  /** Time switched on since the start of the ride, in seconds. */
  readonly totalS: number;
  readonly totalRidingS: number;
  /** Time for which the scooter has been standing without the charger, in seconds. */
  readonly idleS: number;
  /** Position of throttle and brake, 0 to 1. */
  readonly throttle: number;
  readonly brake: number;
  /** State of charge, 0 to 100. */
  readonly batteryPercent: number;
  readonly remainingMah: number;
  /** Negative while the charger or regenerative braking charges the battery. */
  readonly currentA: number;
  /** Sum of `cellsV`. */
  readonly voltageV: number;
  readonly cellsV: readonly number[];
  readonly batteryTemperaturesC: readonly [number, number];
  readonly frameTemperatureC: number;
  /** Number of times that the charger was connected, and full discharges, since the start of the ride. */
  readonly chargeCount: number;
  readonly cycles: number;
  readonly extremes: Extremes;
  readonly energy: Energy;
}

/** What the state of a ride refers to. */
export interface StateBasis {
  readonly startOdometerM: number;
  readonly airTemperatureC: number;
  /** Capacity of the battery. */
  readonly fullMah: number;
  /** Consumption from which the range is estimated. */
  readonly mahPerKm: number;
  /** Deviations of the cell voltages from their mean at the charger. */
  readonly chargingOffsetsV: readonly number[];
}

/** State at a time within an arc. */
export function stateIn(arc: Arc, atS: number, basis: StateBasis): RideState {
  const { startOdometerM, airTemperatureC: airC, fullMah } = basis;
  const { conditions, currentA, work } = arc;
  const moment = momentIn(arc, atS);
  const { poweredOn, warming, remainingMah } = moment;
  const tripM = moment.forwardDistanceM - poweredOn.forwardDistanceM;
  const ridingS = moment.ridingS - poweredOn.ridingS;
  const offsetsV = cellOffsets(basis.chargingOffsetsV, moment.grouping);
  const cellsV = cellVoltages(arc.restingV, currentA, offsetsV);
  const isAlarmed = conditions.isOn && conditions.isLocked && atS < moment.alarmUntilS;
  return {
    conditions,
    status: statusOf(conditions, isAlarmed),
    warning: isAlarmed ? PUSHED_WHILE_LOCKED : conditions.warning,
    speedKmh: moment.speedKmh,
    averageSpeedKmh: ridingS > 0 ? (tripM / ridingS) * 3.6 : 0,
    odometerM: startOdometerM + moment.forwardDistanceM,
    startOdometerM,
    tripM,
    remainingRangeKm: remainingMah / basis.mahPerKm,
    uptimeS: atS - poweredOn.atS,
    ridingS,
    totalS: moment.onS,
    totalRidingS: moment.ridingS,
    idleS: atS - moment.idleSinceS,
    throttle: work.throttle,
    brake: work.brake,
    batteryPercent: (remainingMah / fullMah) * 100,
    remainingMah,
    currentA,
    voltageV: cellsV.reduce((sum, volts) => sum + volts),
    cellsV,
    batteryTemperaturesC: [airC + warming.batteryCore, airC + warming.batteryEdge],
    frameTemperatureC: airC + warming.frame,
    chargeCount: moment.chargeCount,
    cycles: moment.dischargedMah / fullMah,
    energy: moment,
    extremes: moment,
  };
}

function statusOf({ isSpeedLimited, isLocked }: Conditions, isAlarmed: boolean): number {
  return (
    (isSpeedLimited ? SCOOTER_STATUS.speedLimited : 0) |
    (isLocked ? SCOOTER_STATUS.locked : 0) |
    (isAlarmed ? SCOOTER_STATUS.alarm : 0)
  );
}
