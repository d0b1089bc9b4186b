/** Identity of a file, from `stat`. */
export interface FileIdentity {
  /** In Linux encoding. */
  readonly dev: bigint;
  readonly ino: bigint;
}

/** Lock and mount tables of the kernel. */
export interface KernelTables {
  /** The text of `/proc/locks`. */
  readonly locks: string;
  /** The text of `/proc/self/mountinfo`. */
  readonly mounts: string;
}

/**
 * Checks whether a process has locked a file, without trying to lock it: opening the store for that might create files
 * with the wrong owner. Undefined if unknown: on some file systems (btrfs, some overlays), `stat` returns a device number
 * that appears in neither table.
 */
export function isLocked(file: FileIdentity, { locks, mounts }: KernelTables): boolean | undefined {
  const { major, minor } = deviceOf(file);
  const isOfMount = mounts.split('\n').some((line) => line.split(' ')[MOUNT_DEVICE] === `${major}:${minor}`);
  if (!isOfMount) return undefined;
  const device = [major, minor].map((part) => part.toString(16).padStart(2, '0')).join(':');
  return locks.includes(` ${device}:${file.ino} `);
}

/** Index of the device number in a line of `/proc/self/mountinfo`. */
const MOUNT_DEVICE = 2;

/** Splits a Linux `dev_t` (see makedev(3)), which has the layout 0xMMMMMmmmmmmMMMmm. */
function deviceOf({ dev }: FileIdentity): { major: bigint; minor: bigint } {
  return {
    major: ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xffff_f000n),
    minor: (dev & 0xffn) | ((dev >> 12n) & 0xffff_ff00n),
  };
}
