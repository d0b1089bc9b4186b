import type { ScooterModel } from '../models/model.ts';
import type { RegisterValues } from './register-bank.ts';
import { wholePercent } from './whole-percent.ts';

const SERIAL_DIGITS = 8;

/** Registers of a scooter that no ride changes; the others are in `telemetry.ts`. */
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
      serialNumber: `${model.serialPrefix}/${serialDigits}`,
      pin: model.pin,
      firmwareVersion: model.firmware.esc,
      bmsVersion: model.firmware.bms,
      bleVersion: model.firmware.ble,
      speedLimitNormalKmh: model.speedLimits.normalKmh,
      speedLimitEcoKmh: model.speedLimits.ecoKmh,
      mcuId: `334c4142${serialDigits}${serialDigits}`,
    },
    bms: {
      serialNumber: `${model.batterySerialPrefix}${serialDigits}`,
      firmwareVersion: model.firmware.bms,
      designCapacityMah: model.designCapacityMah,
      fullCapacityMah: model.fullCapacityMah,
      nominalVoltageV: model.nominalVoltageV,
      productionDate: model.productionDate,
      healthPercent: wholePercent(model.healthPercent),
    },
  };
}
