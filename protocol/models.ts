/** Units in which models differ; everything else in the register table is the same on all. */
export interface ModelUnits {
  /** Metres in one step of the trip register. */
  readonly tripUnitM: number;
}

/**
 * Most sources count trips in 10 m, some in 1 m, and nobody has published a capture of a longer trip. A model
 * for which one turns up gets its own value in the table below.
 */
export const DEFAULT_UNITS: ModelUnits = { tripUnitM: 10 };

export interface Model extends ModelUnits {
  /** The type byte of the manufacturer data. */
  readonly type: number;
  readonly name: string;
  readonly maker: 'xiaomi' | 'ninebot';
}

const model = (type: number, name: string, maker: Model['maker']): Model => ({
  type,
  name,
  maker,
  ...DEFAULT_UNITS,
});

/** Every type byte known from advertisements: 0x20 to 0x22 were captured, two app registries agree on the rest. */
export const MODELS: readonly Model[] = [
  model(0x20, 'M365', 'xiaomi'),
  model(0x21, 'ES1/2/3/4', 'ninebot'),
  model(0x22, 'M365 Pro', 'xiaomi'),
  model(0x23, 'T15', 'ninebot'),
  model(0x24, 'Max G30', 'ninebot'),
  model(0x25, '1S', 'xiaomi'),
  model(0x27, 'E', 'ninebot'),
  model(0x28, 'Pro 2', 'xiaomi'),
  model(0x29, 'Essential', 'xiaomi'),
  model(0x2b, '1S (DE)', 'xiaomi'),
  model(0x2c, 'F', 'ninebot'),
  model(0x2d, 'F65', 'ninebot'),
  model(0x2e, 'Mi 3', 'xiaomi'),
];

/** The model of a type byte; undefined for one that no source knows, such as the Pro 3's. */
export function modelOfType(type: number): Model | undefined {
  return MODELS.find((known) => known.type === type);
}
