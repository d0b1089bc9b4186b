import { setEnvironment } from './environment.ts';
import type { HciChannel } from './socket.ts';

/**
 * The only switch that noble and bleno know. They look at it when they are created or started, noble also whenever a
 * peripheral asks for other connection parameters: then it says who answers, noble or the kernel.
 */
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

/** For whom the environment is held, oldest first, and what it was before. */
const overrides = new Set<{ readonly channel: HciChannel }>();
let original: string | undefined;

/**
 * Lets `channel` be what a noble finds in the environment as long as it lives: the switch is the whole process's. Of
 * several that live at once the youngest has its way, and after the last the environment is as it was before the first.
 * @returns lets go of it; without a channel nothing is held.
 */
export function overrideChannel(channel: HciChannel | undefined): () => void {
  if (channel === undefined) return () => undefined;
  const holder = { channel };
  if (overrides.size === 0) original = process.env[USER_CHANNEL];
  overrides.add(holder);
  applyNewest();
  return () => {
    if (overrides.delete(holder)) applyNewest();
  };
}

function applyNewest(): void {
  const youngest = [...overrides].at(-1);
  setEnvironment(youngest ? channelEnvironment(youngest.channel) : { [USER_CHANNEL]: original });
}
