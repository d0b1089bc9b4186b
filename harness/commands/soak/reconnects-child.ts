import { useUserChannel } from '../../../hci/user-channel.ts';
import { virtualClock } from '../../world/clock/clock.ts';
import type { EventContent } from '../../world/trace/event.ts';
import type { Scenario } from '../../scenario/format/scenario.ts';

/** Resources of the client and the whole simulation when a link comes up. */
export interface ResourceCounts {
  /** Number of links before this one. */
  readonly reconnects: number;
  readonly timers: number;
  readonly listeners: number;
  readonly handles: number;
  /** Heap after a garbage collection; undefined if there was none. */
  readonly heapBytes: number | undefined;
}

/** Scenario to play, and folder for the client's files. */
export interface Task {
  readonly scenario: Scenario;
  readonly folder: string;
}

/** Number of links between two garbage collections. */
const COLLECT_EVERY_LINKS = 25;
const SEED = 1;

// Plays a scenario and sends only the resource counts at each link to the parent. Requires --expose-gc.
useUserChannel();
process.env['TZ'] = 'UTC';
process.env['BLENO_DEVICE_NAME'] = 'MIScooter';
process.on('message', (message) => void measure(message as Task).finally(() => process.exit()));

async function measure({ scenario, folder }: Task): Promise<void> {
  const clock = virtualClock();
  try {
    const { play } = await import('../../scenario/player/play.ts');
    let reconnects = 0;
    const record = (event: EventContent): void => {
      if (event.type !== 'census') return;
      const { timers, listeners, handles } = event;
      const heapBytes = reconnects % COLLECT_EVERY_LINKS === 0 ? heapBytesAfterGc() : undefined;
      process.send?.({ reconnects, timers, listeners, handles, heapBytes } satisfies ResourceCounts);
      reconnects += 1;
    };
    await play(scenario, { seed: SEED, clock, folder, record, onSecret: () => undefined });
  } finally {
    clock.close();
  }
}

function heapBytesAfterGc(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
