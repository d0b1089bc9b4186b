import lite from '../../fixtures/models/lite.json' with { type: 'json' };
import m365 from '../../fixtures/models/m365.json' with { type: 'json' };
import mi3 from '../../fixtures/models/mi3.json' with { type: 'json' };
import oneS from '../../fixtures/models/1s.json' with { type: 'json' };
import pro from '../../fixtures/models/pro.json' with { type: 'json' };
import pro2 from '../../fixtures/models/pro2.json' with { type: 'json' };

/** Properties in which the simulated models differ. All have ten cells in series. */
export interface ScooterModel {
  readonly name: string;
  /** Type byte of the manufacturer data, as listed by two app registries. */
  readonly typeByte: number;
  /** Rated capacity, in mAh. */
  readonly designCapacityMah: number;
  /** Full capacity of a slightly worn battery, in mAh; 100 % charge refers to it. */
  readonly fullCapacityMah: number;
  /** Motor cut-off in the fastest mode, in km/h. */
  readonly topSpeedKmh: number;
  /** The digits of the ESC serial number before the slash; null if unknown. */
  readonly serialPrefix: string | null;
  /** Firmware versions as `major.minor.patch`, one hexadecimal digit each; plausible, not necessarily the latest. */
  readonly firmware: { readonly esc: string; readonly ble: string; readonly bms: string };
}

const scooterModel = ({ advertisedType, ...rest }: typeof m365 | typeof pro2): ScooterModel => ({
  ...rest,
  typeByte: Number(advertisedType),
});

/** Models by the id that scenarios and command lines use. */
export const MODELS = {
  m365: scooterModel(m365),
  pro: scooterModel(pro),
  '1s': scooterModel(oneS),
  lite: scooterModel(lite),
  pro2: scooterModel(pro2),
  mi3: scooterModel(mi3),
} as const satisfies Record<string, ScooterModel>;

export type ModelId = keyof typeof MODELS;
