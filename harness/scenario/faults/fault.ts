import type { ValueKind } from '../../../client/config/values.ts';
import type { ScooterModel } from '../../../simulator/models/model.ts';
import type { Random } from '../../../client/random.ts';
import type { Simulation } from '../../world/simulation.ts';

/** A parameter of a fault: a key of its `[[step]]` besides `at`, `fault`, `for` and `every`. */
export interface Parameter<Value = unknown> {
  readonly kind: ValueKind<Value>;
  /** In the unit of the scenario file; undefined if the parameter is required. */
  readonly default?: string | number;
  /** Range from which campaigns draw a number, in the unit of the scenario file; otherwise they use the default. */
  readonly typical?: readonly [min: number, max: number];
  readonly about: string;
}

/** Parsed values of a fault's parameters, by name. */
export type Values = Readonly<Record<string, unknown>>;

/** A fault that a scenario can inject. */
export interface Fault {
  readonly about: string;
  /** Where it was seen or is specified, if it imitates something in particular. */
  readonly source?: string;
  /** Whether it has a duration (`for`), or is instantaneous. */
  readonly lasts: boolean;
  /** False for a fault of scenarios alone: another one to draw from changes the schedules of all seeds of campaigns. */
  readonly isDrawn: boolean;
  readonly parameters: Readonly<Record<string, Parameter>>;
  /**
   * Starts the fault, which lasts for `forMs`; 0 if it is instantaneous.
   * @returns ends it; for an instantaneous fault, undoes its remaining effects at the end of the run
   */
  readonly begin: Begin<Values>;
  /** Finds a value that a model of scooter cannot have. */
  readonly check?: Check<Values>;
}

/** Key of a step with a value that the model cannot have, or `fault`, and what is expected in its place. */
interface Misfit {
  readonly key: string;
  readonly expected: string;
}

type Check<V> = (values: V, model: ScooterModel) => Misfit | undefined;

type Parameters = Readonly<Record<string, Parameter>>;

/** Returns undefined if there is nothing to undo. */
type Begin<V> = (
  simulation: Simulation,
  values: V,
  random: Random,
  forMs: number,
) => (() => void) | undefined;

type TypedValues<P extends Parameters> = {
  readonly [Name in keyof P]: P[Name] extends Parameter<infer Value> ? Value : never;
};

/** Defines a fault whose `begin` gets values with the types of its parameters. */
export function defineFault<const P extends Parameters = Parameters>(row: {
  readonly about: string;
  readonly source?: string;
  readonly lasts: boolean;
  readonly isDrawn?: false;
  readonly parameters?: P;
  readonly begin: Begin<TypedValues<P>>;
  readonly check?: Check<TypedValues<P>>;
}): Fault {
  const { about, source, lasts, isDrawn = true, parameters = {}, begin, check } = row;
  // The scenario loader has validated the values against the parameters.
  const checked = check && { check: check as Check<Values> };
  const cited = source !== undefined && { source };
  return { about, ...cited, lasts, isDrawn, parameters, begin: begin as Begin<Values>, ...checked };
}
