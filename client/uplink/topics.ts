import type { Config } from '../config/schema.ts';

/** The topics that the client publishes to. */
export interface Topics {
  /** Every sample, in order, at least once. */
  readonly journal: string;
  /** The newest sample. */
  readonly live: string;
  /** `online` or `offline`, the latter also as the will. */
  readonly status: string;
  /** The state of the scooter. */
  readonly scooter: string;
  /** Counters, and the newest ranges of dropped samples. */
  readonly health: string;
  /** Ranges of dropped samples that do not fit into the health report. */
  readonly dropped: string;
}

export function topicsOf({ topic, baseTopic }: Config['mqtt']): Topics {
  return {
    journal: topic,
    live: `${baseTopic}/live`,
    status: `${baseTopic}/status`,
    scooter: `${baseTopic}/scooter`,
    health: `${baseTopic}/health`,
    dropped: `${baseTopic}/health/dropped`,
  };
}
