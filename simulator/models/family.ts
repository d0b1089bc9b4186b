import type { AdvertisementVariant } from '../../protocol/advertisement.ts';
import { assumed, captured, derived, unknown } from './fact.ts';
import type { BlockPosition, ModelFacts } from './model.ts';

const UNNAMED_MIAUTH = 'captured from a MiAuth scooter of an unstated model';
/** Note of the status at standstill. */
export const STATUS_WHILE_RIDING = 'meaning of the bit unknown; assumed to be set while riding as well';

/** Facts that no source tells apart between the models. */
export const FAMILY = {
  namePrefix: derived('MIScooter', 'haDowng', `four digits follow; ${UNNAMED_MIAUTH}`),
  cellsInSeries: derived(10, 'camiAlfa', 'ten cells in captures of several scooters'),
  nominalVoltageV: derived(36, 'data'),
  cycles: unknown(3),
  charges: unknown(9),
  productionDate: unknown('2021-03-15'),
  batterySerialPrefix: unknown('3LABAT', 'published serial numbers are anonymised'),
  pin: unknown('000000'),
  tripUnitM: derived(10, 'camiAlfa', 'other programs read metres; no capture of a longer trip decides it'),
  cellWords: derived(10, 'camiAlfa', 'captured from an M365'),
  tailLight: derived(
    'levels',
    'camiAlfa',
    'one app and one scooter use a bit field instead, of which bit 1 is always on',
  ),
  absentBlock: derived(
    'zeros',
    'camiAlfa',
    'captured from an M365: ESC 69, whose meaning is unknown, as two zeros',
  ),
  restingStatus: assumed(0x0800, `that of a Pro 2; ${STATUS_WHILE_RIDING}`),
  batteryStatus: {
    idle: derived(0x0003, 'haDowng', UNNAMED_MIAUTH),
    charging: derived(0x0043, 'haDowng', UNNAMED_MIAUTH),
  },
  currentA: {
    resting: assumed(0.01, 'that of a Pro 2'),
    charging: derived(-1.73, 'haDowng', `at 38.33 V; ${UNNAMED_MIAUTH}`),
  },
  chargingCellsV: derived(
    [3.82, 3.822, 3.823, 3.825, 3.819, 3.846, 3.847, 3.85, 3.847, 3.849],
    'haDowng',
    `two groups whose means are 26 mV apart; ${UNNAMED_MIAUTH}`,
  ),
} as const satisfies Partial<ModelFacts>;

const NO_BLOCKS: readonly BlockPosition[] = [];
const MANUFACTURER_DATA: readonly AdvertisementVariant[] = ['manufacturer'];

/** Facts that follow from a generation, whatever the model. */
export const GENERATION_FACTS = {
  plain: {
    advertisements: captured(MANUFACTURER_DATA, 'py9b'),
    productId: unknown(0x0156, 'it sends no MiBeacon'),
    silentBlocks: unknown(NO_BLOCKS),
  },
  xor: {
    advertisements: captured(MANUFACTURER_DATA, 'py9b'),
    productId: unknown(0x0156, 'it sends no MiBeacon'),
    silentBlocks: unknown(NO_BLOCKS),
  },
  miauth: {
    advertisements: assumed<readonly AdvertisementVariant[]>(
      ['manufacturer', 'fe95', 'both'],
      'manufacturer data as of an M365; the only complete advertisement on record, from ha-downg-scooter, has the name ' +
        'and FE95 service data. What was in the scan response is not known',
    ),
    productId: unknown(0x0766, 'product of the only published MiBeacon, from an unstated model'),
    silentBlocks: derived<readonly BlockPosition[]>(
      [
        { device: 'esc', register: 0x1a },
        { device: 'esc', register: 0x25 },
        { device: 'esc', register: 0x3a },
        { device: 'esc', register: 0x67 },
        { device: 'esc', register: 0x7b },
        { device: 'esc', register: 0x7c },
        { device: 'esc', register: 0x7d },
        { device: 'esc', register: 0xb5 },
        { device: 'bms', register: 0x30 },
        { device: 'bms', register: 0x40 },
      ],
      'haDowng',
      `on some scooters; ${UNNAMED_MIAUTH}; the simulator answers them unless a scenario or a fault silences one`,
    ),
  },
} as const satisfies Record<string, Partial<ModelFacts>>;
