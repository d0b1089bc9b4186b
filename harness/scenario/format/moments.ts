/** Moments at which a fault can begin, each counted from its beginning. */
export const MOMENTS = {
  start: 'HCI packets of the adapter since a start of the client',
  connect: 'HCI packets since the client began to connect',
  login: 'HCI packets since it began to log in',
  poll: 'replies of the scooter since the connection',
  drain: 'samples at the broker since the client connected to it',
  stop: 'HCI packets and messages at the broker since the client was told to stop',
} as const satisfies Readonly<Record<string, string>>;

export type MomentName = keyof typeof MOMENTS;

export const MOMENT_NAMES = Object.keys(MOMENTS) as [MomentName, ...MomentName[]];

/** Begins a fault at a moment instead of a time. */
export interface Trigger {
  readonly on: MomentName;
  /** The fault begins with this one of what the moment counts, from 1. */
  readonly nth: number;
  /** Time for which it waits, from the time of the step; by default until the end of the scenario. */
  readonly waitMs?: number;
}
