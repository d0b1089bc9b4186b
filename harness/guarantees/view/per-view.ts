import type { RunFacts } from '../guarantee.ts';
import type { TraceView } from '../trace-view.ts';

/** Computes something of a trace once, although several guarantees need it. The facts of a run belong to its trace. */
export function perView<T>(
  compute: (view: TraceView, facts: RunFacts) => T,
): (view: TraceView, facts: RunFacts) => T {
  const results = new WeakMap<TraceView, { readonly value: T }>();
  return (view, facts) => {
    const result = results.get(view) ?? { value: compute(view, facts) };
    results.set(view, result);
    return result.value;
  };
}
