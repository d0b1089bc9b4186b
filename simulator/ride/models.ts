import lite from '../../fixtures/models/lite.json' with { type: 'json' };
import m365 from '../../fixtures/models/m365.json' with { type: 'json' };
import mi3 from '../../fixtures/models/mi3.json' with { type: 'json' };
import oneS from '../../fixtures/models/1s.json' with { type: 'json' };
import pro from '../../fixtures/models/pro.json' with { type: 'json' };
import pro2 from '../../fixtures/models/pro2.json' with { type: 'json' };

/** What tells one scooter of the family from another. All have ten cells in series. */
export interface ScooterModel {
  readonly name: string;
  /** The model byte of the advertisement's manufacturer data, as two app registries list it. */
  readonly typeByte: number;
  /** Capacity on the label, in mAh. */
  readonly designCapacityMah: number;
  /** What a somewhat used battery holds when full, in mAh: what charge in percent refers to. */
  readonly fullCapacityMah: number;
  /** Motor cut-off in the fastest mode, in km/h. */
  readonly topSpeedKmh: number;
  /** The digits of the ESC serial number before the slash; null where none was ever seen. */
  readonly serialPrefix: string | null;
  /** Firmware versions as `major.minor.patch`, one hexadecimal digit each; plausible, not the newest. */
  readonly firmware: { readonly esc: string; readonly ble: string; readonly bms: string };
}

const scooterModel = ({ advertisedType, ...rest }: typeof m365 | typeof pro2): ScooterModel => ({
  ...rest,
  typeByte: Number(advertisedType),
});

/** The models by the name that a scenario or a command line gives them. */
export const MODELS = {
  m365: scooterModel(m365),
  pro: scooterModel(pro),
  '1s': scooterModel(oneS),
  lite: scooterModel(lite),
  pro2: scooterModel(pro2),
  mi3: scooterModel(mi3),
} as const satisfies Record<string, ScooterModel>;

export type ModelId = keyof typeof MODELS;
