import type { Sentence } from './sentence.ts';

/** Address of a line that resembles a sentence, with the type of the sentence as its only group. */
const ADDRESS = /^\$(?:P|[A-Z][A-Z0-9])([A-Z0-9]{3,}),/;
/** GSV: number of sentences, number of this one, satellites in view. */
const SATELLITES_IN_VIEW = /^\$([A-Z]{2})GSV,\d+,\d+,(\d+)/;
/** Number of sentence types that are named. */
const MAX_NAMED_TYPES = 5;

/** Finds out why sentences yield no position: which of the conditions, in the order in which they have to be met, failed. */
export class NmeaDiagnosis {
  #damaged = 0;
  #withoutChecksum = 0;
  readonly #types = new Set<string>();
  readonly #statuses = new Set<Sentence['status']>();
  /** By talker, because each satellite system has its own. */
  readonly #inView = new Map<string, number>();
  #used = 0;

  /** Counts a line that is no sentence with a valid checksum. */
  addInvalid(line: string): void {
    if (!ADDRESS.test(line)) return;
    if (line.includes('*')) this.#damaged += 1;
    else this.#withoutChecksum += 1;
  }

  /** Counts a sentence with a valid checksum. @param content undefined for a type that is not read */
  addValid(line: string, content: Sentence | undefined): void {
    this.#used = Math.max(this.#used, content?.satellites ?? 0);
    if (content?.status !== undefined) {
      // Its type does not matter: the conditions that name types are those without any status.
      this.#statuses.add(content.status);
      return;
    }
    this.#types.add(ADDRESS.exec(line)?.[1] ?? '');
    const [, talker = '', inView] = SATELLITES_IN_VIEW.exec(line) ?? [];
    if (inView !== undefined) this.#inView.set(talker, Number(inView));
  }

  /** Describes the condition that failed, and starts again; undefined if no line resembled a sentence. */
  conclude(): string | undefined {
    const conclusion = this.#failedCondition();
    this.#damaged = this.#withoutChecksum = this.#used = 0;
    for (const counted of [this.#types, this.#statuses, this.#inView]) counted.clear();
    return conclusion;
  }

  #failedCondition(): string | undefined {
    if (this.#statuses.has('valid')) {
      return this.#statuses.has('other')
        ? 'one sentence says that the position is valid, another that it is estimated, manual or simulated'
        : 'the receiver reports a valid status without a latitude and longitude';
    }
    if (this.#statuses.has('other'))
      return 'the position of the receiver is estimated, entered by hand or simulated, not from satellites';
    if (this.#statuses.has('void')) return `the receiver has no fix: ${this.#satellites()}`;
    if (this.#types.size > 0) {
      const named = [...this.#types].sort().slice(0, MAX_NAMED_TYPES).join(', ');
      return `the receiver sends no position, only ${named}: enable RMC or GGA in its settings`;
    }
    if (this.#damaged > 0)
      return 'every sentence has a wrong checksum: check baudrate, and the cable to the receiver';
    return this.#withoutChecksum > 0
      ? 'the sentences have no checksum: enable it in the settings of the receiver'
      : undefined;
  }

  #satellites(): string {
    const inView = [...this.#inView.values()].reduce((sum, number) => sum + number, 0);
    const wait = 'check its antenna and its view of the sky; the first fix takes some minutes';
    return this.#inView.size > 0 || this.#used > 0
      ? `${inView} satellites in view, ${this.#used} used: ${wait}`
      : wait;
  }
}
