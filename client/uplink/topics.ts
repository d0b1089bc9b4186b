import type { Config } from '../config/schema.ts';

/** Where the client publishes. */
export interface Topics {
  /** Every sample, in order, at least once. */
  readonly journal: string;
  /** The newest sample. */
  readonly live: string;
  /** `online`, or `offline` by the last will. */
  readonly status: string;
  /** Where the scooter is. */
  readonly scooter: string;
  /** Counters, and what was dropped. */
  readonly health: string;
}

export function topicsOf({ topic, baseTopic }: Config['mqtt']): Topics {
  return {
    journal: topic,
    live: `${baseTopic}/live`,
    status: `${baseTopic}/status`,
    scooter: `${baseTopic}/scooter`,
    health: `${baseTopic}/health`,
  };
}
