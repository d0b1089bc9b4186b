import { derived, unknown } from './fact.ts';
import { FAMILY, GENERATION_FACTS } from './family.ts';
import type { ModelData } from './model.ts';

/** No type byte of a "Pro 3" is known; the name is best read as Mi 3. */
export const MI_3: ModelData = {
  name: 'Mi 3',
  aliases: ['pro3'],
  defaultGeneration: 'miauth',
  generations: {
    miauth: {
      ...FAMILY,
      ...GENERATION_FACTS.miauth,
      typeByte: derived(
        0x2e,
        'registries',
        'no type byte of a “Pro 3” is known; the id `pro3` selects this model',
      ),
      cellsInParallel: unknown(3),
      designCapacityMah: derived(7650, 'mi3Manual'),
      fullCapacityMah: unknown(7500),
      healthPercent: unknown(98),
      massKg: derived(13, 'data'),
      motorW: derived(300, 'data'),
      modes: {
        eco: { name: derived('pedestrian', 'mi3Manual'), limitKmh: derived(6, 'mi3Manual') },
        normal: { name: derived('standard', 'mi3Manual'), limitKmh: unknown(20) },
        sport: { name: derived('sport', 'mi3Manual'), limitKmh: derived(25, 'mi3Manual') },
      },
      speedLimits: { normalKmh: unknown(25), ecoKmh: unknown(6) },
      firmware: {
        esc: unknown('0.1.7'),
        ble: unknown('1.5.7', 'that of a 1S with MiAuth'),
        bms: unknown('1.4.1'),
      },
      serialPrefix: derived('30807', 'foxStudio', 'black; white ones have 30806'),
    },
  },
};
