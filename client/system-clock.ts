import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import type { ClockSource } from './clock-sync.ts';

/** Starting the service that answers takes seconds on a slow Pi. */
const TIMEOUT_MS = 10_000;

/** systemd-timesyncd creates this file at the first synchronisation after a boot. */
const TIMESYNCD_FILE = '/run/systemd/timesync/synchronized';

const ANSWERS: Readonly<Record<string, boolean>> = { yes: true, no: false };

const run = promisify(execFile);

/** Creates the clock source of this machine. @param program prints `yes` or `no` */
export function systemClock(
  program: readonly [file: string, ...args: string[]] = [
    'timedatectl',
    'show',
    '--property=NTPSynchronized',
    '--value',
  ],
): ClockSource {
  const [file, ...args] = program;
  return {
    isKernelSynced: async (signal) => {
      const options = { signal, timeout: TIMEOUT_MS, killSignal: 'SIGKILL' } as const;
      const { stdout } = await run(file, args, options);
      const answer = ANSWERS[stdout.trim()];
      if (answer === undefined) throw new Error(`${file} answered neither yes nor no`);
      return answer;
    },
    hasTimesyncdSynced: () => existsSync(TIMESYNCD_FILE),
  };
}
