import { Command } from 'commander';
import { positiveInteger } from '../../client/commands/arguments.ts';
import { killNine, type KillResult } from '../soak/kill-nine.ts';

const DEFAULT_LIVES = 200;
/** Campaigns that run side by side. */
const LANES = 2;

const { lives, seed } = new Command('soak')
  .description(
    'what takes too long for the test suite: the real client with a real database, killed again and again',
  )
  .option('--lives <count>', 'how often the client is killed', positiveInteger, DEFAULT_LIVES)
  .option('--seed <number>', 'of the moments at which it is killed', positiveInteger, 1)
  .parse()
  .opts<{ lives: number; seed: number }>();

const beganMs = performance.now();
const lanes = Array.from({ length: LANES }, (_, lane) => killNine(Math.ceil(lives / LANES), seed + lane));
const results = await Promise.all(lanes);
const sum = (count: (result: KillResult) => number): number =>
  results.reduce((total, result) => total + count(result), 0);
const lost = sum((result) => result.lost.length);
const outOfOrder = sum((result) => result.outOfOrder.length);
const holes = sum((result) => result.holes);
process.stdout.write(
  `kill -9: ${sum((result) => result.lives)} lives, ${sum((result) => result.taken)} samples stored, ` +
    `${sum((result) => result.received)} received, ${lost} lost, ${outOfOrder} out of order, ${holes} holes ` +
    `(${((performance.now() - beganMs) / 1000).toFixed(0)} s)\n`,
);
const isProof = sum((result) => result.taken) > 0;
process.exit(isProof && lost + outOfOrder + holes === 0 ? 0 : 1);
