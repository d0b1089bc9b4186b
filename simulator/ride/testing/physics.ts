import { restingPackV } from '../battery.ts';
import type { Ride } from '../ride.ts';
import type { RideState } from '../ride-state.ts';

const GRAVITY_MPS2 = 9.80665;
const DAY_S = 86_400;

/** Physical range of every number of a state. */
const RANGES: { readonly [Key in keyof RideState]?: readonly [min: number, max: number] } = {
  speedKmh: [-0.5, 25],
  averageSpeedKmh: [0, 25],
  odometerM: [0, 600_000],
  tripM: [0, 600_000],
  remainingRangeKm: [0, 80],
  uptimeS: [0, DAY_S],
  ridingS: [0, DAY_S],
  idleS: [0, DAY_S],
  throttle: [0, 1],
  brake: [0, 1],
  batteryPercent: [0, 100 + 1e-6],
  remainingMah: [0, 13_000],
  // The strongest recovery returns 293 W. The motor controller draws 30 A for the motor; controller and lights add to that.
  currentA: [-9, 30.2],
  voltageV: [25, 42.1],
  frameTemperatureC: [17.9, 30],
};
const CELL_RANGE_V = [2.5, 4.21] as const;
const BATTERY_RANGE_C = [17.9, 30] as const;

/** Values of a state outside their physical range, with their names. */
export function outOfRange(state: RideState): string[] {
  const isOut = (value: number, [min, max]: readonly [number, number]): boolean =>
    !(value >= min && value <= max);
  const numbers = (Object.entries(RANGES) as [keyof RideState, readonly [number, number]][])
    .filter(([key, range]) => isOut(Number(state[key]), range))
    .map(([key]) => `${key} ${Number(state[key])}`);
  const cells = state.cellsV.filter((volts) => isOut(volts, CELL_RANGE_V)).map((volts) => `cell ${volts}`);
  const warm = state.batteryTemperaturesC
    .filter((celsius) => isOut(celsius, BATTERY_RANGE_C))
    .map((c) => `battery ${c}`);
  return [...numbers, ...cells, ...warm];
}

/** Energy in J that the cells hold between two states of charge: the integral of their voltage. */
function storedJ(fullMah: number, fromMah: number, toMah: number): number {
  const steps = 20_000;
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    sum += restingPackV((fromMah + ((i + 0.5) * (toMah - fromMah)) / steps) / fullMah);
  }
  return (sum / steps) * (toMah - fromMah) * 3.6;
}

/** Energy that cells, motor, electronics, losses and charger leave unexplained at the end of a ride, in J. */
export function unexplainedJ(ride: Ride, endMs: number): { missingJ: number; throughputJ: number } {
  const [start, end] = [ride.at(0), ride.at(endMs)];
  const drawnJ = storedJ(ride.model.fullCapacityMah, end.remainingMah, start.remainingMah);
  const { cellsJ, resistanceJ, electronicsJ, motorJ, chargerJ } = end.energy;
  const flowsJ = Math.abs(drawnJ - (resistanceJ + electronicsJ + motorJ - chargerJ));
  return {
    missingJ: Math.max(flowsJ, Math.abs(cellsJ - drawnJ)),
    throughputJ: Math.abs(motorJ) + electronicsJ + resistanceJ + chargerJ,
  };
}

/** Work in J that mass, slope, tyres and air require, from the motion alone and with values of textbooks. */
export function requiredJ(ride: Ride, massKg: number, endMs: number, everyMs: number): number {
  let sumJ = 0;
  let previous = { altitudeM: ride.positionAt(0).altitudeM, mps: 0 };
  for (let ms = everyMs; ms <= endMs; ms += everyMs) {
    const { altitudeM, speedKmh } = ride.positionAt(ms);
    const mps = speedKmh / 3.6;
    const meanMps = (mps + previous.mps) / 2;
    sumJ += (massKg * (mps ** 2 - previous.mps ** 2)) / 2;
    sumJ += massKg * GRAVITY_MPS2 * (altitudeM - previous.altitudeM);
    sumJ += (0.013 * massKg * GRAVITY_MPS2 + 0.36 * meanMps ** 2) * meanMps * (everyMs / 1000);
    previous = { altitudeM, mps };
  }
  return sumJ;
}
