import type { AdvertisementVariant } from '../../protocol/advertisement.ts';
import { assumed, captured, derived, unknown } from './fact.ts';
import { FAMILY, GENERATION_FACTS } from './family.ts';
import type { ModelData } from './model.ts';

const COMMON = {
  ...FAMILY,
  namePrefix: captured('MIScooter', 'camiAlfa', 'four digits follow; the owner may change the name'),
  typeByte: captured(0x20, 'py9b'),
  cellsInParallel: derived(3, 'data'),
  designCapacityMah: captured(7800, 'camiAlfa'),
  fullCapacityMah: derived(7800, 'haDowng', 'the scooter reports 6705 mAh as 85 %, and 7734 mAh as 99 %'),
  healthPercent: captured(98, 'camiAlfa'),
  cycles: captured(1, 'camiAlfa'),
  charges: captured(3, 'camiAlfa'),
  productionDate: captured('2017-05-02', 'camiAlfa'),
  massKg: derived(12.5, 'data'),
  motorW: derived(250, 'm365Review'),
  modes: {
    normal: { name: derived('normal', 'data'), limitKmh: derived(25, 'm365Review') },
    eco: { name: derived('eco', 'data'), limitKmh: unknown(18) },
  },
  cellWords: captured(10, 'camiAlfa'),
  restingStatus: captured(0, 'camiAlfa'),
  currentA: {
    ...FAMILY.currentA,
    resting: captured(0, 'camiAlfa', 'at 85 %; another answer, at 99 %, has 0.01 A'),
  },
  speedLimits: { normalKmh: captured(20, 'camiAlfa'), ecoKmh: captured(10, 'camiAlfa') },
  serialPrefix: derived(
    '16133',
    'foxStudio',
    'black, European; others are 13678, 13679, 16132, 21073, 21074',
  ),
};

/** The first model, whose Bluetooth firmware went through all three generations. */
export const M365: ModelData = {
  name: 'M365',
  defaultGeneration: 'plain',
  generations: {
    plain: {
      ...COMMON,
      ...GENERATION_FACTS.plain,
      firmware: {
        esc: captured('1.3.4', 'camiAlfa'),
        ble: derived('0.7.1', 'camiAlfa', 'before 0.8.1 frames are plain'),
        bms: captured('1.1.5', 'camiAlfa'),
      },
    },
    xor: {
      ...COMMON,
      ...GENERATION_FACTS.xor,
      firmware: {
        esc: captured('1.5.5', 'macbury'),
        ble: captured('0.9.1', 'macbury', 'published as 0x0910'),
        bms: captured('1.2.6', 'macbury'),
      },
    },
    miauth: {
      ...COMMON,
      ...GENERATION_FACTS.miauth,
      advertisements: derived<readonly AdvertisementVariant[]>(
        ['manufacturer', 'fe95', 'both'],
        'py9b',
        'a fork lists the manufacturer data `20 02 … dd` as met; the FE95 service data of the others are assumed',
      ),
      productId: derived(0x0156, 'mibleSdk'),
      firmware: {
        esc: assumed('1.5.5', 'the newest ESC firmware on record'),
        ble: unknown('1.5.7', 'that of a 1S with MiAuth'),
        bms: assumed('1.2.6', 'the newest BMS firmware on record'),
      },
    },
  },
};
