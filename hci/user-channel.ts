import { setEnvironment } from './environment.ts';
import type { HciChannel } from './socket.ts';

/**
 * Environment variable that selects the HCI channel of noble and bleno. They read it when they are created or started;
 * noble also reads it whenever a peripheral requests other connection parameters, to decide whether to answer.
 */
const USER_CHANNEL = 'HCI_CHANNEL_USER';

/**
 * Makes noble and bleno use the HCI user channel by default, which does not block and bypasses the system's Bluetooth
 * service. Call it before either is loaded.
 */
export function useUserChannel(): void {
  process.env[USER_CHANNEL] = '1';
}

/** Environment variables for starting a library on `channel`; empty if undefined. */
export function channelEnvironment(channel: HciChannel | undefined): Record<string, string | undefined> {
  return channel === undefined ? {} : { [USER_CHANNEL]: channel === 'user' ? '1' : undefined };
}

/** Active overrides, oldest first, and the value of the variable before the first. */
const overrides = new Set<{ readonly channel: HciChannel }>();
let original: string | undefined;

/**
 * Overrides the HCI channel in the environment while an instance of noble runs. The environment is global: of several
 * overrides the newest applies, and after the last one is removed the original value is restored.
 * @returns a function that removes the override; without a channel it has no effect.
 */
export function overrideChannel(channel: HciChannel | undefined): () => void {
  if (channel === undefined) return () => undefined;
  const override = { channel };
  if (overrides.size === 0) original = process.env[USER_CHANNEL];
  overrides.add(override);
  applyNewest();
  return () => {
    if (overrides.delete(override)) applyNewest();
  };
}

function applyNewest(): void {
  const newest = [...overrides].at(-1);
  setEnvironment(newest ? channelEnvironment(newest.channel) : { [USER_CHANNEL]: original });
}
