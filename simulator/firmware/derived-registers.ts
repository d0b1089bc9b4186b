import type { Device } from '../../protocol/message.ts';
import type { RegisterValues } from './register-values.ts';

type Derivations = {
  readonly [D in Device]?: {
    readonly [Key in keyof NonNullable<RegisterValues[D]>]?: (
      values: RegisterValues,
    ) => NonNullable<RegisterValues[D]>[Key] | undefined;
  };
};

/** Cells are balanced near the end of a charge, if they are above the weakest one by this much. */
const BALANCING = { fromV: 4.1, aboveWeakestV: 0.005 } as const;

const frameTemperature = ({ esc }: RegisterValues): number | undefined => esc?.frameTemperatureC;
const batteryVoltage = ({ bms }: RegisterValues): number | undefined => bms?.voltageV;

/**
 * Registers that follow from other values, one row each, unless they have a value of their own. What the unexplained
 * temperatures, voltages and currents of the motor controller measure is assumed, and so is how cells are balanced.
 */
export const DERIVED_REGISTERS: Derivations = {
  esc: {
    temperature2C: frameTemperature,
    temperature3C: frameTemperature,
    temperature4C: frameTemperature,
    averageSpeedTenthsKmh: ({ esc }) => esc?.averageSpeedKmh,
    voltage1V: batteryVoltage,
    voltage2V: batteryVoltage,
    currentA: ({ bms }) => bms?.currentA,
  },
  bms: { balancing: ({ bms }) => balancedCells(bms) },
};

/** One bit for each cell that is discharged while the battery is charged. */
function balancedCells(bms: RegisterValues['bms']): number | undefined {
  if (bms?.currentA === undefined) return undefined;
  if (bms.currentA >= 0) return 0;
  const cells = [
    ...[bms.cell1V, bms.cell2V, bms.cell3V, bms.cell4V, bms.cell5V],
    ...[bms.cell6V, bms.cell7V, bms.cell8V, bms.cell9V, bms.cell10V],
  ].map((volts) => volts ?? 0);
  const limitV = Math.max(BALANCING.fromV, Math.min(...cells) + BALANCING.aboveWeakestV);
  return cells.reduce((bits, volts, index) => (volts >= limitV ? bits | (1 << index) : bits), 0);
}
