/** What is imposed on a property just now, oldest first, over the value that it has otherwise. */
interface Layers {
  readonly base: unknown;
  readonly values: Set<{ readonly value: unknown }>;
}

const imposed = new WeakMap<object, Map<PropertyKey, Layers>>();

/**
 * Sets a property for a while: of several the newest counts, and after the last one it is as before.
 * @returns the end of this one.
 */
export function impose<T extends object, Name extends keyof T>(
  target: T,
  name: Name,
  value: T[Name],
): () => void {
  const properties = imposed.get(target) ?? new Map<PropertyKey, Layers>();
  imposed.set(target, properties);
  const layers = properties.get(name) ?? { base: target[name], values: new Set() };
  properties.set(name, layers);
  const layer = { value };
  layers.values.add(layer);
  target[name] = value;
  return () => {
    layers.values.delete(layer);
    const newest = [...layers.values].at(-1);
    target[name] = (newest ? newest.value : layers.base) as T[Name];
    if (layers.values.size === 0) properties.delete(name);
  };
}
