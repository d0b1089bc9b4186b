import { describe, expect, it } from 'vitest';
import { CYCLE_BLOCKS, POLLED_BLOCKS as BLOCKS, type CycleBlock } from './blocks.ts';
import type { Link } from './links.ts';
import { PollCycleLog } from './poll-cycles.ts';

const LINK = {} as Link;

/**
 * What happens, in order: a reply arrives or is lost, a read is not answered, a fault loses data, a sample is stored, a reply
 * is sent, or the oldest one that was only sent arrives.
 */
type Step =
  | CycleBlock
  | `no ${CycleBlock}`
  | `lost ${CycleBlock}`
  | `send ${CycleBlock}`
  | 'stall'
  | 'arrive'
  | 'sample';

/** Numbers of the replies of each cycle, by block; replies are numbered by their steps. */
function cyclesOf(...steps: readonly Step[]): Record<CycleBlock, number[]>[] {
  const log = new PollCycleLog(1_500);
  const inTransit: number[] = [];
  steps.forEach((step, id) => {
    if (step === 'sample') {
      log.taken({ atMs: id });
      return;
    }
    if (step === 'arrive') {
      log.carried({ type: 'reply.carried', atMs: id, id: inTransit.shift() ?? -1 }, LINK);
      return;
    }
    if (step === 'stall') {
      log.stalled();
      return;
    }
    const { device, register, bytes } = BLOCKS[step.replace(/^(no|lost|send) /, '') as CycleBlock];
    if (step.startsWith('no ')) {
      log.withheld({ type: 'reply.withheld', atMs: id, device, register });
      return;
    }
    const data = Buffer.alloc(bytes).toString('hex');
    log.sent({ type: 'reply.sent', atMs: id, id, device, register, data });
    if (step.startsWith('send ')) inTransit.push(id);
    else if (!step.startsWith('lost ')) log.carried({ type: 'reply.carried', atMs: id, id }, LINK);
  });
  return log.cycles.map(({ replies }) => ({
    live: replies.live.map(({ id }) => id),
    battery: replies.battery.map(({ id }) => id),
    range: replies.range.map(({ id }) => id),
  }));
}

describe('a poll cycle', () => {
  it('is complete with a sample without a block that was not answered again while replies to others were on their way', () => {
    const steps = [
      'live',
      'no battery',
      'send range',
      'send live',
      'no battery',
      'arrive',
      'arrive',
      'range',
    ] as const;
    expect(cyclesOf(...steps)).toEqual([]);
    expect(cyclesOf(...steps, 'sample', 'live', 'range', 'sample')).toEqual([
      { live: [0, 3], battery: [], range: [2, 7] },
      { live: [9], battery: [], range: [10] },
    ]);
  });

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

  it('lacks a silent block only after the reply to a later request', () => {
    const steps: readonly Step[] = ['send live', 'no battery', 'arrive', 'no battery', 'range', 'live'];
    expect(cyclesOf(...steps)).toEqual([]);
    expect(cyclesOf(...steps, 'no battery', 'range')).toEqual([{ live: [0, 5], battery: [], range: [7] }]);
  });

  it('includes a further reply to the block that has shown another one to be silent, if the client asks again', () => {
    const steps = ['live', 'battery', 'no range', 'live', 'battery', 'no range', 'live'] as const;
    expect(cyclesOf(...steps, 'live', 'live', 'sample', 'live', 'battery', 'live')).toEqual([
      { live: [0, 3, 6, 7, 8, 10], battery: [1, 4], range: [] },
      { live: [7, 8, 10], battery: [11], range: [] },
    ]);
  });

  describe('with only one block that is not silent', () => {
    const silent = [
      'live',
      'no battery',
      'no range',
      'live',
      'no battery',
      'no range',
      'live',
      'sample',
    ] as const;
    const repeated = [...silent, 'send live', 'send live', 'arrive', 'sample'] as const;

    it.each([
      // The reply to the request of that poll comes after it, and begins no other poll.
      [
        'a second reply to the previous request',
        ['arrive', 'sample', 'live', 'live', 'sample'],
        [[8], [9], [15]],
      ],
      [
        'it, and the reply that was sent before it arrived',
        ['send live', 'arrive', 'sample', 'arrive', 'live'],
        [[8], [9], [16]],
      ],
      [
        'no second reply that arrives before the client asks again',
        ['arrive', 'live', 'sample'],
        [[8], [13]],
      ],
    ] as const)('has %s', (_what, steps, expected) => {
      const cycles = cyclesOf(...repeated, ...steps).slice(1);
      expect(cycles.map(({ live }) => live.slice(0, 1))).toEqual(expected);
    });

    it('has no second reply that arrives before the sample of the previous cycle is stored', () => {
      const cycles = cyclesOf(...repeated.slice(0, -1), 'arrive', 'sample', 'live', 'sample').slice(1);
      expect(cycles.map(({ live }) => live.slice(0, 1))).toEqual([[8], [13]]);
    });

    it('is counted if its sample is not stored', () => {
      expect(cyclesOf(...repeated, 'arrive', 'sample', 'live', 'live', 'live')).toHaveLength(5);
    });
  });

  it('lacks a block whose requests and replies were lost as many times as if it were silent', () => {
    const before = ['live', 'lost battery', 'lost range', 'lost range', 'lost live', 'battery'] as const;
    expect(cyclesOf(...before, 'stall', 'live', 'sample', 'live', 'battery', 'sample')).toEqual([
      { live: [0, 7], battery: [5], range: [] },
      { live: [9], battery: [10], range: [] },
    ]);
  });

  it.each([
    [['live', 'battery', 'lost range', 'live', 'sample']],
    [['live', 'battery', 'stall', 'live', 'sample']],
  ] as const)('is not made complete by a sample if a block was lost only once: %j', (steps) => {
    expect(cyclesOf(...steps)).toEqual([]);
  });

  it.each([[['live', 'battery', 'sample']], [['sample']], [['no live', 'battery', 'sample']]] as const)(
    'is not made complete by a sample while a block has no reply: %j',
    (steps) => {
      expect(cyclesOf(...steps)).toEqual([]);
    },
  );

  it('lacks a block whose requests were repeated after others, although no reply arrived in between', () => {
    const lost = ['lost range', 'lost range', 'lost live', 'lost battery', 'lost range'] as const;
    expect(cyclesOf('live', 'battery', ...lost, 'live', 'sample')).toEqual([
      { live: [0, 7], battery: [1], range: [] },
    ]);
  });
});

