import type { Fact } from '../../../simulator/models/fact.ts';
import type { BlockPosition, ModelFacts, RideModeFacts } from '../../../simulator/models/model.ts';

/** A row of a model's table. */
export interface Property {
  readonly title: string;
  /** Its fact; undefined if the model has no such property. */
  readonly of: (facts: ModelFacts) => Fact<unknown> | undefined;
  readonly format: (value: unknown) => string;
}

/** Makes a property whose `format` gets the value of its fact. */
function property<Value>(
  title: string,
  of: (facts: ModelFacts) => Fact<Value> | undefined,
  format: (value: Value) => string = String,
): Property {
  return { title, of, format: (value) => format(value as Value) };
}

const hex = (digits: number) => (value: number) => `0x${value.toString(16).padStart(digits, '0')}`;
const unit = (name: string) => (value: number) => `${value} ${name}`;
const code = (value: string): string => `\`${value}\``;
const codes = (values: readonly string[]): string => values.map(code).join(', ');
const block = ({ device, register }: BlockPosition): string =>
  `${device.toUpperCase()} ${register.toString(16).padStart(2, '0')}`;

/** Rows of one ride mode. */
const mode = (key: keyof ModelFacts['modes'], register: number): readonly Property[] => {
  const of =
    <Name extends keyof RideModeFacts>(name: Name) =>
    ({ modes }: ModelFacts): RideModeFacts[Name] | undefined =>
      modes[key]?.[name];
  return [
    property(`ride mode ${register}`, of('name')),
    property(`ride mode ${register}, motor cut-off`, of('limitKmh'), unit('km/h')),
  ];
};

/** Rows of the table of each model, in this order. */
export const PROPERTIES: readonly Property[] = [
  property('type byte', ({ typeByte }) => typeByte, hex(2)),
  property(
    'advertised name',
    ({ namePrefix }) => namePrefix,
    (prefix) => code(`${prefix}NNNN`),
  ),
  property('advertisement', ({ advertisements }) => advertisements, codes),
  property('product id of the MiBeacon', ({ productId }) => productId, hex(4)),
  property('ESC firmware', ({ firmware }) => firmware.esc),
  property('Bluetooth firmware', ({ firmware }) => firmware.ble),
  property('battery firmware', ({ firmware }) => firmware.bms),
  property(
    'serial number',
    ({ serialPrefix }) => serialPrefix,
    (prefix) => code(`${prefix}/NNNNNNNN`),
  ),
  property(
    'battery serial number',
    ({ batterySerialPrefix }) => batterySerialPrefix,
    (prefix) => code(`${prefix}NNNNNNNN`),
  ),
  property('PIN', ({ pin }) => pin, code),
  ...mode('normal', 0),
  ...mode('eco', 1),
  ...mode('sport', 2),
  property('speed limit, normal (ESC 73)', ({ speedLimits }) => speedLimits.normalKmh, unit('km/h')),
  property('speed limit, eco (ESC 74)', ({ speedLimits }) => speedLimits.ecoKmh, unit('km/h')),
  property('mass', ({ massKg }) => massKg, unit('kg')),
  property('motor', ({ motorW }) => motorW, unit('W')),
  property('cells in series', ({ cellsInSeries }) => cellsInSeries),
  property('cells in parallel', ({ cellsInParallel }) => cellsInParallel),
  property('design capacity', ({ designCapacityMah }) => designCapacityMah, unit('mAh')),
  property('full capacity', ({ fullCapacityMah }) => fullCapacityMah, unit('mAh')),
  property('nominal voltage', ({ nominalVoltageV }) => nominalVoltageV, unit('V')),
  property('battery health', ({ healthPercent }) => healthPercent, unit('%')),
  property('full cycles', ({ cycles }) => cycles),
  property('charges', ({ charges }) => charges),
  property('production date of the battery', ({ productionDate }) => productionDate),
  property('unit of the trip register', ({ tripUnitM }) => tripUnitM, unit('m')),
  property('cells in the block BMS 40', ({ cellWords }) => cellWords),
  property('tail light (ESC 7d)', ({ tailLight }) => tailLight),
  property('answer to a block that does not exist', ({ absentBlock }) => absentBlock),
  property(
    'blocks that were left unanswered at times',
    ({ silentBlocks }) => silentBlocks,
    (blocks) => (blocks.length === 0 ? 'none' : blocks.map(block).join(', ')),
  ),
  property('status at standstill (ESC b2)', ({ restingStatus }) => restingStatus, hex(4)),
  property('battery status, idle (BMS 30)', ({ batteryStatus }) => batteryStatus.idle, hex(4)),
  property('battery status, charging', ({ batteryStatus }) => batteryStatus.charging, hex(4)),
  property('battery current at standstill', ({ currentA }) => currentA.resting, unit('A')),
  property('battery current, charging', ({ currentA }) => currentA.charging, unit('A')),
  property(
    'cells while charging',
    ({ chargingCellsV }) => chargingCellsV,
    (cells) => `${cells.map((volts) => Math.round(volts * 1000)).join(' ')} mV`,
  ),
];
