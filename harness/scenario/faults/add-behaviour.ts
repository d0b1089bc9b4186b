/** Adds a behaviour. @returns removes it again */
export function addBehaviour<T>(behaviours: Set<T>, behaviour: T): () => void {
  behaviours.add(behaviour);
  return () => behaviours.delete(behaviour);
}
