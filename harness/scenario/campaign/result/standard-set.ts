import type { CampaignSettings } from './result.ts';

/** The seeds that together have to reach every event of harness/sometimes. */
export const STANDARD_SET = { from: 1, seeds: 2_000, minutes: 10 } as const;

/** What a result is of. */
export type Settings = Pick<CampaignSettings, 'from' | 'seeds' | 'minutes' | 'shard'>;

/** Whether a result is that of the whole standard set. */
export function isStandard({ from, seeds, minutes, shard }: Settings): boolean {
  return (
    from === STANDARD_SET.from &&
    seeds === STANDARD_SET.seeds &&
    minutes === STANDARD_SET.minutes &&
    shard.count === 1
  );
}
