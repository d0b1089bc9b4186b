import { MAH_PER_AS } from './battery.ts';
import { RIDING } from './conditions.ts';
import { nextArc, type Surroundings } from './integrator.ts';
import { momentIn, startingMoment } from './moment.ts';

/** Charge at which the consumption is measured: that of a battery half empty. */
const TYPICAL_CHARGE = 0.5;

/**
 * Charge in mAh that a kilometre takes on level ground, measured in one cycle of the rider's profile.
 * @throws RangeError if the profile uses no charge
 */
export function typicalMahPerKm(world: Surroundings, cycleS: number, mode: number): number {
  const level = { ...world, altitudeM: () => 0 };
  let moment = startingMoment(world.fullMah * TYPICAL_CHARGE, 0);
  let usedMah = 0;
  while (moment.atS < cycleS) {
    const arc = nextArc(moment, { ...RIDING, mode }, level);
    const untilS = Math.min(arc.endS, cycleS);
    usedMah += arc.currentA * (untilS - moment.atS) * MAH_PER_AS;
    moment = momentIn(arc, untilS);
  }
  const mahPerKm = (usedMah / moment.forwardDistanceM) * 1000;
  if (!(mahPerKm > 0)) throw new RangeError('the ride uses no charge, so it has no range');
  return mahPerKm;
}
