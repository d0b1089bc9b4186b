import { type RegisterMessage, requestedDevice } from '../protocol/message.ts';
import { byteAddress, decodeRegister } from '../protocol/registers/codec.ts';
import type { NumberRow } from '../protocol/registers/row.ts';
import { REGISTERS } from '../protocol/registers/table.ts';
import type { Conditions } from './ride/conditions.ts';

/** What an app makes a scooter do by writing a register. */
export interface Command {
  /** Changes of the ride's conditions. */
  readonly change?: Partial<Conditions>;
  readonly power?: 'off' | 'reboot';
}

const { esc } = REGISTERS;

const COMMANDS: readonly (readonly [row: NumberRow, command: (value: number) => Command])[] = [
  [esc.lock, () => ({ change: { isLocked: true } })],
  [esc.unlock, () => ({ change: { isLocked: false } })],
  [esc.reboot, () => ({ power: 'reboot' })],
  [esc.powerOff, () => ({ power: 'off' })],
  [esc.modeSetting, (mode) => ({ change: { mode } })],
  [esc.kers, (kers) => ({ change: { kers } })],
  [esc.cruise, (value) => ({ change: { hasCruise: value === 1 } })],
  [esc.tailLight, (tailLight) => ({ change: { tailLight } })],
  [esc.speedLimit, (value) => ({ change: { isSpeedLimited: value === 1 } })],
  [esc.speedLimitNormalKmh, (limitNormalKmh) => ({ change: { limitNormalKmh } })],
  [esc.speedLimitEcoKmh, (limitEcoKmh) => ({ change: { limitEcoKmh } })],
];

/** The command in an accepted write; undefined if the register only stores a value. */
export function commandIn(written: RegisterMessage): Command | undefined {
  if (requestedDevice(written) !== 'esc') return undefined;
  const found = COMMANDS.find(([row]) => byteAddress(row) === 2 * written.register);
  return found?.[1](decodeRegister(found[0], written.data));
}
