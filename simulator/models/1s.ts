import { assumed, captured, derived, unknown } from './fact.ts';
import { FAMILY, GENERATION_FACTS } from './family.ts';
import type { ModelData, ModelFacts } from './model.ts';

const FACTS: ModelFacts = {
  ...FAMILY,
  ...GENERATION_FACTS.miauth,
  typeByte: derived(0x25, 'registries'),
  cellsInParallel: unknown(3),
  designCapacityMah: derived(7650, 'data'),
  fullCapacityMah: unknown(7390),
  healthPercent: unknown(97),
  massKg: derived(12.5, 'oneSReview'),
  motorW: derived(250, 'oneSReview'),
  modes: {
    eco: { name: derived('pedestrian', 'data'), limitKmh: assumed(6, 'the manual of the Mi 3') },
    normal: { name: derived('D', 'data'), limitKmh: unknown(20) },
    sport: { name: derived('S', 'data'), limitKmh: derived(25, 'data') },
  },
  speedLimits: { normalKmh: unknown(25), ecoKmh: unknown(6) },
  firmware: {
    esc: captured('3.2.1', 'oneSOwner'),
    ble: captured('1.5.7', 'oneSOwner'),
    bms: unknown('1.3.4'),
  },
  serialPrefix: derived('25699', 'foxStudio'),
};

export const ONE_S: ModelData = {
  name: '1S',
  defaultGeneration: 'miauth',
  generations: { miauth: FACTS },
};

/** The 1S with a German permit: another type byte, and slower. */
export const ONE_S_DE: ModelData = {
  name: '1S (DE)',
  defaultGeneration: 'miauth',
  generations: {
    miauth: {
      ...FACTS,
      typeByte: derived(0x2b, 'registries'),
      modes: {
        ...FACTS.modes,
        normal: { name: derived('D', 'data'), limitKmh: unknown(15) },
        sport: { name: derived('S', 'data'), limitKmh: derived(20, 'germanLaw') },
      },
      speedLimits: { normalKmh: unknown(20), ecoKmh: unknown(6) },
      firmware: {
        esc: assumed('3.2.1', 'that of a 1S'),
        ble: assumed('1.5.7', 'that of a 1S'),
        bms: unknown('1.3.4'),
      },
      serialPrefix: unknown('25699', 'that of a 1S'),
    },
  },
};
