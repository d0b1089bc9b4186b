/** Values of the rows `mode` and `modeSetting`. */
export const MODES = { normal: 0, eco: 1, sport: 2 } as const;

/** Values of the row `kers`. */
export const KERS = { weak: 0, medium: 1, strong: 2 } as const;

/** Values of the row `tailLight`. Some scooters use it as a bit field, in which `alwaysOn` is a bit. */
export const TAIL_LIGHT = { off: 0, onBrake: 1, alwaysOn: 2 } as const;

/** Bits of the scooter's row `status`; 0x0800 is set at standstill, meaning unknown. */
export const SCOOTER_STATUS = { speedLimited: 1 << 0, locked: 1 << 1, alarm: 1 << 2 } as const;

/** Bits of the battery's row `status`. */
export const BATTERY_STATUS = {
  valid: 1 << 0,
  charging: 1 << 6,
  overVoltage: 1 << 9,
  overTemperature: 1 << 10,
} as const;

/** Whether all bits of `flag` are set in `status`. */
export function hasFlag(status: number, flag: number): boolean {
  return (status & flag) === flag;
}

/** Meanings of the codes in the row `warning`. */
export const WARNINGS: ReadonlyMap<number, string> = new Map([
  [9, 'being pushed while locked'],
  [12, 'overcharge'],
]);

/** Meanings of the codes in the row `error`; 0 is no error. */
export const ERRORS: ReadonlyMap<number, string> = new Map([
  [10, 'dashboard and motor controller cannot communicate'],
  [11, 'current of phase A'],
  [12, 'current of phase B'],
  [13, 'current of phase C'],
  [14, 'hall sensor of the throttle'],
  [15, 'hall sensor of the brake'],
  [18, 'hall sensor of the motor'],
  [21, 'battery does not communicate'],
  [22, 'battery password'],
  [23, 'battery has the default serial number'],
  [24, 'system voltage'],
  [26, 'flash memory'],
  [27, 'motor controller password'],
  [28, 'high-side MOSFET'],
  [29, 'low-side MOSFET'],
  [31, 'program jump'],
  [35, 'scooter has the default serial number'],
  [36, 'battery too warm, or its temperature sensor'],
  [39, 'temperature sensor of the battery'],
  [40, 'temperature sensor of the motor controller'],
  [41, 'version of the Bluetooth firmware'],
  [42, 'serial number of the motor controller'],
]);
