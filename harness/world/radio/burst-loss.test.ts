import { describe, expect, it } from 'vitest';
import { seededRandom } from '../random.ts';
import { BurstLoss } from './burst-loss.ts';

const PARAMETERS = { goodMs: 2_000, badMs: 500, lossInGood: 0, lossInBad: 1 };

/** Whether each packet is lost, of those that are sent at an interval for an hour. */
function lossesOf(intervalMs: number, parameters = PARAMETERS): boolean[] {
  const channel = new BurstLoss(parameters, seededRandom(1).unit, 0);
  return Array.from({ length: 3_600_000 / intervalMs }, (_, index) =>
    channel.losesPacket(index * intervalMs),
  );
}

const shareOf = (losses: readonly boolean[]): number => losses.filter(Boolean).length / losses.length;

/** Lengths of the runs of equal outcomes. */
function runsOf(losses: readonly boolean[], outcome: boolean): number[] {
  const runs: number[] = [];
  losses.forEach((isLost, index) => {
    if (isLost !== outcome) return;
    if (losses[index - 1] === outcome) runs.push((runs.pop() ?? 0) + 1);
    else runs.push(1);
  });
  return runs;
}

const meanOf = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

describe('a channel that loses packets in bursts', () => {
  it('is bad for its share of the time, however often packets are sent', () => {
    for (const intervalMs of [15, 100, 1_000]) expect(shareOf(lossesOf(intervalMs))).toBeCloseTo(0.2, 1);
  });

  it('stays in each state for its mean duration', () => {
    const losses = lossesOf(5);
    expect(meanOf(runsOf(losses, true)) * 5).toBeCloseTo(500, -2);
    expect(meanOf(runsOf(losses, false)) * 5).toBeCloseTo(2_000, -3);
  });

  it('loses packets one by one as well, by the share of each state', () => {
    const parameters = { ...PARAMETERS, lossInGood: 0.1, lossInBad: 0.6 };
    expect(shareOf(lossesOf(15, parameters))).toBeCloseTo(0.8 * 0.1 + 0.2 * 0.6, 1);
  });

  it('is good at first', () => {
    const channel = new BurstLoss(PARAMETERS, () => 0, 0);
    expect(channel.losesPacket(0)).toBe(false);
    expect(channel.losesPacket(1)).toBe(true);
  });
});