/** A log in which replies are sent and arrive at given times. */
class TimedReplies {
  readonly log = new PollCycleLog(1_500);
  #id = 0;

  send(name: CycleBlock, atMs: number, waitedMs = 0): number {
    const { device, register, bytes } = BLOCKS[name];
    const data = Buffer.alloc(bytes).toString('hex');
    this.log.sent({ type: 'reply.sent', atMs, id: ++this.#id, device, register, data, waitedMs });
    return this.#id;
  }

  arrive(id: number, atMs: number): void {
    this.log.carried({ type: 'reply.carried', atMs, id }, LINK);
  }

  /** Replies to all blocks, each of which is sent 10 ms before it arrives. */
  poll(...timesMs: readonly number[]): void {
    this.pollLate(0, ...timesMs);
  }

  /** The same, with each answered late. */
  pollLate(waitedMs: number, ...timesMs: readonly number[]): void {
    CYCLE_BLOCKS.forEach((name, index) => {
      const atMs = timesMs[index] ?? NaN;
      this.arrive(this.send(name, atMs - 10, waitedMs), atMs);
    });
  }

  get dueMs(): number[] {
    return this.log.cycles.map(({ dueMs }) => dueMs);
  }
}

describe('a poll cycle is not made of', () => {
  it('late replies to requests before the end of the previous one', () => {
    const replies = new TimedReplies();
    replies.pollLate(2_000, 4_000, 4_500, 5_000);
    replies.pollLate(2_000, 5_500, 6_000, 6_500);
    replies.poll(8_700, 8_800, 8_900);
    expect(replies.dueMs).toEqual([5_000, 8_900]);
  });

  it('a late reply of the only block that is not silent', () => {
    const replies = new TimedReplies();
    const silent = ['battery', 'range'] as const;
    for (let round = 0; round < 2; round++) {
      replies.arrive(replies.send('live', round), round);
      for (const name of silent)
        replies.log.withheld({ type: 'reply.withheld', atMs: round, ...BLOCKS[name] });
    }
    replies.arrive(replies.send('live', 2), 2);
    for (const atMs of [7_000, 8_500, 9_000, 12_000]) replies.arrive(replies.send('live', atMs, 2_000), atMs);
    expect(replies.dueMs).toEqual([2, 7_000, 12_000]);
  });

  it('replies that the scooter sends at once, when the radio has delayed repeated requests', () => {
    const replies = new TimedReplies();
    replies.poll(1_000, 1_100, 3_000);
    const ids = CYCLE_BLOCKS.map((name) => replies.send(name, 3_080));
    ids.forEach((id, index) => replies.arrive(id, 3_090 + 10 * index));
    replies.poll(6_000, 6_100, 6_200);
    expect(replies.dueMs).toEqual([3_000, 6_200]);
  });

  it('replies that do not reach the client because its adapter is mute', () => {
    const replies = new TimedReplies();
    replies.log.adapterMuted(true);
    replies.arrive(replies.send('live', 1_000), 1_000);
    replies.log.adapterMuted(false);
    for (const [name, atMs] of [
      ['battery', 2_000],
      ['range', 3_000],
      ['live', 4_000],
      ['battery', 4_500],
    ] as const) {
      replies.arrive(replies.send(name, atMs), atMs);
    }
    replies.log.taken({ atMs: 5_000 });
    expect(replies.log.cycles).toMatchObject([{ dueMs: 5_000, replies: { live: [{ carriedMs: 4_000 }] } }]);
  });
});

it('replies make a poll cycle although the one before them was late', () => {
  const replies = new TimedReplies();
  replies.poll(1_000, 1_100, 1_200);
  replies.pollLate(1_456, 6_000, 7_600, 9_200);
  replies.poll(9_300, 9_400, 9_500);
  expect(replies.dueMs).toEqual([1_200, 9_200, 9_500]);
});

it('replies that follow each other at once make a poll cycle, if each is requested after the one before', () => {
  const replies = new TimedReplies();
  replies.poll(1_000, 1_100, 1_200);
  replies.poll(1_220, 1_240, 1_260);
  expect(replies.dueMs).toEqual([1_200, 1_260]);
});
