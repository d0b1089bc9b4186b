import { ChannelError } from './adapter-error.ts';

/** Connecting worked at once in raw mode on this kernel. */
const MEASURED = { major: 6, minor: 1 } as const;
/** From this kernel on the native socket's blocking connect takes about 41 s, whether the peer is there or not. */
const STALLING = { major: 6, minor: 12 } as const;

/**
 * What speaks against raw mode on a kernel, in words; undefined where nothing does.
 * @param release of the kernel, as `os.release()` tells it.
 * @throws ChannelError on kernels where every connection stalls: no client can work in that mode there.
 */
export function rawModeCaveat(release: string): string | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release)?.map(Number) ?? [];
  if (major === undefined || minor === undefined) return unmeasured(release);
  if (major > STALLING.major || (major === STALLING.major && minor >= STALLING.minor)) {
    throw new ChannelError(
      `Raw mode does not work on Linux ${release}: from ${STALLING.major}.${STALLING.minor} on every connection stalls ` +
        'for 40 s there. Use the user channel, which is the default; it needs CAP_NET_ADMIN and CAP_NET_RAW, or root, ' +
        'and the adapter brought down first',
    );
  }
  return major === MEASURED.major && minor === MEASURED.minor ? undefined : unmeasured(release);
}

function unmeasured(release: string): string {
  return (
    `raw mode is known to work on Linux ${MEASURED.major}.${MEASURED.minor}, and has not been tried on ${release}: ` +
    'if connections take long, use the user channel'
  );
}
