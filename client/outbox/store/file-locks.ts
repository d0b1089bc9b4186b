/** A file as `stat` knows it. */
export interface FileIdentity {
  /** In the encoding of Linux. */
  readonly dev: bigint;
  readonly ino: bigint;
}

/** What the kernel tells about itself. */
export interface KernelTables {
  /** The text of `/proc/locks`. */
  readonly locks: string;
  /** The text of `/proc/self/mountinfo`. */
  readonly mounts: string;
}

/**
 * Whether a process has locked a file, without trying to: whoever opened a store to find out might leave files behind
 * that are another user's. Undefined where that cannot be told: on some file systems (btrfs, some overlays) `stat`
 * makes up the number of a device, of which no lock and no mount knows.
 */
export function isLocked(file: FileIdentity, { locks, mounts }: KernelTables): boolean | undefined {
  const { major, minor } = deviceOf(file);
  const isOfMount = mounts.split('\n').some((line) => line.split(' ')[MOUNT_DEVICE] === `${major}:${minor}`);
  if (!isOfMount) return undefined;
  const device = [major, minor].map((part) => part.toString(16).padStart(2, '0')).join(':');
  return locks.includes(` ${device}:${file.ino} `);
}

/** Which word of a line in `/proc/self/mountinfo` is the device, after the numbers of the mount and its parent. */
const MOUNT_DEVICE = 2;

/** The two parts of a `dev_t` of Linux (see makedev(3)), which lie in it like 0xMMMMMmmmmmmMMMmm. */
function deviceOf({ dev }: FileIdentity): { major: bigint; minor: bigint } {
  return {
    major: ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xffff_f000n),
    minor: (dev & 0xffn) | ((dev >> 12n) & 0xffff_ff00n),
  };
}
