import { findModel, hasLogin } from '../../../../simulator/models/models.ts';
import { FAULTS, type FaultName } from '../../faults/table.ts';
import { MOMENT_NAMES, type MomentName } from '../../format/moments.ts';
import type { ScooterOptions, Step } from '../../format/scenario.ts';
import type { Draw } from './draw.ts';
import type { OwnerStory } from './owner.ts';
import { drawValues } from './values.ts';

const MINUTE_MS = 60_000;
const MIN_FAULT_MS = 200;
const MAX_FAULT_MS = 4 * MINUTE_MS;
/** Average time between the starts of two faults: different in each seed. */
const MEAN_INTERVAL_MS = [12_000, 90_000] as const;
/** Part of the faults that a seed has: different in each seed. */
const SHARE = [0.08, 0.8] as const;

/** Part of the faults that begin at a moment: different in each seed. */
const AIMED = [0, 0, 0.15, 0.6] as const;
/** The highest number of each moment that is drawn: what happens until it is over. */
const LATEST: Readonly<Record<MomentName, number>> = {
  start: 25,
  connect: 60,
  login: 28,
  poll: 12,
  drain: 20,
  stop: 12,
};

/** Families of faults that meet a moment: others would only come at another time. */
const FITTING: Readonly<Record<MomentName, readonly string[]>> = {
  start: ['adapter', 'disk', 'broker', 'client'],
  connect: ['radio', 'link', 'scooter', 'adapter', 'client'],
  login: ['radio', 'link', 'scooter', 'adapter', 'client'],
  poll: ['radio', 'link', 'scooter', 'adapter', 'client', 'disk'],
  drain: ['broker', 'disk', 'client'],
  stop: ['radio', 'link', 'adapter', 'broker', 'disk', 'client'],
};

/** Faults that only the owner can repair, and the repair; and what the owner does now and then: drawn by themselves. */
const BY_OWNER: readonly FaultName[] = [
  'scooter.rebind',
  'scooter.reset',
  'client.register',
  'client.pause',
  'client.configure',
];

/**
 * Faults that may stop a client for good that has no token: after three discoveries that are incomplete, or of another
 * device, it takes the scooter for one that it cannot read. Without a token, it may read the other device as well.
 */
const FINAL_WITHOUT_LOGIN: readonly FaultName[] = ['link.incomplete', 'scooter.impostor'];

/** Peers that send what no specification allows: drawn by `npm run fuzz`. */
const HOSTILE: readonly FaultName[] = ['adapter.garbage', 'radio.garbage', 'broker.garbage'];

/** Faults that a campaign draws from. */
const FAULT_POOL = (Object.keys(FAULTS) as FaultName[]).filter(
  (name) => !BY_OWNER.includes(name) && !HOSTILE.includes(name),
);

/** The time in which faults begin and end. */
type Phase = Pick<OwnerStory, 'fromMs' | 'untilMs'>;

/** Draws which faults a seed has, and how often: faults that hide each other do not meet in every seed. */
export function drawSteps(draw: Draw, scooter: ScooterOptions, { fromMs, untilMs }: Phase): Step[] {
  const share = draw.uniform(...SHARE);
  const drawn = draw.some(FAULT_POOL, share);
  const pool = drawn.length > 0 ? drawn : [draw.pick(FAULT_POOL)];
  const aimed = draw.pick(AIMED);
  const meanMs = draw.logUniform(...MEAN_INTERVAL_MS);
  const steps: Step[] = [];
  for (let atMs = fromMs + draw.intervalMs(meanMs); atMs < untilMs; atMs += draw.intervalMs(meanMs)) {
    const moment = draw.chance(aimed) ? draw.pick(MOMENT_NAMES) : undefined;
    const fault = draw.pick(moment ? fitting(pool, moment) : pool);
    const { lasts, parameters, check } = FAULTS[fault];
    const forMs = Math.min(draw.logUniform(MIN_FAULT_MS, MAX_FAULT_MS), untilMs - atMs);
    const values = drawValues(draw, parameters);
    const model = findModel(scooter.model, scooter);
    if (check?.(values, model) || (FINAL_WITHOUT_LOGIN.includes(fault) && !hasLogin(model))) continue;
    const step = { atMs, fault, forMs: lasts ? forMs : undefined, values };
    steps.push(moment ? aim(draw, step, moment, { fromMs, untilMs }) : step);
  }
  return steps;
}

/** The faults that meet a moment, if there are any. */
function fitting(pool: readonly FaultName[], on: MomentName): readonly FaultName[] {
  const found = pool.filter((name) => FITTING[on].some((family) => name.startsWith(`${family}.`)));
  return found.length > 0 ? found : pool;
}

/** Makes a fault begin at a moment; it is over by the same time as others. */
function aim(
  draw: Draw,
  { atMs: latestMs, ...step }: Step,
  on: MomentName,
  { fromMs, untilMs }: Phase,
): Step {
  // From then on it waits: the first connection and login are among the moments that it may meet.
  const atMs = Math.round(draw.uniform(fromMs, latestMs));
  const nth = draw.whole(1, LATEST[on]);
  const leftMs = untilMs - latestMs;
  const forMs =
    step.forMs === undefined ? undefined : Math.max(1, Math.min(step.forMs, Math.floor(leftMs / 2)));
  const waitMs = untilMs - atMs - (forMs ?? 0);
  return waitMs < 1 ? { ...step, atMs } : { ...step, atMs, forMs, trigger: { on, nth, waitMs } };
}
