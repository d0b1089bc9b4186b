import { pause, reasonOf } from '../wait.ts';
import type { BrokerConnection } from './connection.ts';
import type { Entry, Outbox } from './outbox.ts';

/** Samples that may be on their way to the broker unacknowledged. */
const WINDOW = 16;

export interface JournalOptions {
  readonly topic: string;
  readonly drainRatePerS: number;
  /** How long the broker may take to acknowledge one sample. */
  readonly ackTimeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Publishes the outbox in order at QoS 1, at most `drainRatePerS`, and removes what the broker has acknowledged.
 * Runs until the connection ends, the broker fails to acknowledge, or the signal aborts.
 * @throws the reason of whichever ended it.
 */
export async function drain(
  outbox: Outbox,
  connection: BrokerConnection,
  { topic, drainRatePerS, ackTimeoutMs, signal }: JournalOptions,
): Promise<never> {
  const failed = new AbortController();
  const stops = [signal, connection.ended, failed.signal];
  const inFlight = new Set<Promise<void>>();
  const deliver = async ({ key, payload }: Entry): Promise<void> => {
    try {
      await connection.publish({ topic, payload, qos: 1, retain: false }, ackTimeoutMs);
      await outbox.remove(key);
    } catch (error) {
      failed.abort(error);
    }
  };
  const intervalMs = 1000 / drainRatePerS;
  let turnMs = performance.now();
  let last: string | undefined;
  for (;;) {
    for (const entry of await nextEntries(outbox, last, stops)) {
      turnMs = Math.max(turnMs + intervalMs, performance.now() - intervalMs);
      if (turnMs > performance.now()) await pause(turnMs - performance.now(), ...stops);
      const delivery = deliver(entry).finally(() => inFlight.delete(delivery));
      inFlight.add(delivery);
      last = entry.key;
      if (inFlight.size >= WINDOW) await Promise.race(inFlight);
      const stop = stops.find((reason) => reason.aborted);
      if (stop) throw reasonOf(stop);
    }
  }
}

/** The next entries behind `last`; waits for an append while there are none. */
async function nextEntries(outbox: Outbox, last: string | undefined, stops: AbortSignal[]): Promise<Entry[]> {
  for (;;) {
    const appends = outbox.appends;
    const entries = await outbox.next(WINDOW, last);
    if (entries.length > 0) return entries;
    await outbox.appendedSince(appends, stops);
  }
}
