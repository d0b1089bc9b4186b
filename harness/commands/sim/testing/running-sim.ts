import { EventEmitter, once } from 'node:events';
import { PassThrough } from 'node:stream';
import { sim } from '../command.ts';

/** Text that is written line by line, and can be waited for. */
export class LineBuffer {
  readonly all: string[] = [];
  readonly #written = new EventEmitter();

  readonly write = (text: string): void => {
    this.all.push(...text.split('\n').filter(Boolean));
    this.#written.emit('line');
  };

  /** The first of all lines that fits, with what the pattern captures. */
  async find(pattern: RegExp): Promise<readonly string[]> {
    for (;;) {
      for (const line of this.all) {
        const found = pattern.exec(line);
        if (found) return [...found];
      }
      await once(this.#written, 'line');
    }
  }
}

/** `npm run sim` in this process. */
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

  /** The word that a line says of what is asked for, such as `listens at (\S+)`. */
  async waitFor(pattern: RegExp): Promise<string> {
    const [line = '', word = line] = await this.out.find(pattern);
    return word;
  }

  async stop(): Promise<number> {
    this.#stop.abort();
    return this.ended;
  }
}
