import type { REGISTERS } from '../protocol/registers/table.ts';
import type { WrittenValue } from './firmware/register-values.ts';
import type { Conditions } from './ride/conditions.ts';

/** What an app makes a scooter do by writing a register. */
export interface Command {
  /** Changes of the ride's conditions. */
  readonly change?: Partial<Conditions>;
  readonly power?: 'off' | 'reboot';
}

/** Commands by the register of the motor controller that is written. */
const COMMANDS: { readonly [Key in keyof (typeof REGISTERS)['esc']]?: (value: number) => Command } = {
  lock: () => ({ change: { isLocked: true } }),
  unlock: () => ({ change: { isLocked: false } }),
  reboot: () => ({ power: 'reboot' }),
  powerOff: () => ({ power: 'off' }),
  modeSetting: (mode) => ({ change: { mode } }),
  kers: (kers) => ({ change: { kers } }),
  cruise: (value) => ({ change: { hasCruise: value === 1 } }),
  tailLight: (tailLight) => ({ change: { tailLight } }),
  speedLimit: (value) => ({ change: { isSpeedLimited: value === 1 } }),
  speedLimitNormalKmh: (limitNormalKmh) => ({ change: { limitNormalKmh } }),
  speedLimitEcoKmh: (limitEcoKmh) => ({ change: { limitEcoKmh } }),
};

/** The command in a value that an app has written; undefined if the register only stores it. */
export function commandOf({ device, key, value }: WrittenValue): Command | undefined {
  const commands: Readonly<Record<string, ((value: number) => Command) | undefined>> = COMMANDS;
  return device === 'esc' ? commands[key]?.(Number(value)) : undefined;
}
