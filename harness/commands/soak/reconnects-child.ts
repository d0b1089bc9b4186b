import { useUserChannel } from '../../../hci/user-channel.ts';
import { virtualClock } from '../../world/clock/clock.ts';
import type { EventContent } from '../../world/trace/event.ts';
import type { Scenario } from '../../scenario/format/scenario.ts';

/** What the whole world holds when a link comes up, the client and its Bluetooth library in it. */
export interface ResourceCounts {
  /** Links before this one. */
  readonly reconnects: number;
  readonly timers: number;
  readonly listeners: number;
  readonly handles: number;
  /** What is left after a garbage collection, now and then. */
  readonly heapBytes: number | undefined;
}

/** What is to be played, and where the client finds its files. */
export interface Task {
  readonly scenario: Scenario;
  readonly folder: string;
}

/** How often the heap is collected, in links. */
const COLLECT_EVERY_LINKS = 25;
const SEED = 1;

// Plays a story, and remembers nothing of it but what is held at each link. To be run with --expose-gc.
useUserChannel();
process.env['TZ'] = 'UTC';
process.env['BLENO_DEVICE_NAME'] = 'MIScooter';
process.on('message', (message) => void measure(message as Task).finally(() => process.exit()));

async function measure({ scenario, folder }: Task): Promise<void> {
  const clock = virtualClock();
  try {
    const { play } = await import('../../scenario/player/play.ts');
    let reconnects = 0;
    const record = (happening: EventContent): void => {
      if (happening.type !== 'census') return;
      const { timers, listeners, handles } = happening;
      const heapBytes = reconnects % COLLECT_EVERY_LINKS === 0 ? collectedHeap() : undefined;
      process.send?.({ reconnects, timers, listeners, handles, heapBytes } satisfies ResourceCounts);
      reconnects += 1;
    };
    await play(scenario, { seed: SEED, clock, folder, record, onSecret: () => undefined });
  } finally {
    clock.close();
  }
}

function collectedHeap(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
