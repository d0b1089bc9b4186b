import { chargingShare, offsetsOf } from './battery.ts';
import { findLastStarted } from './binary-search.ts';
import { type Conditions, RIDING } from './conditions.ts';
import { InputLog } from './input-log.ts';
import { isFlatAt, nextArc, type Surroundings } from './integrator.ts';
import type { ScooterModel } from '../models/model.ts';
import { MODELS } from '../models/models.ts';
import { fastestMode, modeLimits } from '../models/modes.ts';
import { type Arc, type Moment, momentIn, startingMoment } from './moment.ts';
import { type RideState, type StateBasis, stateIn } from './ride-state.ts';
import { TORRE_DE_HERCULES, type DirectedPoint, type Route } from './route.ts';
import { type Segment, SpeedProfile, TOWN_PROFILE, scaleProfile } from './speed-profile.ts';
import { typicalMahPerKm } from './range.ts';

/** Top speed of the scooter that the speed profiles assume, in km/h. */
const PROFILE_TOP_SPEED_KMH = 25;
const DEFAULT_RIDER_KG = 75;
/** Number of spans between two that are kept to return to. */
const CHECKPOINT_SPANS = 120;

/** An arc, and the time of the input that ends it, or else its own end. */
interface Span {
  readonly arc: Arc;
  untilS: number;
}

/** True position and ground speed of a receiver on the scooter. */
export interface Position extends DirectedPoint {
  /** Never negative: rolling backwards reverses the course. */
  readonly speedKmh: number;
}

export interface RideOptions {
  readonly route?: Route;
  readonly model?: ScooterModel;
  /** Odometer reading at the start of the ride, in metres. */
  readonly startOdometerM?: number;
  /** State of charge at the start, 0 to 100. */
  readonly startPercent?: number;
  readonly airTemperatureC?: number;
  readonly riderKg?: number;
  /** Speeds of a scooter with a top speed of 25 km/h; scaled for other models. */
  readonly profile?: readonly Segment[];
  /** Conditions at the start; by default those of a plain ride. */
  readonly start?: Partial<Conditions>;
}

/**
 * A ride that repeats a closed route until the battery is down to its reserve, then stands still; and whatever its inputs
 * make of it. A function of time and of the inputs so far: it does not depend on the times at which it is observed.
 */
export class Ride {
  readonly model: ScooterModel;
  readonly #route: Route;
  readonly #inputs: InputLog;
  readonly #surroundings: Surroundings;
  readonly #basis: StateBasis;
  /** Spans from which the ride can be continued, in the order of time. */
  readonly #checkpoints: Span[];
  #span: Span;
  #sinceCheckpoint = 0;

