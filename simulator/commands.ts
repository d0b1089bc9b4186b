import { type RegisterMessage, requestedDevice } from '../protocol/message.ts';
import { byteAddress, decodeRegister } from '../protocol/registers/codec.ts';
import { REGISTERS } from '../protocol/registers/table.ts';
import type { Conditions } from './ride/conditions.ts';

/** What an app makes a scooter do by writing a register. */
export interface Command {
  /** Changes of the ride's conditions. */
  readonly change?: Partial<Conditions>;
  readonly power?: 'off' | 'reboot';
}

const { esc } = REGISTERS;

/** Commands by the register of the motor controller that is written. */
const COMMANDS: { readonly [Key in keyof typeof esc]?: (value: number) => Command } = {
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

/** The command in an accepted write; undefined if the register only stores a value. */
export function commandIn(written: RegisterMessage): Command | undefined {
  if (requestedDevice(written) !== 'esc') return undefined;
  for (const [key, row] of Object.entries(esc)) {
    const command = COMMANDS[key as keyof typeof esc];
    const isWritten = command !== undefined && byteAddress(row) === 2 * written.register;
    if (isWritten && row.kind === 'number') return command(decodeRegister(row, written.data));
  }
  return undefined;
}
