import type { HciChannel } from './socket.ts';

/** The only switch that noble and bleno know; they look at it when they are created or started. */
const USER_CHANNEL = 'HCI_CHANNEL_USER';

/**
 * Makes noble and bleno take their adapters for themselves (HCI user channel), which neither blocks nor asks the system's
 * own Bluetooth. Holds for every adapter that does not say otherwise; to be called before either is loaded.
 */
export function useUserChannel(): void {
  process.env[USER_CHANNEL] = '1';
}

/** The environment in which a library starts on `channel`; without one, as it is. */
export function channelEnvironment(channel: HciChannel | undefined): Record<string, string | undefined> {
  return channel === undefined ? {} : { [USER_CHANNEL]: channel === 'user' ? '1' : undefined };
}
