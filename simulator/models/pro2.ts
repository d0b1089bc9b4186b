import { assumed, captured, derived, unknown } from './fact.ts';
import { FAMILY, GENERATION_FACTS, STATUS_WHILE_RIDING } from './family.ts';
import type { ModelData } from './model.ts';

/** The model that the earlier client was used with, and the one of most captures. */
export const PRO_2: ModelData = {
  name: 'Pro 2',
  defaultGeneration: 'miauth',
  generations: {
    miauth: {
      ...FAMILY,
      ...GENERATION_FACTS.miauth,
      typeByte: derived(0x28, 'registries'),
      cellsInParallel: unknown(4),
      designCapacityMah: derived(12_400, 'data', '12 800 in some'),
      fullCapacityMah: derived(11_773, 'captures', 'the scooter reports 7417 mAh as 63 %'),
      healthPercent: derived(
        94.9,
        'captures',
        'full capacity by design capacity; cut off, as other percentages',
      ),
      massKg: derived(14.2, 'data'),
      motorW: derived(300, 'oneSReview'),
      modes: {
        eco: { name: derived('pedestrian', 'data'), limitKmh: assumed(6, 'the manual of the Mi 3') },
        normal: { name: derived('D', 'data'), limitKmh: unknown(20) },
        sport: { name: derived('S', 'data'), limitKmh: derived(25, 'oneSReview') },
      },
      speedLimits: { normalKmh: unknown(25), ecoKmh: unknown(6) },
      firmware: {
        esc: unknown('2.4.1'),
        ble: derived('1.3.2', 'ninebotCrypto', 'some 1.3.2, and everything newer, speak MiAuth alone'),
        bms: unknown('1.2.9'),
      },
      serialPrefix: captured(
        '26354',
        'captures',
        'European; FoX Studio lists 30371 for the Mercedes edition',
      ),
      restingStatus: captured(0x0800, 'captures', STATUS_WHILE_RIDING),
      currentA: { ...FAMILY.currentA, resting: captured(0.01, 'captures') },
    },
  },
};
