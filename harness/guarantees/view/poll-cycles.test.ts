import { describe, expect, it } from 'vitest';
import { POLLED_BLOCKS as BLOCKS, type CycleBlock } from './blocks.ts';
import type { Link } from './links.ts';
import { PollCycleLog } from './poll-cycles.ts';

const LINK = {} as Link;

/** What happens, in order: a reply arrives, a read is not answered, or a sample is stored. */
type Step = CycleBlock | `no ${CycleBlock}` | 'sample';

/** Numbers of the replies of each cycle, by block; replies are numbered by their steps. */
function cyclesOf(...steps: readonly Step[]): Record<CycleBlock, number[]>[] {
  const log = new PollCycleLog();
  steps.forEach((step, id) => {
    if (step === 'sample') {
      log.taken({ type: 'taken', atMs: id, bootId: '', seq: id });
      return;
    }
    const { device, register, bytes } = BLOCKS[step.replace('no ', '') as CycleBlock];
    if (step.startsWith('no ')) {
      log.withheld({ type: 'reply.withheld', atMs: id, device, register });
      return;
    }
    const data = Buffer.alloc(bytes).toString('hex');
    log.sent({ type: 'reply.sent', atMs: id, id, device, register, data });
    log.carried({ type: 'reply.carried', atMs: id, id }, LINK);
  });
  return log.cycles.map(({ replies }) => ({
    live: replies.live.map(({ id }) => id),
    battery: replies.battery.map(({ id }) => id),
    range: replies.range.map(({ id }) => id),
  }));
}

describe('a poll cycle', () => {
  it('is complete with a reply to each block, and a sample after it makes no other one', () => {
    expect(cyclesOf('live', 'battery', 'range', 'sample', 'sample')).toEqual([
      { live: [0], battery: [1], range: [2] },
    ]);
  });

  it('is complete if a sample is stored without the second reply to a block that was answered before', () => {
    expect(cyclesOf('battery', 'range', 'live', 'battery', 'sample', 'range')).toEqual([
      { live: [2], battery: [3, 0], range: [1, 5] },
    ]);
  });

  it('has the only reply to a block that falls silent within it', () => {
    const steps = ['no live', 'battery', 'range', 'no live', 'battery', 'no range', 'battery'] as const;
    expect(cyclesOf(...steps, 'sample')).toEqual([{ live: [], battery: [4, 6, 1], range: [2] }]);
  });

  it('includes a further reply to the block that has shown another one to be silent, if the client asks again', () => {
    const steps = ['live', 'battery', 'no range', 'live', 'battery', 'no range', 'live'] as const;
    expect(cyclesOf(...steps, 'live', 'live', 'sample', 'live', 'battery', 'live')).toEqual([
      { live: [0, 3, 6, 7, 8, 10], battery: [1, 4], range: [] },
      { live: [7, 8, 10], battery: [11], range: [] },
    ]);
  });

  it.each([[['live', 'battery', 'sample']], [['sample']], [['no live', 'battery', 'sample']]] as const)(
    'is not made complete by a sample while a block has no reply: %j',
    (steps) => {
      expect(cyclesOf(...steps)).toEqual([]);
    },
  );
});
