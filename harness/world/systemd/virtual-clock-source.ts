import type { ClockSource } from '../../../client/clock-sync.ts';
import { pause } from '../../../client/wait.ts';

/** The time in which timedatectl answers on a Pi. */
const ANSWER_MS = 100;

/** What the Pi knows about the synchronisation of its clock. */
export class VirtualClockSource implements ClockSource {
  /** `undefined` if timedatectl is not installed. */
  kernelSynced: boolean | undefined = true;
  timesyncdSynced = false;
  /** Number of faults that prevent both from being asked. */
  #failing = 0;

  /** Sets what `service` says: the kernel, only the file of systemd-timesyncd, or nothing. */
  setSynced(service: 'kernel' | 'timesyncd' | 'none', isSynced: boolean): void {
    this.kernelSynced = service === 'kernel' ? isSynced : undefined;
    this.timesyncdSynced = service === 'timesyncd' && isSynced;
  }

  /** Prevents that anything tells whether the clock is synchronised. @returns ends that */
  fail(): () => void {
    this.#failing += 1;
    return () => (this.#failing -= 1);
  }

  readonly isKernelSynced = async (signal: AbortSignal): Promise<boolean> => {
    await pause(ANSWER_MS, signal);
    if (this.#failing > 0) throw new Error('timedatectl: Failed to query server: Connection timed out');
    if (this.kernelSynced === undefined) throw new Error('spawn timedatectl ENOENT');
    return this.kernelSynced;
  };

  readonly hasTimesyncdSynced = (): boolean => this.timesyncdSynced && this.#failing === 0;
}
