/** An effect that overlapping faults share. */
interface Effect {
  /** Number of faults that are active. */
  count: number;
  readonly end: () => void;
}

const effects = new WeakMap<object, Map<string, Effect>>();

/**
 * Acts on a target while at least one of several overlapping faults of a family is active: begins with the first, ends
 * with the last.
 * @returns ends this fault
 */
export function whileActive(target: object, family: string, begin: () => () => void): () => void {
  const families = effects.get(target) ?? new Map<string, Effect>();
  effects.set(target, families);
  const effect = families.get(family) ?? { count: 0, end: begin() };
  families.set(family, effect);
  effect.count += 1;
  let isEnded = false;
  return () => {
    if (isEnded) return;
    isEnded = true;
    effect.count -= 1;
    if (effect.count > 0) return;
    families.delete(family);
    effect.end();
  };
}
