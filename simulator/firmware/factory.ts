import { KERS, MODES, TAIL_LIGHT } from '../../protocol/registers/codes.ts';
import type { ScooterModel } from '../models/model.ts';
import type { RegisterValues } from './register-bank.ts';

const SERIAL_DIGITS = 8;

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
      serialNumber: `${model.serialPrefix}/${serialDigits}`,
      pin: model.pin,
      firmwareVersion: model.firmware.esc,
      bmsVersion: model.firmware.bms,
      bleVersion: model.firmware.ble,
      status: model.restingStatus,
      mode: MODES.normal,
      modeSetting: MODES.normal,
      speedLimitNormalKmh: model.speedLimits.normalKmh,
      speedLimitEcoKmh: model.speedLimits.ecoKmh,
      kers: KERS.weak,
      cruise: 0,
      tailLight: TAIL_LIGHT.off,
      mcuId: `334c4142${serialDigits}${serialDigits}`,
    },
    bms: {
      serialNumber: `${model.batterySerialPrefix}${serialDigits}`,
      firmwareVersion: model.firmware.bms,
      designCapacityMah: model.designCapacityMah,
      fullCapacityMah: model.fullCapacityMah,
      nominalVoltageV: model.nominalVoltageV,
      cycles: model.cycles,
      chargeCount: model.charges,
      productionDate: model.productionDate,
      status: model.batteryStatus.idle,
      healthPercent: model.healthPercent,
    },
  };
}
