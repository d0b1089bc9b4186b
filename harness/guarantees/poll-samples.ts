import type { Span } from './view/span.ts';

/** A poll, and the times between which its sample becomes safe. */
export interface SampleWindow {
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether there has to be a sample. */
  readonly isDemanded: boolean;
}

/** Which sample belongs to which poll. */
export interface PollSamples {
  /** For each poll, the index of its sample; undefined if it has none. */
  readonly ofPolls: readonly (number | undefined)[];
  /** Indexes of the samples that belong to no poll. */
  readonly others: readonly number[];
}

/**
 * Assigns samples to polls, both in order of time, so that as few polls as possible from which one is demanded remain
 * without; then so that as few samples as possible remain. A sample that is stored late may fit two polls.
 * @param samples when each became safe; a span if that is only known to be within it. Neither begins nor ends decrease
 */
export function assignSamples(polls: readonly SampleWindow[], samples: readonly Span[]): PollSamples {
  const isSatisfiable = earliest(polls, samples, ({ isDemanded }) => (isDemanded ? Infinity : 0)).map(
    (sample) => sample !== undefined,
  );
  const limits = limitsBefore(polls, samples, isSatisfiable);
  const ofPolls = earliest(polls, samples, ({ isDemanded }, poll) =>
    isDemanded ? Infinity : (limits[poll] ?? Infinity),
  );
  const assigned = new Set(ofPolls);
  return { ofPolls, others: [...samples.keys()].filter((sample) => !assigned.has(sample)) };
}

/** Assigns to each poll, in order, the first sample that fits. @param limitOf index that the sample has to be below */
function earliest(
  polls: readonly SampleWindow[],
  samples: readonly Span[],
  limitOf: (poll: SampleWindow, index: number) => number,
): (number | undefined)[] {
  let next = 0;
  return polls.map((poll, index) => {
    let sample = next;
    while ((samples[sample]?.endMs ?? Infinity) < poll.fromMs) sample += 1;
    if ((samples[sample]?.beginMs ?? Infinity) > poll.toMs || sample >= limitOf(poll, index))
      return undefined;
    next = sample + 1;
    return sample;
  });
}

/** For each poll, the last sample that the next satisfiable one after it may have, without one of those after it losing its own. */
function limitsBefore(
  polls: readonly SampleWindow[],
  samples: readonly Span[],
  isSatisfiable: readonly boolean[],
): number[] {
  const limits: number[] = [];
  let limit = Infinity;
  let sample = samples.length - 1;
  for (let index = polls.length - 1; index >= 0; index--) {
    limits[index] = limit;
    const poll = polls[index];
    if (!poll || isSatisfiable[index] !== true) continue;
    while ((samples[sample]?.beginMs ?? -Infinity) > poll.toMs) sample -= 1;
    limit = sample;
    sample -= 1;
  }
  return limits;
}
