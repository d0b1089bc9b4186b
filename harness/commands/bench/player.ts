import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { PLAYER_FLAGS } from '../../scenario/player/player-flags.ts';
import type { Scenario } from '../../scenario/format/scenario.ts';
import type { WorldResult } from './world-child.ts';

const CHILD = new URL('../../../build/bench/harness/commands/bench/world-child.js', import.meta.url);

/** A process that plays one story after the other. */
export class Player {
  readonly #child: ChildProcess;

  /** @param flags further options of Node.js */
  constructor(flags: readonly string[] = []) {
    this.#child = fork(CHILD, { execArgv: [...PLAYER_FLAGS, ...flags] });
  }

  /** @throws Error where the story breaks a guarantee: its figure would be worth nothing. */
  async play(scenario: Scenario): Promise<WorldResult> {
    this.#child.send(scenario);
    const [result] = (await once(this.#child, 'message')) as [WorldResult];
    if (!result.passed) throw new Error(`The story "${scenario.name}" has failed`);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.disconnect();
    await once(this.#child, 'exit');
  }
}
