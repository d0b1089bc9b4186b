/** Units that differ between models; the rest of the register table is common to all. */
export interface ModelUnits {
  /** Resolution of the trip register, in metres. */
  readonly tripUnitM: number;
}

/**
 * Most sources document trips in units of 10 m, some in 1 m, and no capture of a long trip is published. A model with
 * other evidence gets its own value in the table below.
 */
export const DEFAULT_UNITS: ModelUnits = { tripUnitM: 10 };

export interface Model extends ModelUnits {
  /** Type byte of the manufacturer data. */
  readonly type: number;
  readonly name: string;
  readonly maker: 'xiaomi' | 'ninebot';
  /** Product id in the MiBeacon, if a source names it. */
  readonly productId?: number;
}

const model = (
  type: number,
  name: string,
  maker: Model['maker'],
  more: Partial<Pick<Model, 'productId' | 'tripUnitM'>> = {},
): Model => ({ type, name, maker, ...DEFAULT_UNITS, ...more });

/**
 * Type bytes known from advertisements: 0x20 to 0x22 from captures, the rest from two app registries that agree. Product
 * 0x0156 is `ninebot.scooter.v1` in Xiaomi's SDK; that of the only published MiBeacon, 0x0766, belongs to an unstated
 * model.
 */
export const MODELS: readonly Model[] = [
  model(0x20, 'M365', 'xiaomi', { productId: 0x0156 }),
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

/** Model of a type byte; undefined if no source documents it, as for the Pro 3. */
export function modelOfType(type: number): Model | undefined {
  return MODELS.find((known) => known.type === type);
}

/** Model of a product id in a MiBeacon; undefined if no source documents it. */
export function modelOfProduct(productId: number): Model | undefined {
  return MODELS.find((known) => known.productId === productId);
}

/** Product ids of scooters whose model is not known: that of the only published MiBeacon of a scooter. */
const UNNAMED_PRODUCTS: readonly number[] = [0x0766];

/** Whether a product id in a MiBeacon is that of a scooter; other devices of Xiaomi have MiBeacons as well. */
export function isScooterProduct(productId: number): boolean {
  return UNNAMED_PRODUCTS.includes(productId) || modelOfProduct(productId) !== undefined;
}
