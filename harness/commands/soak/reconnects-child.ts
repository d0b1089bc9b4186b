import { Writable } from 'node:stream';
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
/** Longer than any packet of the scenario. */
const MAX_PACKET_BYTES = 4_096;

// Plays a scenario and sends only the resource counts at each link to the parent. Requires --expose-gc.
useUserChannel();
process.env['TZ'] = 'UTC';
process.env['BLENO_DEVICE_NAME'] = 'MIScooter';
process.on('message', (message) => void measure(message as Task).finally(() => process.exit()));

async function measure({ scenario, folder }: Task): Promise<void> {
  const clock = virtualClock();
  try {
    const { play } = await import('../../scenario/player/play.ts');
    await fillPacketLengthCache();
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

/**
 * Encodes a packet of each length. mqtt-packet keeps the encoded length of every packet of a new length, in a buffer that
 * may be the only one left in its 8 kB slab: growth that has an end, and none that a reconnect causes.
 */
async function fillPacketLengthCache(): Promise<void> {
  const { writeToStream } = await import('mqtt-packet');
  const discard = new Writable({ write: (_chunk, _encoding, done) => done() });
  for (let bytes = 0; bytes <= MAX_PACKET_BYTES; bytes += 1) {
    const payload = Buffer.alloc(bytes);
    writeToStream({ cmd: 'publish', topic: 'a', payload, qos: 0, dup: false, retain: false }, discard);
  }
}

function heapBytesAfterGc(): number {
  globalThis.gc?.();
  // The first collection leaves its buffers of up to 64 kB to another thread; the next one waits for it.
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
