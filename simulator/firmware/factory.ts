import type { Generation } from '../../protocol/advertisement.ts';
import { KERS, MODES, TAIL_LIGHT } from '../../protocol/registers/codes.ts';
import { MODELS, type ScooterModel } from '../ride/models.ts';
import type { RegisterValues } from './register-bank.ts';

/** Set at standstill in a capture from a Pro 2; meaning unknown. */
const STATUS_AT_REST = 0x0800;
/** Status of an idle battery in a capture: `valid`, and a bit of unknown meaning. */
const BATTERY_STATUS_AT_REST = 0x0003;
/** Ten cells at 3.6 V. */
const NOMINAL_VOLTAGE_V = 36;
/** PIN that apps show for a scooter whose PIN was never set. */
const FACTORY_PIN = '000000';
const UNKNOWN_SERIAL_PREFIX = '00000';
const SERIAL_DIGITS = 8;

/** Models without MiAuth, by type byte. */
const GENERATIONS_WITHOUT_MIAUTH: ReadonlyMap<number, Generation> = new Map([
  [MODELS.m365.typeByte, 'plain'],
]);

/** Default protocol generation of a model. */
export function factoryGeneration({ typeByte }: ScooterModel): Generation {
  return GENERATIONS_WITHOUT_MIAUTH.get(typeByte) ?? 'miauth';
}

/** Initial registers of a used, unlocked scooter. */
export function factoryRegisters(scooter: {
  readonly model: ScooterModel;
  /** As advertised; at most 13 ASCII characters. */
  readonly name: string;
  /** Number that makes serial numbers unique; its last eight digits are used. */
  readonly unit: number;
}): RegisterValues {
  const { model, name, unit } = scooter;
  const serialDigits = String(unit).padStart(SERIAL_DIGITS, '0').slice(-SERIAL_DIGITS);
  return {
    ble: { name },
    esc: {
      serialNumber: `${model.serialPrefix ?? UNKNOWN_SERIAL_PREFIX}/${serialDigits}`,
      pin: FACTORY_PIN,
      firmwareVersion: model.firmware.esc,
      bmsVersion: model.firmware.bms,
      bleVersion: model.firmware.ble,
      status: STATUS_AT_REST,
      mode: MODES.normal,
      modeSetting: MODES.normal,
      speedLimitNormalKmh: model.topSpeedKmh,
      kers: KERS.weak,
      cruise: 0,
      tailLight: TAIL_LIGHT.off,
      mcuId: `334c4142${serialDigits}${serialDigits}`,
    },
    bms: {
      serialNumber: `3LABAT${serialDigits}`,
      firmwareVersion: model.firmware.bms,
      designCapacityMah: model.designCapacityMah,
      fullCapacityMah: model.fullCapacityMah,
      nominalVoltageV: NOMINAL_VOLTAGE_V,
      cycles: 3,
      chargeCount: 9,
      productionDate: '2021-03-15',
      status: BATTERY_STATUS_AT_REST,
      healthPercent: (100 * model.fullCapacityMah) / model.designCapacityMah,
    },
  };
}