  /** @throws RangeError if the profile or the charge is invalid */
  constructor({
    route = TORRE_DE_HERCULES,
    model = MODELS.pro2,
    startOdometerM = 0,
    startPercent = 100,
    airTemperatureC = 18,
    riderKg = DEFAULT_RIDER_KG,
    profile = TOWN_PROFILE,
    start = {},
  }: RideOptions = {}) {
    if (!(startPercent >= 0 && startPercent <= 100)) {
      throw new RangeError(`startPercent must be 0 to 100, not ${startPercent}`);
    }
    const speeds = new SpeedProfile(scaleProfile(profile, model.topSpeedKmh / PROFILE_TOP_SPEED_KMH));
    const limitsKmh = modeLimits(model);
    const fullMah = model.fullCapacityMah;
    this.model = model;
    this.#route = route;
    this.#surroundings = {
      fullMah,
      massKg: model.massKg + riderKg,
      chargerA: model.currentA.charging,
      restingA: model.currentA.resting,
      wantedKmh: (atS) => speeds.speedKmhAt(atS),
      modeLimitKmh: (mode) => limitsKmh.get(mode) ?? model.topSpeedKmh,
      altitudeM: (alongM) => route.altitudeAt(alongM),
    };
    const mode = fastestMode(limitsKmh);
    this.#basis = {
      startOdometerM,
      airTemperatureC,
      fullMah,
      mahPerKm: typicalMahPerKm(this.#surroundings, speeds.cycleS, mode),
      chargingOffsetsV: offsetsOf(model.chargingCellsV),
    };
    const { ecoKmh: limitEcoKmh, normalKmh: limitNormalKmh } = model.speedLimits;
    this.#inputs = new InputLog({ ...RIDING, mode, limitEcoKmh, limitNormalKmh, ...start });
    const charge = startPercent / 100;
    const grouping = start.isCharging === true ? chargingShare(charge) : 0;
    this.#span = this.#spanFrom(startingMoment(fullMah * charge, grouping));
    this.#checkpoints = [this.#span];
  }

  /** Changes the conditions `elapsedMs` after the start. @throws RangeError if there was an input later than that */
  change(elapsedMs: number, change: Partial<Conditions>): void {
    this.#input(elapsedMs, (atS) => this.#inputs.change(atS, change));
  }

  /**
   * Changes the conditions until `release` is called; of several such changes the last one applies.
   * @throws RangeError as `change` does
   */
  override(elapsedMs: number, change: Partial<Conditions>): { release(elapsedMs: number): void } {
    const override = this.#input(elapsedMs, (atS) => this.#inputs.override(atS, change));
    return {
      release: (releasedMs) => this.#input(releasedMs, (atS) => override.release(atS)),
    };
  }

  /** Switches the scooter on, which resets trip, uptime and average speed. @throws RangeError as `change` does */
  powerOn(elapsedMs: number): void {
    this.#input(elapsedMs, (atS) => this.#inputs.change(atS, { isOn: true }, true));
  }

  /** Switches the scooter off. @throws RangeError as `change` does */
  powerOff(elapsedMs: number): void {
    this.change(elapsedMs, { isOn: false });
  }

  /** State of the ride `elapsedMs` after its start; negative times count as the start. */
  at(elapsedMs: number): RideState {
    const atS = toSeconds(elapsedMs);
    return stateIn(this.#spanAt(atS).arc, atS, this.#basis);
  }

  /** Position of the ride `elapsedMs` after its start. */
  positionAt(elapsedMs: number): Position {
    const atS = toSeconds(elapsedMs);
    const { displacementM, speedKmh } = momentIn(this.#spanAt(atS).arc, atS);
    const { latitude, longitude, altitudeM, courseDeg } = this.#route.at(displacementM);
    return {
      latitude,
      longitude,
      altitudeM,
      courseDeg: speedKmh < 0 ? (courseDeg + 180) % 360 : courseDeg,
      speedKmh: Math.abs(speedKmh),
    };
  }

  /** The span that contains a time. */
  #spanAt(atS: number): Span {
    if (this.#span.arc.from.atS > atS) {
      this.#span = findLastStarted(this.#checkpoints, ({ arc }) => arc.from.atS, atS);
      this.#sinceCheckpoint = 0;
    }
    while (this.#span.untilS <= atS) {
      this.#span = this.#spanFrom(momentIn(this.#span.arc, this.#span.untilS), this.#span.arc);
      if (++this.#sinceCheckpoint === CHECKPOINT_SPANS) this.#keep(this.#span);
    }
    return this.#span;
  }

  #keep(span: Span): void {
    this.#sinceCheckpoint = 0;
    const last = this.#checkpoints.at(-1);
    if (!last || last.arc.from.atS < span.arc.from.atS) this.#checkpoints.push(span);
  }

  /** Adds an input, which ends the span that contains it. */
  #input<Result>(elapsedMs: number, add: (atS: number) => Result): Result {
    const atS = toSeconds(elapsedMs);
    // The present must not depend on whether it was observed before the input was known.
    const interrupted = this.#spanAt(atS);
    const result = add(atS);
    interrupted.untilS = atS;
    while ((this.#checkpoints.at(-1)?.arc.from.atS ?? -1) >= atS) this.#checkpoints.pop();
    // It is another copy of the interrupted span if the past was observed meanwhile.
    const last = this.#checkpoints.at(-1);
    if (last) last.untilS = Math.min(last.untilS, atS);
    this.#span = this.#spanFrom(momentIn(interrupted.arc, atS), interrupted.arc);
    this.#keep(this.#span);
    return result;
  }

  #spanFrom(moment: Moment, before?: Arc): Span {
    const { conditions, isPowerOn, untilS } = this.#inputs.at(moment.atS);
    const isConnected = conditions.isCharging && !before?.conditions.isCharging;
    const { atS, forwardDistanceM, ridingS } = moment;
    const isFlat = isFlatAt(moment.isFlat, moment.remainingMah / this.#surroundings.fullMah);
    const isChanged = isConnected || isPowerOn || isFlat !== moment.isFlat;
    const from: Moment = isChanged
      ? {
          ...moment,
          isFlat,
          chargeCount: moment.chargeCount + (isConnected ? 1 : 0),
          ...(isPowerOn && { poweredOn: { atS, forwardDistanceM, ridingS } }),
        }
      : moment;
    const arc = nextArc(from, conditions, this.#surroundings);
    return { arc, untilS: Math.min(arc.endS, untilS) };
  }
}

/** Seconds after the start; negative times count as the start. */
function toSeconds(elapsedMs: number): number {
  return Math.max(0, elapsedMs) / 1000;
}
