import { MODES } from '../../../protocol/registers/codes.ts';
import type { VirtualScooter } from '../../../simulator/scooter.ts';

/** Describes a scooter and its state, such as "model Pro 2 (miauth), parked, charging, mode S, battery 42 %, odometer 0 km". */
export function describeState({
  ride,
  generation,
  state,
}: Pick<VirtualScooter, 'ride' | 'generation' | 'state'>): string {
  const { activity, isCharging, isLocked, error, warning, mode } = state.conditions;
  const name = Object.entries(ride.model.modes).find(
    ([key]) => MODES[key as keyof typeof MODES] === mode,
  )?.[1].name;
  return [
    `model ${ride.model.name} (${generation})`,
    activity,
    ...(isCharging ? ['charging'] : []),
    ...(isLocked ? ['locked'] : []),
    ...(error === 0 ? [] : [`error ${error}`]),
    ...(warning === 0 ? [] : [`warning ${warning}`]),
    `mode ${name ?? mode}`,
    `battery ${Math.floor(state.batteryPercent)} %`,
    `odometer ${Math.floor(state.odometerM / 1000)} km`,
  ].join(', ');
}
