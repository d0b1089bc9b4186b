import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, truncateSync } from 'node:fs';
import { basename, join } from 'node:path';

const SIZE_BYTES = 64 * 2 ** 20;
const SECTOR_BYTES = 512;
/** Index of the number of sectors written, in `stat` of a block device (Documentation/block/stat.rst). */
const SECTORS_WRITTEN = 6;

/** A file system of its own, whose block device counts what is written to it. */
export interface LoopDevice {
  /** Where it is mounted. */
  readonly folder: string;
  /** Bytes written to the block device so far, journal and metadata included. */
  written(): number;
  unmount(): void;
}

/** Mounts an ext4 image in `folder`; returns undefined if this user may not, or the system cannot. */
export function mountLoopDevice(folder: string): LoopDevice | undefined {
  const image = join(folder, 'image');
  const mounted = join(folder, 'mounted');
  mkdirSync(mounted);
  closeSync(openSync(image, 'w'));
  truncateSync(image, SIZE_BYTES);
  let device: string;
  try {
    run('mkfs.ext4', '-q', image);
    run('mount', '-o', 'loop', image, mounted);
    device = run('findmnt', '--noheadings', '--output', 'SOURCE', mounted).trim();
  } catch {
    return undefined;
  }
  return {
    folder: mounted,
    written: () => {
      run('sync', '--file-system', mounted);
      const stat = readFileSync(`/sys/block/${basename(device)}/stat`, 'latin1')
        .trim()
        .split(/\s+/);
      return Number(stat[SECTORS_WRITTEN]) * SECTOR_BYTES;
    },
    unmount: () => void run('umount', mounted),
  };
}

function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
