import type { Fault, Parameter, Values } from '../../faults/fault.ts';
import type { Draw } from './draw.ts';

/** Draws the parameters of a fault. */
export function drawValues(draw: Draw, parameters: Fault['parameters']): Values {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => [
      name,
      parameter.kind.schema.parse(drawValue(draw, parameter)),
    ]),
  );
}

/** Draws a parameter in the unit of the scenario file. */
function drawValue(draw: Draw, { kind, typical, default: defaultValue }: Parameter): unknown {
  if (kind.choices) return draw.pick(kind.choices);
  if (!typical) return defaultValue;
  const [min, max] = typical;
  const value = min > 0 ? draw.logUniform(min, max) : draw.uniform(min, max);
  return kind.isWhole ? Math.round(value) : value;
}
