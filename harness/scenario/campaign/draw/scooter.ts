import { GENERATIONS } from '../../../../protocol/advertisement.ts';
import { canHaveQuirk, QUIRKS, type QuirkName } from '../../../../simulator/firmware/named-quirks.ts';
import { findModel, MODEL_DATA, type ModelId } from '../../../../simulator/models/models.ts';
import { modeCodes } from '../../../../simulator/models/modes.ts';
import type { ScooterOptions } from '../../format/scenario.ts';
import { Draw, rounded } from './draw.ts';

/** Quirks after which a scooter cannot be paired again. */
const UNPAIRABLE: readonly QuirkName[] = ['pairs-once', 'out-of-band'];
/** Quirks that campaigns do not draw: each further one changes the scooters of all seeds. */
const NOT_DRAWN: readonly QuirkName[] = ['single-packets', 'unused-key'];
const DEFAULT_RETURN_DELAY_MS = 1_000;
const DEFAULT_ODOMETER_M = 1_306_083;

/** Draws the scooter, what it does, and where; by itself it is paired if it can be. */
export function drawScooter(seed: number): ScooterOptions {
  return {
    ...drawModel(new Draw(seed, 'model')),
    ...drawRide(new Draw(seed, 'ride')),
    ...drawPlace(new Draw(seed, 'place')),
  };
}

function drawModel(
  draw: Draw,
): Pick<
  ScooterOptions,
  'model' | 'generation' | 'advertisement' | 'paired' | 'quirks' | 'advertisingDelayMs'
> {
  const advertisingDelayMs = draw.chance(0.5) ? DEFAULT_RETURN_DELAY_MS : draw.whole(0, 8_000);
  if (draw.chance(0.25)) return { model: 'pro2', paired: true, advertisingDelayMs };
  const id = draw.pick(Object.keys(MODEL_DATA) as ModelId[]);
  const generations = GENERATIONS.filter((generation) => MODEL_DATA[id].generations[generation]);
  const generation = draw.pick(generations);
  const advertisement = draw.pick(findModel(id, { generation }).advertisements);
  const model = findModel(id, { generation, advertisement });
  const names = (Object.keys(QUIRKS) as QuirkName[]).filter(
    (name) => canHaveQuirk(model, name) && !UNPAIRABLE.includes(name) && !NOT_DRAWN.includes(name),
  );
  return {
    model: id,
    ...(generation !== MODEL_DATA[id].defaultGeneration && { generation }),
    ...(advertisement !== findModel(id, { generation }).advertisement && { advertisement }),
    paired: generation === 'miauth',
    quirks: draw.chance(0.5) ? [] : draw.some(names, 0.2),
    advertisingDelayMs,
  };
}

function drawRide(draw: Draw): Omit<ScooterOptions, 'model' | 'paired' | 'quirks' | 'advertisingDelayMs'> {
  const on = true;
  if (draw.chance(0.25)) return { on, odometerM: DEFAULT_ODOMETER_M, percent: 100 };
  return {
    on,
    odometerM: draw.chance(0.1) ? draw.whole(0, 2_000) : draw.whole(0, 20_000_000),
    percent: draw.pick([100, draw.whole(0, 100), draw.whole(8, 14)]),
    state: draw.pick(['riding', 'riding', 'riding', 'parked', 'pushed', 'charging']),
    ...(draw.chance(0.1) && { locked: true }),
    ...(draw.chance(0.1) && { error: draw.whole(10, 42) }),
    ...(draw.chance(0.1) && { warning: draw.whole(1, 20) }),
    ...(draw.chance(0.3) && { energyRecovery: draw.pick(['weak', 'medium', 'strong']) }),
    ...(draw.chance(0.2) && { cruise: true }),
    ...(draw.chance(0.3) && { tailLight: draw.pick(['off', 'on-brake', 'always-on']) }),
    ...(draw.chance(0.2) && { speedLimitKmh: draw.whole(5, 30) }),
    ...(draw.chance(0.3) && { riderKg: draw.whole(30, 130) }),
  };
}

function drawPlace(draw: Draw): Pick<ScooterOptions, 'route' | 'latitude' | 'longitude'> {
  if (draw.chance(0.3)) return {};
  const route = 'generated';
  if (draw.chance(0.2)) return { route };
  return { route, latitude: rounded(draw.uniform(-75, 75)), longitude: rounded(draw.uniform(-178, 178)) };
}

/** A mode that a model has, or undefined for its fastest. */
export function drawMode(draw: Draw, scooter: ScooterOptions): number | undefined {
  return draw.chance(0.7) ? undefined : draw.pick(modeCodes(findModel(scooter.model, scooter)));
}
