import { MODES } from '../../protocol/registers/codes.ts';
import type { ScooterModel } from './model.ts';

/** The modes of a model by name. */
export interface Modes {
  readonly modes: { readonly [Mode in keyof typeof MODES]?: unknown };
}

interface RideMode {
  readonly name: string;
}

/** Codes of the modes that a model has. */
export function modeCodes({ modes }: Modes): readonly number[] {
  return Object.entries(MODES).flatMap(([name, code]) => (Object.hasOwn(modes, name) ? [code] : []));
}

/** Names the modes of a model, such as `0 (normal) or 1 (eco), the modes of the M365`. */
export function describeModes(model: ScooterModel): string {
  const modes = Object.entries<RideMode | undefined>(model.modes).flatMap(([key, mode]) =>
    mode ? [`${MODES[key as keyof typeof MODES]} (${mode.name})`] : [],
  );
  return `${modes.sort().join(' or ')}, the modes of the ${model.name}`;
}

/** Maximum speed in km/h by mode. */
export function modeLimits({ modes }: ScooterModel): ReadonlyMap<number, number> {
  const names = Object.keys(MODES) as (keyof typeof MODES)[];
  return new Map(
    names.flatMap((name): [number, number][] => {
      const mode = modes[name];
      return mode ? [[MODES[name], mode.limitKmh]] : [];
    }),
  );
}

/** The mode in which a rider rides as fast as the model does. */
export function fastestMode(limitsKmh: ReadonlyMap<number, number>): number {
  const topKmh = Math.max(...limitsKmh.values());
  return [...limitsKmh].find(([, limitKmh]) => limitKmh === topKmh)?.[0] ?? MODES.normal;
}
