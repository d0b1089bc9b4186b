import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { PLAYER_FLAGS } from '../../scenario/player/player-flags.ts';
import type { Scenario } from '../../scenario/format/scenario.ts';
import type { WorldResult } from './world-child.ts';

const CHILD = new URL('../../../build/bench/harness/commands/bench/world-child.js', import.meta.url);

/** A child process that plays one scenario after the other. */
class Player {
  readonly #child: ChildProcess;

  constructor(flags: readonly string[]) {
    this.#child = fork(CHILD, { execArgv: [...PLAYER_FLAGS, ...flags] });
  }

  /** @throws Error if the run violates a guarantee, because its figures would be meaningless. */
  async play(scenario: Scenario): Promise<WorldResult> {
    this.#child.send(scenario);
    const [result] = (await once(this.#child, 'message')) as [WorldResult];
    if (!result.passed) throw new Error(`Scenario "${scenario.name}" failed`);
    return result;
  }

  /** Waits until the process has ended, and with it its profile is written. */
  async end(): Promise<void> {
    this.#child.disconnect();
    await once(this.#child, 'exit');
  }
}

/**
 * Runs `use` with a player, which ends afterwards.
 * @param flags additional options of Node.js
 */
export async function withPlayer<T>(
  use: (player: Player) => Promise<T>,
  flags: readonly string[] = [],
): Promise<T> {
  const player = new Player(flags);
  try {
    return await use(player);
  } finally {
    await player.end();
  }
}
