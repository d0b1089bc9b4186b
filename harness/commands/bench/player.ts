import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { PLAYER_FLAGS } from '../../scenario/player/player-flags.ts';
import type { Scenario } from '../../scenario/format/scenario.ts';
import type { WorldResult } from './world-child.ts';

const CHILD = new URL('../../../build/bench/harness/commands/bench/world-child.js', import.meta.url);

/** A child process that plays one scenario after the other. */
export class Player {
  readonly #child: ChildProcess;

  /** @param flags additional options of Node.js */
  constructor(flags: readonly string[] = []) {
    this.#child = fork(CHILD, { execArgv: [...PLAYER_FLAGS, ...flags] });
  }

  /** @throws Error if the run violates a guarantee, because its figures would be meaningless. */
  async play(scenario: Scenario): Promise<WorldResult> {
    this.#child.send(scenario);
    const [result] = (await once(this.#child, 'message')) as [WorldResult];
    if (!result.passed) throw new Error(`Scenario "${scenario.name}" failed`);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.disconnect();
    await once(this.#child, 'exit');
  }
}
