import { ChannelError } from './adapter-error.ts';

/** Kernel on which raw mode was tested, and connected immediately. */
const TESTED = { major: 6, minor: 1 } as const;
/** First kernel on which the native socket's blocking connect takes about 41 s, even if the peer is present. */
const FIRST_STALLING = { major: 6, minor: 12 } as const;

/**
 * Returns a warning about raw mode on a kernel; undefined if it is known to work.
 * @param release release of the kernel, as reported by `os.release()`.
 * @throws ChannelError on kernels on which every connection stalls.
 */
export function rawModeWarning(release: string): string | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release)?.map(Number) ?? [];
  if (major === undefined || minor === undefined) return untestedWarning(release);
  if (major > FIRST_STALLING.major || (major === FIRST_STALLING.major && minor >= FIRST_STALLING.minor)) {
    throw new ChannelError(
      `Raw mode does not work on Linux ${release}: since ${FIRST_STALLING.major}.${FIRST_STALLING.minor} every ` +
        'connection stalls for 40 s. Use the user channel, which is the default; it needs CAP_NET_ADMIN, or root',
    );
  }
  return major === TESTED.major && minor === TESTED.minor ? undefined : untestedWarning(release);
}

function untestedWarning(release: string): string {
  return (
    `raw mode is tested on Linux ${TESTED.major}.${TESTED.minor} only, not on ${release}: ` +
    'if connections are slow, use the user channel'
  );
}
