/** What is imposed on a property just now, oldest first, over the value that it has otherwise. */
interface PropertyOverrides {
  readonly base: unknown;
  readonly values: Set<{ readonly value: unknown }>;
}

const overrides = new WeakMap<object, Map<PropertyKey, PropertyOverrides>>();

/**
 * Sets a property for a while: of several the newest counts, and after the last one it is as before.
 * @returns the end of this one.
 */
export function overrideProperty<T extends object, Name extends keyof T>(
  target: T,
  name: Name,
  value: T[Name],
): () => void {
  const properties = overrides.get(target) ?? new Map<PropertyKey, PropertyOverrides>();
  overrides.set(target, properties);
  const layers = properties.get(name) ?? { base: target[name], values: new Set() };
  properties.set(name, layers);
  const entry = { value };
  layers.values.add(entry);
  target[name] = value;
  return () => {
    layers.values.delete(entry);
    const newest = [...layers.values].at(-1);
    target[name] = (newest ? newest.value : layers.base) as T[Name];
    if (layers.values.size === 0) properties.delete(name);
  };
}
