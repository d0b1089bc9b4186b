/** Active overrides of a property, oldest first, and its original value. */
interface PropertyOverrides {
  readonly base: unknown;
  readonly values: Set<{ readonly value: unknown }>;
}

const overrides = new WeakMap<object, Map<PropertyKey, PropertyOverrides>>();

/**
 * Overrides a property. Of several overrides the newest one applies; after the last one the original value is restored.
 * @returns ends this override
 */
export function overrideProperty<T extends object, Name extends keyof T>(
  target: T,
  name: Name,
  value: T[Name],
): () => void {
  const properties = overrides.get(target) ?? new Map<PropertyKey, PropertyOverrides>();
  overrides.set(target, properties);
  const active = properties.get(name) ?? { base: target[name], values: new Set() };
  properties.set(name, active);
  const entry = { value };
  active.values.add(entry);
  target[name] = value;
  return () => {
    active.values.delete(entry);
    const newest = [...active.values].at(-1);
    target[name] = (newest ? newest.value : active.base) as T[Name];
    if (active.values.size === 0) properties.delete(name);
  };
}
