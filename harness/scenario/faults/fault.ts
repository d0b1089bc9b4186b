import type { ValueKind } from '../../../client/config/values.ts';
import type { Random } from '../../../client/random.ts';
import type { Simulation } from '../../world/simulation.ts';

/** A key of a `[[step]]` that a fault has beyond `at`, `fault` and `for`. */
export interface Parameter<Value = unknown> {
  readonly kind: ValueKind<Value>;
  /** In the unit of the file; none where it has to be given. */
  readonly default?: string | number;
  /** What campaigns draw from where it is a number, in the unit of the file; its default else. */
  readonly typical?: readonly [min: number, max: number];
  readonly about: string;
}

/** The values of a fault's parameters, under their names and in the units that their kinds make of them. */
export type Values = Readonly<Record<string, unknown>>;

/** Something that goes wrong: it begins, and where it lasts it ends. */
export interface Fault {
  readonly about: string;
  /** Whether it needs a `for`; what is over at once has none. */
  readonly lasts: boolean;
  readonly parameters: Readonly<Record<string, Parameter>>;
  /**
   * Lets it begin.
   * @returns ends it; where it does not last, takes back what is left of it at the end of the world.
   */
  readonly begin: Begin<Values>;
}

type Parameters = Readonly<Record<string, Parameter>>;

/** Without an end where there is nothing to take back. */
type Begin<V> = (simulation: Simulation, values: V, random: Random) => (() => void) | undefined;

type TypedValues<P extends Parameters> = {
  readonly [Name in keyof P]: P[Name] extends Parameter<infer Value> ? Value : never;
};

/** A fault whose values have the types of its parameters. */
export function defineFault<const P extends Parameters = Parameters>(row: {
  readonly about: string;
  readonly lasts: boolean;
  readonly parameters?: P;
  readonly begin: Begin<TypedValues<P>>;
}): Fault {
  const { about, lasts, parameters = {}, begin } = row;
  // Whoever begins it has checked the values against the parameters.
  return { about, lasts, parameters, begin: begin as Begin<Values> };
}
