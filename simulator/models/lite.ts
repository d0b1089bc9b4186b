import { assumed, captured, derived, unknown } from './fact.ts';
import { FAMILY, GENERATION_FACTS } from './family.ts';
import type { ModelData } from './model.ts';

/** Sold as Essential, and as Lite. */
export const LITE: ModelData = {
  name: 'Essential',
  aliases: ['essential'],
  defaultGeneration: 'miauth',
  generations: {
    miauth: {
      ...FAMILY,
      ...GENERATION_FACTS.miauth,
      typeByte: derived(0x29, 'registries'),
      cellsInParallel: unknown(2),
      designCapacityMah: derived(5100, 'data'),
      fullCapacityMah: unknown(4930),
      healthPercent: unknown(97),
      massKg: derived(12, 'data'),
      motorW: derived(250, 'data'),
      modes: {
        eco: { name: derived('pedestrian', 'data'), limitKmh: assumed(6, 'the manual of the Mi 3') },
        normal: { name: derived('D', 'data'), limitKmh: unknown(15) },
        sport: { name: derived('S', 'data'), limitKmh: derived(20, 'data') },
      },
      speedLimits: { normalKmh: unknown(20), ecoKmh: unknown(6) },
      firmware: {
        esc: captured('2.4.2', 'essentialOwner'),
        ble: captured('1.3.6', 'essentialOwner'),
        bms: captured('1.4.1', 'essentialOwner'),
      },
      serialPrefix: derived(
        '25702',
        'foxStudio',
        'German; the list has 25600 for others, possibly a misprint of 25700',
      ),
    },
  },
};
