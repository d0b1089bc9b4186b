import { describe, expect, it } from 'vitest';
import { isLocked } from './file-locks.ts';

const MOUNTS = `22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 179:2 / / rw,noatime shared:1 - ext4 /dev/root rw
31 27 8:17 / /media/stick rw,relatime - ext4 /dev/sdb1 rw
40 27 74565:6785451 / /media/array rw,relatime - ext4 /dev/far rw
`;
/** Results of makedev(3). */
const [CARD, STICK, FAR, SUBVOLUME] = [0xb302n, 0x811n, 0x12006789345abn, 0x1en];

const LOCKS = `1: POSIX  ADVISORY  WRITE 731 b3:02:4711 0 EOF
2: FLOCK  ADVISORY  WRITE 402 00:1a:1088 0 EOF
3: POSIX  ADVISORY  WRITE 812 12345:6789ab:99 0 EOF
`;

const ask = (dev: bigint, ino: bigint, locks = LOCKS): boolean | undefined =>
  isLocked({ dev, ino }, { locks, mounts: MOUNTS });

describe('the lock of a file', () => {
  it('is found by device and inode, on any device', () => {
    expect(ask(CARD, 4_711n)).toBe(true);
    expect(ask(FAR, 99n)).toBe(true);
  });

  it('is not confused with one of the same inode on another device, or of an inode with a common prefix or suffix', () => {
    expect(ask(STICK, 4_711n)).toBe(false);
    for (const inode of [471n, 711n, 47_110n]) expect(ask(CARD, inode)).toBe(false);
    expect(ask(CARD, 4_711n, '')).toBe(false);
  });

  it('is unknown on a file system with made-up device numbers', () => {
    expect(ask(SUBVOLUME, 4_711n)).toBeUndefined();
    expect(ask(SUBVOLUME, 1n)).toBeUndefined();
  });
});
