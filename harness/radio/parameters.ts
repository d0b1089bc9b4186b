/** Intervals in units of 1.25 ms, timeouts in units of 10 ms, latency in connection events. */
export interface ConnectionParameters {
  readonly interval: number;
  readonly latency: number;
  readonly supervisionTimeout: number;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

/** Bluetooth Core Vol 4 Part E, 7.8.12 (connections) and 7.8.5 (advertising, in units of 0.625 ms). */
const CONNECTION_INTERVAL: Range = { min: 0x0006, max: 0x0c80 };
const CONNECTION_LATENCY: Range = { min: 0, max: 0x01f3 };
const SUPERVISION_TIMEOUT: Range = { min: 0x000a, max: 0x0c80 };
const ADVERTISING_INTERVAL: Range = { min: 0x0020, max: 0x4000 };
/** Units of the supervision timeout in units of the interval: 10 ms to 1.25 ms. */
const INTERVALS_PER_TIMEOUT_UNIT = 8;

const ADVERTISING_DATA_BYTES = 31;

const within = (value: number, { min, max }: Range): boolean => value >= min && value <= max;

/** The range of intervals that two fields ask for, and whether it is one that `bounds` allow. */
const isIntervalRange = (min: number, max: number, bounds: Range): boolean =>
  within(min, bounds) && within(max, bounds) && min <= max;

/**
 * What a command asks of a connection, from interval to supervision timeout; undefined where that is no connection.
 * Of the intervals allowed the longest is taken, as by a controller that saves power.
 */
export function decodeConnectionParameters(bytes: Buffer): ConnectionParameters | undefined {
  const [minInterval, interval] = [bytes.readUInt16LE(0), bytes.readUInt16LE(2)];
  const [latency, supervisionTimeout] = [bytes.readUInt16LE(4), bytes.readUInt16LE(6)];
  const possible =
    isIntervalRange(minInterval, interval, CONNECTION_INTERVAL) &&
    within(latency, CONNECTION_LATENCY) &&
    within(supervisionTimeout, SUPERVISION_TIMEOUT) &&
    // Two connection events that the peripheral attends must fit in.
    supervisionTimeout * INTERVALS_PER_TIMEOUT_UNIT > (1 + latency) * interval * 2;
  return possible ? { interval, latency, supervisionTimeout } : undefined;
}

/** The advertising interval that a command asks for, in units of 0.625 ms; undefined where it is none. */
export function decodeAdvertisingInterval(bytes: Buffer): number | undefined {
  const [minInterval, interval] = [bytes.readUInt16LE(0), bytes.readUInt16LE(2)];
  return isIntervalRange(minInterval, interval, ADVERTISING_INTERVAL) ? interval : undefined;
}

/** Length byte, then up to 31 bytes of AD structures, padded; undefined where the length is more than that. */
export function decodeAdvertisingData(bytes: Buffer): Buffer | undefined {
  const length = bytes.readUInt8(0);
  return length > ADVERTISING_DATA_BYTES ? undefined : Buffer.from(bytes.subarray(1, 1 + length));
}
