import { Battery } from './battery.ts';
import { MODELS, type ScooterModel } from './models.ts';
import { Motion, TOWN_PROFILE, braked, scaled, type Moment, type Segment } from './motion.ts';
import { TORRE_DE_HERCULES, type PointUnderWay, type Route } from './route.ts';
import { WARMING, temperatureC } from './temperature.ts';

/** The top speed of the scooter that speed profiles are written for, in km/h. */
const PROFILE_TOP_SPEED_KMH = 25;

/** Where a receiver on the scooter truly is, and how it moves over ground. */
export interface Position extends PointUnderWay {
  /** Never negative: rolling backwards turns the course about. */
  readonly speedKmh: number;
}

/** All that the scooter knows of a ride at one moment: true values, unrounded, never wrapped. */
export interface RideState {
  /** Negative while rolling backwards. */
  readonly speedKmh: number;
  /** Trip over riding time; 0 before the first metre. */
  readonly averageSpeedKmh: number;
  readonly odometerM: number;
  /** Metres forwards since power-on. */
  readonly tripM: number;
  /** How far the remaining charge would last, down to nothing. */
  readonly remainingRangeKm: number;
  /** Seconds since power-on. */
  readonly uptimeS: number;
  /** Seconds of moving forwards since power-on. */
  readonly ridingS: number;
  /** Remaining charge of a full battery, 0 to 100. */
  readonly batteryPercent: number;
  readonly remainingMah: number;
  /** Negative while braking charges the battery. */
  readonly currentA: number;
  /** The sum of `cellsV`. */
  readonly voltageV: number;
  readonly cellsV: readonly number[];
  readonly batteryTemperaturesC: readonly [number, number];
  readonly frameTemperatureC: number;
}

export interface RideOptions {
  readonly route?: Route;
  readonly model?: ScooterModel;
  /** Metres ridden before this ride. */
  readonly startOdometerM?: number;
  /** Charge at the beginning, 0 to 100. */
  readonly startPercent?: number;
  readonly airTemperatureC?: number;
  /** Speeds for a scooter that reaches 25 km/h; for a slower or faster one they are scaled. */
  readonly profile?: readonly Segment[];
}

/**
 * A ride round and round a route until the battery is down to its reserve, and standing still from then on.
 * A function of time alone: nothing is stepped, and any moment costs the same, days later too.
 */
export class Ride {
  readonly model: ScooterModel;
  /** When the rider brakes for good, in milliseconds after the beginning. */
  readonly endsAtMs: number;
  readonly #route: Route;
  readonly #startOdometerM: number;
  readonly #airC: number;
  readonly #motion: Motion;
  readonly #battery: Battery;

  /** @throws RangeError if the profile or the charge makes no ride */
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
    this.#airC = airTemperatureC;
    this.#motion = new Motion(scaled(profile, model.topSpeedKmh / PROFILE_TOP_SPEED_KMH));
    this.#battery = new Battery(model, this.#motion, startPercent);
    this.endsAtMs = this.#battery.lastsS * 1000;
  }

  /**
   * The ride `elapsedMs` after its beginning; before that, as at the beginning.
   * @param poweredOnAtMs when in the ride the scooter was last switched on: trip, uptime and average count from there
   */
  at(elapsedMs: number, poweredOnAtMs = 0): RideState {
    const elapsedS = Math.max(0, elapsedMs) / 1000;
    const onAtS = Math.min(Math.max(0, poweredOnAtMs) / 1000, elapsedS);
    const now = this.#momentAt(elapsedS);
    const poweredOn = this.#momentAt(onAtS);
    const tripM = now.forwardM - poweredOn.forwardM;
    const ridingS = now.ridingS - poweredOn.ridingS;
    const battery = this.#battery.at(elapsedS);
    const underWayS = Math.min(elapsedS, this.#battery.lastsS);
    const temperature = (part: keyof typeof WARMING) =>
      temperatureC(WARMING[part], this.#airC, underWayS, elapsedS - underWayS);
    return {
      speedKmh: now.speedKmh,
      averageSpeedKmh: ridingS > 0 ? (tripM / ridingS) * 3.6 : 0,
      odometerM: this.#startOdometerM + now.forwardM,
      tripM,
      remainingRangeKm: battery.remainingMah / this.#battery.mahPerKm,
      uptimeS: elapsedS - onAtS,
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

  /** Where the ride is `elapsedMs` after its beginning. */
  positionAt(elapsedMs: number): Position {
    const { alongM, speedKmh } = this.#momentAt(Math.max(0, elapsedMs) / 1000);
    const { latitude, longitude, altitudeM, courseDeg } = this.#route.at(alongM);
    return {
      latitude,
      longitude,
      altitudeM,
      courseDeg: speedKmh < 0 ? (courseDeg + 180) % 360 : courseDeg,
      speedKmh: Math.abs(speedKmh),
    };
  }

  #momentAt(elapsedS: number): Moment {
    const { lastsS } = this.#battery;
    return elapsedS <= lastsS
      ? this.#motion.at(elapsedS)
      : braked(this.#motion.at(lastsS), elapsedS - lastsS);
  }
}
