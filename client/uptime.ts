import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** Random in each boot of Linux. */
const BOOT_FILE = '/proc/sys/kernel/random/boot_id';

/** A time that processes of the same boot can compare, however the wall clock is set meanwhile. */
export interface Uptime {
  /** Identifies the boot. */
  readonly boot: string;
  /** Milliseconds since then. */
  readonly ms: number;
}

/** The uptime of this machine; undefined if it does not identify its boots. */
export function systemUptime(): Uptime | undefined {
  try {
    return { boot: readFileSync(BOOT_FILE, 'utf8').trim(), ms: uptime() * 1000 };
  } catch {
    return undefined;
  }
}
