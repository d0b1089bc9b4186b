import { Battery } from './battery.ts';
import type { ScooterModel } from '../models/model.ts';
import { MODELS } from '../models/models.ts';
import { Motion, TOWN_PROFILE, brakeToStop, scaleProfile, type MotionState, type Segment } from './motion.ts';
import { TORRE_DE_HERCULES, type DirectedPoint, type Route } from './route.ts';
import { THERMAL_RESPONSES, temperatureC } from './temperature.ts';

/** Top speed of the scooter that the speed profiles assume, in km/h. */
const PROFILE_TOP_SPEED_KMH = 25;

/** True position and ground speed of a receiver on the scooter. */
export interface Position extends DirectedPoint {
  /** Never negative: rolling backwards reverses the course. */
  readonly speedKmh: number;
}

/** State of a ride at one moment: true values, unrounded and without counter overflow. */
export interface RideState {
  /** Negative while rolling backwards. */
  readonly speedKmh: number;
  /** Trip divided by riding time; 0 before the first metre. */
  readonly averageSpeedKmh: number;
  readonly odometerM: number;
  /** Distance travelled forwards since power-on, in metres. */
  readonly tripM: number;
  /** Range of the whole remaining charge, reserve included. */
  readonly remainingRangeKm: number;
  /** Seconds since power-on. */
  readonly uptimeS: number;
  /** Time spent moving forwards since power-on, in seconds. */
  readonly ridingS: number;
  /** State of charge, 0 to 100. */
  readonly batteryPercent: number;
  readonly remainingMah: number;
  /** Negative while regenerative braking charges the battery. */
  readonly currentA: number;
  /** Sum of `cellsV`. */
  readonly voltageV: number;
  readonly cellsV: readonly number[];
  readonly batteryTemperaturesC: readonly [number, number];
  readonly frameTemperatureC: number;
}

export interface RideOptions {
  readonly route?: Route;
  readonly model?: ScooterModel;
  /** Odometer reading at the start of the ride, in metres. */
  readonly startOdometerM?: number;
  /** State of charge at the start, 0 to 100. */
  readonly startPercent?: number;
  readonly airTemperatureC?: number;
  /** Speeds of a scooter with a top speed of 25 km/h; scaled for other models. */
  readonly profile?: readonly Segment[];
}

/**
 * A ride that repeats a closed route until the battery is down to its reserve, then stands still.
 * A pure function of time: any moment is computed directly, at the same cost even days later.
 */
export class Ride {
  readonly model: ScooterModel;
  /** Time at which the rider starts the final braking, in milliseconds after the start. */
  readonly endsAtMs: number;
  readonly #route: Route;
  readonly #startOdometerM: number;
  readonly #airTemperatureC: number;
  readonly #motion: Motion;
  readonly #battery: Battery;

  /** @throws RangeError if the profile or the charge is invalid */
  constructor({
    route = TORRE_DE_HERCULES,
    model = MODELS.pro2,
    startOdometerM = 0,
    startPercent = 100,
    airTemperatureC = 18,
    profile = TOWN_PROFILE,
  }: RideOptions = {}) {
    this.model = model;
    this.#route = route;
    this.#startOdometerM = startOdometerM;
    this.#airTemperatureC = airTemperatureC;
    this.#motion = new Motion(scaleProfile(profile, model.topSpeedKmh / PROFILE_TOP_SPEED_KMH));
    this.#battery = new Battery(model, this.#motion, startPercent);
    this.endsAtMs = this.#battery.durationS * 1000;
  }

  /**
   * State of the ride `elapsedMs` after its start; negative times count as the start.
   * @param poweredOnAtMs time in the ride at which the scooter was last switched on: trip, uptime and average speed
   *   count from there
   */
  at(elapsedMs: number, poweredOnAtMs = 0): RideState {
    const elapsedS = Math.max(0, elapsedMs) / 1000;
    const poweredOnS = Math.min(Math.max(0, poweredOnAtMs) / 1000, elapsedS);
    const current = this.#motionAt(elapsedS);
    const poweredOn = this.#motionAt(poweredOnS);
    const tripM = current.forwardDistanceM - poweredOn.forwardDistanceM;
    const ridingS = current.ridingS - poweredOn.ridingS;
    const battery = this.#battery.at(elapsedS);
    const ridingTimeS = Math.min(elapsedS, this.#battery.durationS);
    const temperature = (part: keyof typeof THERMAL_RESPONSES) =>
      temperatureC(THERMAL_RESPONSES[part], this.#airTemperatureC, ridingTimeS, elapsedS - ridingTimeS);
    return {
      speedKmh: current.speedKmh,
      averageSpeedKmh: ridingS > 0 ? (tripM / ridingS) * 3.6 : 0,
      odometerM: this.#startOdometerM + current.forwardDistanceM,
      tripM,
      remainingRangeKm: battery.remainingMah / this.#battery.mahPerKm,
      uptimeS: elapsedS - poweredOnS,
      ridingS,
      batteryPercent: battery.percent,
      remainingMah: battery.remainingMah,
      currentA: battery.currentA,
      voltageV: battery.voltageV,
      cellsV: battery.cellsV,
      batteryTemperaturesC: [temperature('batteryCore'), temperature('batteryEdge')],
      frameTemperatureC: temperature('frame'),
    };
  }

  /** Position of the ride `elapsedMs` after its start. */
  positionAt(elapsedMs: number): Position {
    const { displacementM, speedKmh } = this.#motionAt(Math.max(0, elapsedMs) / 1000);
    const { latitude, longitude, altitudeM, courseDeg } = this.#route.at(displacementM);
    return {
      latitude,
      longitude,
      altitudeM,
      courseDeg: speedKmh < 0 ? (courseDeg + 180) % 360 : courseDeg,
      speedKmh: Math.abs(speedKmh),
    };
  }

  #motionAt(elapsedS: number): MotionState {
    const { durationS } = this.#battery;
    return elapsedS <= durationS
      ? this.#motion.at(elapsedS)
      : brakeToStop(this.#motion.at(durationS), elapsedS - durationS);
  }
}
