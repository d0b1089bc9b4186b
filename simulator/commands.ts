import type { Device } from '../protocol/message.ts';
import type { RegisterValues, WrittenValue } from './firmware/register-values.ts';
import type { Conditions } from './ride/conditions.ts';

/** What an app makes a scooter do by writing a register. */
export interface Command {
  /** Changes of the ride's conditions. */
  readonly change?: Partial<Conditions>;
  readonly power?: 'off' | 'reboot';
  /** Name to advertise. */
  readonly name?: string;
}

type Values<D extends Device> = Required<NonNullable<RegisterValues[D]>>;

/** Commands by the register that is written. */
const COMMANDS: {
  readonly [D in Device]?: {
    readonly [Key in keyof Values<D>]?: (value: Values<D>[Key]) => Command;
  };
} = {
  ble: { name: (name) => ({ name }) },
  esc: {
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
  },
};

/** The command in a value that an app has written; undefined if the register only stores it. */
export function commandOf({ device, key, value }: WrittenValue): Command | undefined {
  const commands: Readonly<Record<string, ((value: never) => Command) | undefined>> = COMMANDS[device] ?? {};
  return commands[key]?.(value as never);
}
