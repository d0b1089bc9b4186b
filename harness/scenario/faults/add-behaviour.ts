/** Adds a behaviour until the fault ends. */
export function addBehaviour<T>(behaviours: Set<T>, behaviour: T): () => void {
  behaviours.add(behaviour);
  return () => behaviours.delete(behaviour);
}
