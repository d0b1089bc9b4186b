import type { ScooterModel } from '../../../../simulator/models/model.ts';
import type { RideState } from '../../../../simulator/ride/ride-state.ts';

/** What a scooter is, and the state of its ride when it replied. */
export interface Truth {
  readonly model: ScooterModel;
  readonly state: RideState;
}

export type Value = number | string;
/** Reads a value from a reply; little-endian, at a byte offset. */
export type Read = (bytes: Buffer) => Value;

export const u8 =
  (at: number): Read =>
  (bytes) =>
    bytes.readUInt8(at);
export const u16 =
  (at: number): Read =>
  (bytes) =>
    bytes.readUInt16LE(at);
export const i16 =
  (at: number): Read =>
  (bytes) =>
    bytes.readInt16LE(at);
export const u32 =
  (at: number): Read =>
  (bytes) =>
    bytes.readUInt32LE(at);
export const text =
  (at: number, length: number): Read =>
  (bytes) =>
    bytes.toString('latin1', at, at + length);
export const hex =
  (at: number, length: number): Read =>
  (bytes) =>
    bytes.toString('hex', at, at + length);

/** The word 0x0134 as `1.3.4`. */
export const version =
  (at: number): Read =>
  (bytes) => {
    const word = bytes.readUInt16LE(at).toString(16).padStart(3, '0');
    return Array.from(word).join('.');
  };
/** The word 0x22a2 as `2017-05-02`: bits 15 to 9 years since 2000, 8 to 5 month, 4 to 0 day. */
export const date =
  (at: number): Read =>
  (bytes) => {
    const word = bytes.readUInt16LE(at);
    const numbers = [2000 + Math.floor(word / 0x200), Math.floor(word / 0x20) % 0x10, word % 0x20];
    return numbers.map((number) => String(number).padStart(2, '0')).join('-');
  };

/** Expected values, in the unit of the register. */
export const is = (value: Value) => (): Value => value;
export const scaled = (factor: number, of: (state: RideState) => number | undefined) => (truth: Truth) =>
  Math.round((of(truth.state) ?? NaN) * factor);
export const floored =
  (of: (state: RideState) => number, divisor = 1) =>
  (truth: Truth) =>
    Math.floor(of(truth.state) / divisor);

/** Percentages are cut off, not rounded; the small number exceeds rounding errors. */
export const percent = floored((state) => state.batteryPercent + 1e-9);
export const status = ({ model, state }: Truth): number => model.restingStatus + state.status;
export const mode = ({ state }: Truth): number => state.conditions.mode;
export const speed = scaled(1000, (state) => state.speedKmh);
export const odometer = floored((state) => state.odometerM);
export const trip = floored((state) => state.tripM, 10);
export const uptime = floored((state) => state.uptimeS);
export const frameTemperature = scaled(10, (state) => state.frameTemperatureC);
export const volts = scaled(100, (state) => state.voltageV);
export const amperes = scaled(100, (state) => state.currentA);
