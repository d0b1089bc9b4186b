import { captured, derived, unknown } from './fact.ts';
import { FAMILY, GENERATION_FACTS } from './family.ts';
import type { ModelData } from './model.ts';

const COMMON = {
  ...FAMILY,
  typeByte: captured(0x22, 'py9b'),
  cellsInParallel: unknown(4),
  designCapacityMah: derived(12_800, 'data', '12 400 in later ones'),
  fullCapacityMah: unknown(12_150),
  healthPercent: unknown(95),
  massKg: derived(14.2, 'data'),
  motorW: derived(300, 'data'),
  modes: {
    eco: { name: derived('eco', 'data'), limitKmh: unknown(15) },
    normal: { name: derived('D', 'data'), limitKmh: unknown(20) },
    sport: { name: derived('S', 'data'), limitKmh: derived(25, 'data') },
  },
  speedLimits: { normalKmh: unknown(25), ecoKmh: unknown(15) },
  serialPrefix: derived('21886', 'foxStudio', 'European; Chinese ones have 18832'),
};

/** The larger sister of the M365. */
export const PRO: ModelData = {
  name: 'M365 Pro',
  defaultGeneration: 'miauth',
  generations: {
    xor: {
      ...COMMON,
      ...GENERATION_FACTS.xor,
      firmware: {
        esc: unknown('1.4.1'),
        ble: derived('1.0.0', 'py9b'),
        bms: unknown('1.1.5'),
      },
    },
    miauth: {
      ...COMMON,
      ...GENERATION_FACTS.miauth,
      firmware: {
        esc: unknown('1.4.1'),
        ble: unknown('1.5.7', 'newer than 1.2.2, which encrypts in another way (NinebotCrypto)'),
        bms: unknown('1.1.5'),
      },
    },
  },
};
