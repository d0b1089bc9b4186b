import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { sim } from '../command.ts';
import { onceThat, withinDeadline } from '../../../../hci/testing/deadline.ts';

/** Collects lines of output and waits for a pattern. */
export class LineBuffer {
  readonly all: string[] = [];
  readonly #written = new EventEmitter();

  readonly write = (text: string): void => {
    this.all.push(...text.split('\n').filter(Boolean));
    this.#written.emit('line');
  };

  /** Waits for the nth line that matches. @returns the match and its groups */
  async find(pattern: RegExp, nth = 1): Promise<readonly string[]> {
    const found = (): readonly string[] | undefined =>
      this.all.map((line) => pattern.exec(line)).filter((match) => match !== null)[nth - 1];
    const what = `line ${nth} that matches ${String(pattern)}`;
    await onceThat(() => found() !== undefined, [this.#written, 'line'], what).catch((error: unknown) => {
      throw new Error(`${String(error)} in:\n${this.all.join('\n')}`, { cause: error });
    });
    return found() ?? [];
  }
}

/** Runs `npm run sim` in this process. */
export class RunningSim {
  readonly out = new LineBuffer();
  readonly err = new LineBuffer();
  readonly input = new PassThrough();
  /** The exit code, once it has ended. */
  readonly ended: Promise<number>;
  readonly #stop = new AbortController();

  constructor(...args: readonly string[]) {
    const { out, err, input } = this;
    this.ended = sim(args, { out, err, input }, this.#stop.signal);
  }

  /** Waits for a line, such as `listens at (\S+)`. @returns the first group of the match, or the whole match */
  async waitFor(pattern: RegExp): Promise<string> {
    const [line = '', word = line] = await this.out.find(pattern);
    return word;
  }

  async stop(): Promise<number> {
    this.#stop.abort();
    return await withinDeadline(this.ended, 'the end of the simulator');
  }
}
