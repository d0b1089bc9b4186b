import type { TraceEvent } from '../../world/trace/event.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Counts what happens to a process as a correct client does. */
export class HealthCounters {
  readonly #counts = new Map<string, number>();

  /** Starts a new process. */
  reset(): void {
    this.#counts.clear();
  }

  count(event: Pick<TraceEvent, 'type'> & { readonly topic?: string }): void {
    const { type, topic } = event;
    const key = topic?.endsWith('/realtime') === true ? 'delivered' : type;
    this.#counts.set(key, this.#of(key) + 1);
  }

  /** The health report at a time. */
  report(nowMs: number, more: Fields): Fields {
    return {
      uptime_sec: Math.round(nowMs / 1000),
      clock_synced: true,
      broker: {
        connects: this.#of('broker.connected'),
        failures: this.#of('broker.attempt') - this.#of('broker.connected'),
      },
      scooter: { logins: this.#of('login'), links_lost: this.#of('link.down') },
      samples: { stored: this.#of('taken'), delivered: this.#of('delivered'), disk_errors: 0 },
      ...more,
    };
  }

  #of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }
}
