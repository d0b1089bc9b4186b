import os from 'node:os';

/** A platform on which bleno uses HCI sockets. */
const HCI_PLATFORM = 'linux';

/**
 * Runs the synchronous function `load` while `os.platform` returns a platform on which bleno uses HCI sockets: it chooses
 * its bindings by platform when it is loaded, and has no option for it.
 */
export function withHciPlatform<T>(load: () => T): T {
  const { platform } = os;
  try {
    Object.assign(os, { platform: () => HCI_PLATFORM });
    return load();
  } finally {
    Object.assign(os, { platform });
  }
}
