import { readFileSync } from 'node:fs';

/** Fields of `/proc/PID/stat` behind the command, from proc(5): CPU time in user and in kernel mode, in ticks. */
const USER_FIELD = 11;
const SYSTEM_FIELD = 12;
/** USER_HZ, which is 100 on every architecture that Node.js runs on. */
const TICK_MS = 10;

/** CPU time of a running process, in steps of 10 ms; undefined if it has ended, or the system is not Linux. */
export function cpuTimeMs(pid: number | undefined): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid ?? 'none'}/stat`, 'latin1');
    // The command is in parentheses, and may contain some.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return TICK_MS * (Number(fields[USER_FIELD]) + Number(fields[SYSTEM_FIELD]));
  } catch {
    return undefined;
  }
}
