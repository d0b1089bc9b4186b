import { type Command, InvalidArgumentError, Option } from 'commander';
import { systemRandom } from '../../../client/random.ts';
import { readAdvice, readRegularFile } from '../../../client/read-regular-file.ts';
import { generatedRoute } from '../../../simulator/ride/generated-route.ts';
import { GpxError } from '../../../simulator/ride/gpx-points.ts';
import { routeFromGpx } from '../../../simulator/ride/gpx.ts';
import type { RideOptions } from '../../../simulator/ride/ride.ts';
import { MAX_SLOPE } from '../../../simulator/ride/road-heights.ts';
import type { Route } from '../../../simulator/ride/route.ts';
import { startingConditions } from '../../../simulator/ride/starting-conditions.ts';

/** Options of `npm run sim` that concern the ride, as commander parses them. */
export interface ParsedRideOptions {
  readonly charging?: true;
  readonly parked?: true;
  readonly pushed?: true;
  readonly locked?: true;
  readonly error?: number;
  readonly warning?: number;
  readonly mode?: number;
  readonly percent?: number;
  readonly odometer?: number;
  readonly riderKg?: number;
  readonly route?: ChosenRoute;
  /** In seconds. */
  readonly hold?: number;
  /** In minutes. */
  readonly autoOff?: number;
}

/** A route, and what of its file was changed, if anything. */
interface ChosenRoute {
  readonly route: Route;
  readonly notice?: string;
}

/** Name of a route that is drawn at random, instead of a file. */
const GENERATED = 'generated';
/** Moment of the ride that `--hold` freezes by default: at 24.5 km/h, in seconds. */
const DEFAULT_HOLD_S = 50;
const MAX_CODE = 255;
const MAX_MODE = 2;
const MAX_ODOMETER_KM = 4_000_000;
const MAX_RIDER_KG = 150;
const DAY_S = 86_400;
const DAY_MIN = 1440;
const STATES = ['charging', 'parked', 'pushed'] as const;

/** Adds the options that concern the ride. */
export function addRideOptions(program: Command): Command {
  const exclusive = (flag: (typeof STATES)[number], about: string): Option =>
    new Option(`--${flag}`, about).conflicts(STATES.filter((state) => state !== flag));
  return program
    .addOption(exclusive('charging', 'the scooter is at the charger'))
    .addOption(exclusive('parked', 'the scooter stands'))
    .addOption(exclusive('pushed', 'the scooter is pushed at walking pace'))
    .option('--locked', 'the scooter is locked; with --pushed it sounds its alarm')
    .option('--error <code>', 'error that the scooter reports, such as 15', wholeNumber(0, MAX_CODE))
    .option('--warning <code>', 'warning that the scooter reports, such as 12', wholeNumber(0, MAX_CODE))
    .option(
      '--mode <code>',
      '0 normal, 1 eco, 2 sport (default: the fastest of the model)',
      wholeNumber(0, MAX_MODE),
    )
    .option('--percent <charge>', 'charge of the battery (default: 100)', numberIn(0, 100))
    .option('--odometer <km>', 'reading of the odometer (default: 0)', numberIn(0, MAX_ODOMETER_KM))
    .option('--rider-kg <mass>', 'mass of the rider (default: 75)', numberIn(1, MAX_RIDER_KG))
    .option('--route <file>', `GPX file of the route, or "${GENERATED}" for a random one`, routeArgument)
    .addOption(
      new Option('--hold [seconds]', 'freeze the ride at this time, to compare what different programs read')
        .preset(String(DEFAULT_HOLD_S))
        .conflicts('autoOff')
        .argParser(numberIn(0, DAY_S)),
    )
    .option(
      '--auto-off <minutes>',
      'switch off after standing that long without the charger, connected or not; Enter switches it on again',
      numberIn(0.1, DAY_MIN),
    );
}

/** The ride of a parsed command line. */
export function rideOptions(parsed: ParsedRideOptions): Omit<RideOptions, 'model'> {
  const { percent, odometer, riderKg, route } = parsed;
  return {
    start: startingConditions({ ...parsed, state: STATES.find((state) => parsed[state]) }),
    ...(percent !== undefined && { startPercent: percent }),
    ...(odometer !== undefined && { startOdometerM: odometer * 1000 }),
    ...(riderKg !== undefined && { riderKg }),
    ...(route && { route: route.route }),
  };
}

function numberIn(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a number from ${min} to ${max}.`);
  };
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = numberIn(min, max)(text);
    if (Number.isInteger(value)) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

function routeArgument(path: string): ChosenRoute {
  if (path === GENERATED) return { route: generatedRoute(systemRandom.unit) };
  try {
    const { route, steepestSlope } = routeFromGpx(readRegularFile(path));
    return steepestSlope > MAX_SLOPE ? { route, notice: slopeNotice(steepestSlope) } : { route };
  } catch (error) {
    if (error instanceof GpxError) throw new InvalidArgumentError(`${error.message}.`);
    throw new InvalidArgumentError(`Cannot read it: ${readAdvice(error, 'there is no such file')}.`);
  }
}

function slopeNotice(steepestSlope: number): string {
  const percent = (slope: number): string => `${Math.ceil(slope * 100)} %`;
  return `smoothed slopes of up to ${percent(steepestSlope)} are limited to ${percent(MAX_SLOPE)}`;
}
