import { failureHeadlines } from '../report/failure.ts';
import { ScenarioProcess } from '../scenario/player/scenario-process.ts';
import { PLAYER_MEMORY, type Copy } from './copy.ts';
import type { Play } from './plays.ts';

/**
 * The client without planted bugs: an objection is due to a bug only if the same run passes without it. Plays each run
 * once.
 */
export class Unplanted {
  readonly #process: ScenarioProcess;
  readonly #signal: AbortSignal;
  readonly #results = new Map<string, Promise<boolean>>();
  readonly #failures: string[] = [];
  #last: Promise<unknown> = Promise.resolve();

  constructor({ player }: Copy, signal: AbortSignal) {
    this.#process = new ScenarioProcess(player, PLAYER_MEMORY);
    this.#signal = signal;
  }

  /** The runs that failed, each with its first problem. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** Whether a run passes without a bug. */
  passes(play: Play): Promise<boolean> {
    const known = this.#results.get(play.name);
    if (known) return known;
    const result = this.#last.then(() => this.#play(play));
    // One run at a time. Its failure is for those that have asked for it.
    this.#last = result.catch(() => undefined);
    this.#results.set(play.name, result);
    return result;
  }

  async end(): Promise<void> {
    await this.#process.end();
  }

  async #play({ origin, name, limits }: Play): Promise<boolean> {
    const report = await this.#process.run(origin, limits, this.#signal);
    if (!report.passed) this.#failures.push([name, ...failureHeadlines(report).slice(0, 1)].join(': '));
    return report.passed;
  }
}
