import { ChannelError } from './adapter-error.ts';

/** Connecting worked at once in raw mode on this kernel. */
const TESTED = { major: 6, minor: 1 } as const;
/** From this kernel on the native socket's blocking connect takes about 41 s, whether the peer is there or not. */
const FIRST_STALLING = { major: 6, minor: 12 } as const;

/**
 * What speaks against raw mode on a kernel, in words; undefined where nothing does.
 * @param release of the kernel, as `os.release()` tells it.
 * @throws ChannelError on kernels where every connection stalls: no client can work in that mode there.
 */
export function rawModeWarning(release: string): string | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release)?.map(Number) ?? [];
  if (major === undefined || minor === undefined) return untestedWarning(release);
  if (major > FIRST_STALLING.major || (major === FIRST_STALLING.major && minor >= FIRST_STALLING.minor)) {
    throw new ChannelError(
      `Raw mode does not work on Linux ${release}: from ${FIRST_STALLING.major}.${FIRST_STALLING.minor} on every connection stalls ` +
        'for 40 s there. Use the user channel, which is the default; it needs CAP_NET_ADMIN and CAP_NET_RAW, or root, ' +
        'and the adapter brought down first',
    );
  }
  return major === TESTED.major && minor === TESTED.minor ? undefined : untestedWarning(release);
}

function untestedWarning(release: string): string {
  return (
    `raw mode is known to work on Linux ${TESTED.major}.${TESTED.minor}, and has not been tried on ${release}: ` +
    'if connections take long, use the user channel'
  );
}
