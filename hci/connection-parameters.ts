/** Connection parameters that a peripheral requests. */
export interface RequestedParameters {
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
  /** Number of connection events that the peripheral may skip. */
  readonly latency: number;
  readonly supervisionTimeoutMs: number;
}

/** Units of intervals and timeouts, in milliseconds. */
const UNIT_MS = { interval: 1.25, timeout: 10 } as const;
const PARAMETER_UPDATE_REQUEST = 0x12;
/** Any value except 0. */
const IDENTIFIER = 1;

/** Encodes a Connection Parameter Update Request on the L2CAP signaling channel (Bluetooth Core Vol 3 Part A, 4.20). */
export function encodeParameterUpdateRequest(parameters: RequestedParameters): Buffer {
  const words = [
    Math.round(parameters.minIntervalMs / UNIT_MS.interval),
    Math.round(parameters.maxIntervalMs / UNIT_MS.interval),
    parameters.latency,
    Math.round(parameters.supervisionTimeoutMs / UNIT_MS.timeout),
  ];
  const request = Buffer.alloc(4 + 2 * words.length);
  request.writeUInt8(PARAMETER_UPDATE_REQUEST, 0);
  request.writeUInt8(IDENTIFIER, 1);
  request.writeUInt16LE(2 * words.length, 2);
  words.forEach((word, index) => request.writeUInt16LE(word, 4 + 2 * index));
  return request;
}

/** Whether the parameters of a connection are among those requested. */
export function satisfies(
  requested: RequestedParameters,
  { intervalMs, supervisionTimeoutMs }: { intervalMs: number; supervisionTimeoutMs: number },
): boolean {
  const { minIntervalMs, maxIntervalMs } = requested;
  return (
    intervalMs >= minIntervalMs &&
    intervalMs <= maxIntervalMs &&
    supervisionTimeoutMs === requested.supervisionTimeoutMs
  );
}
