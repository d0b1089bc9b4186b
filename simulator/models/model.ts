import type { AdvertisementVariant, Generation } from '../../protocol/advertisement.ts';
import type { Device } from '../../protocol/message.ts';
import type { MODES } from '../../protocol/registers/codes.ts';
import type { Fact, Values } from './fact.ts';

/** Registers that are read together. */
export interface BlockPosition {
  readonly device: Device;
  /** First 16-bit word. */
  readonly register: number;
}

/** A ride mode; its key is the name of its code in the registers. */
export interface RideModeFacts {
  /** As on the display or in the manual. */
  readonly name: Fact<string>;
  /** Motor cut-off, in km/h. */
  readonly limitKmh: Fact<number>;
}

/** What is known about one generation of one model. */
export interface ModelFacts {
  /** Type byte of the manufacturer data. */
  readonly typeByte: Fact<number>;
  /** Advertised name without its four digits. */
  readonly namePrefix: Fact<string>;
  /** How it may advertise; the first one is the default. */
  readonly advertisements: Fact<readonly AdvertisementVariant[]>;
  /** Product id in the MiBeacon. */
  readonly productId: Fact<number>;

  readonly cellsInSeries: Fact<number>;
  readonly cellsInParallel: Fact<number>;
  /** Rated capacity, in mAh. */
  readonly designCapacityMah: Fact<number>;
  /** Capacity of a used battery, in mAh; 100 % charge refers to it. */
  readonly fullCapacityMah: Fact<number>;
  readonly nominalVoltageV: Fact<number>;
  readonly healthPercent: Fact<number>;
  readonly cycles: Fact<number>;
  readonly charges: Fact<number>;
  /** As `2017-05-02`. */
  readonly productionDate: Fact<string>;

  readonly massKg: Fact<number>;
  /** Rated power of the motor, in W. */
  readonly motorW: Fact<number>;
  readonly modes: { readonly [Mode in keyof typeof MODES]?: RideModeFacts };
  /** Values of the registers 0x73 and 0x74, in km/h. */
  readonly speedLimits: { readonly normalKmh: Fact<number>; readonly ecoKmh: Fact<number> };

  /** Versions as `major.minor.patch`, one hexadecimal digit each. */
  readonly firmware: {
    readonly esc: Fact<string>;
    readonly ble: Fact<string>;
    readonly bms: Fact<string>;
  };
  /** The five digits of the ESC's serial number before the slash. */
  readonly serialPrefix: Fact<string>;
  /** The first six characters of the battery's serial number. */
  readonly batterySerialPrefix: Fact<string>;
  /** PIN that apps show for a scooter whose PIN was never set. */
  readonly pin: Fact<string>;

  /** Resolution of the trip register, in metres. */
  readonly tripUnitM: Fact<number>;
  /** Number of cells in the block BMS 0x40 that are not zero. */
  readonly cellWords: Fact<number>;
  /** Meaning of ESC 0x7d: `levels` 0 off, 1 on brake, 2 always. */
  readonly tailLight: Fact<'levels'>;
  /** Answer to a read of a block that it does not have. */
  readonly absentBlock: Fact<'zeros'>;
  /** Blocks that a real scooter of this generation left unanswered at times; the simulator answers them by default. */
  readonly silentBlocks: Fact<readonly BlockPosition[]>;

  /** ESC status at standstill. */
  readonly restingStatus: Fact<number>;
  readonly batteryStatus: { readonly idle: Fact<number>; readonly charging: Fact<number> };
  /** Battery current, negative while it is charged, in A. */
  readonly currentA: { readonly resting: Fact<number>; readonly charging: Fact<number> };
  /** Cell voltages of a battery at the charger, in V. */
  readonly chargingCellsV: Fact<readonly number[]>;
}

/** One generation of one model as the simulator uses it: the values without their evidence. */
export interface ScooterModel extends Values<ModelFacts> {
  readonly name: string;
  readonly generation: Generation;
  /** How it advertises: one of `advertisements`. */
  readonly advertisement: AdvertisementVariant;
  /** Motor cut-off in the fastest mode, in km/h. */
  readonly topSpeedKmh: number;
}

/** A model, with the facts of each of its generations. */
export interface ModelData {
  readonly name: string;
  /** Other ids that select it. */
  readonly aliases?: readonly string[];
  readonly defaultGeneration: Generation;
  readonly generations: Partial<Readonly<Record<Generation, ModelFacts>>>;
}
