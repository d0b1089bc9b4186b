import type { LibraryProblem, OnLibraryProblem } from '../../hci/library-problem.ts';
import { createLogger, type Logger } from '../log.ts';
import type { Platform } from '../platform.ts';
import { RateLimit } from '../rate-limit.ts';

/** Maximum rate of log lines for each kind of problem: one in 10 min. */
const LINES_PER_S = 1 / 600;

/** Maximum number of different messages that one line of the log has. */
const MAX_MESSAGES = 10;

/** Message about what was thrown while a packet was handled, by a library or by the client itself. */
export const PACKET_ERROR = 'an error while a Bluetooth packet was handled cost that packet';

/** A warning of Node.js, in the same process. */
interface ProcessWarning {
  readonly kind: 'warned';
  readonly message: string;
}

type Problem = LibraryProblem | ProcessWarning;

/** Problems that the log counts separately. */
type Kind = Problem['kind'];

const KINDS: Readonly<Record<Kind, { readonly level: 'info' | 'warn' | 'error'; readonly message: string }>> =
  {
    dropped: { level: 'info', message: 'dropped Bluetooth packets that the library cannot handle' },
    printed: { level: 'warn', message: 'a library printed a message' },
    warned: { level: 'warn', message: 'a warning of Node.js' },
    threw: { level: 'error', message: PACKET_ERROR },
  };

/** Problems of one kind. */
interface Tally {
  readonly limit: RateLimit;
  /** Number since the last line. */
  count: number;
  /** What is known about the first of them. */
  details: object;
  /** Their messages, each once. */
  readonly messages: Set<string>;
}

/**
 * Logs what goes wrong in libraries without stopping the client: each kind of problem at once, and again after 10 min at
 * the earliest, with the number of problems since and their different messages.
 */
export class LibraryLog {
  readonly #log: Logger;
  readonly #tallies: Readonly<Record<Kind, Tally>>;
  readonly #stopWarnings: () => void;

  /** @param now a monotonic clock, in milliseconds */
  constructor(log: Logger, onWarning: Platform['onWarning'], now = (): number => performance.now()) {
    this.#log = log;
    const tally = (): Tally => ({
      limit: new RateLimit(LINES_PER_S, now),
      count: 0,
      details: {},
      messages: new Set(),
    });
    this.#tallies = { dropped: tally(), printed: tally(), warned: tally(), threw: tally() };
    this.#stopWarnings = onWarning(({ name, message }) =>
      this.#onProblem({ kind: 'warned', message: `${name}: ${message}` }),
    );
  }

  /** Creates the log of a command that has none, for warnings and errors. */
  static ofCommand({ log, onWarning }: Pick<Platform, 'log' | 'onWarning'>): LibraryLog {
    return new LibraryLog(createLogger({ level: 'warn', format: 'text', sink: log }), onWarning);
  }

  readonly onProblem: OnLibraryProblem = (problem) => this.#onProblem(problem);

  /** Stops logging the warnings of the process, and logs what has not been logged yet. */
  close(): void {
    this.#stopWarnings();
    for (const kind of Object.keys(this.#tallies) as Kind[]) this.#write(kind);
  }

  #onProblem(problem: Problem): void {
    const tally = this.#tallies[problem.kind];
    if (tally.count === 0) tally.details = details(problem);
    tally.count += 1;
    const message = messageOf(problem);
    if (message !== undefined && tally.messages.size < MAX_MESSAGES) tally.messages.add(message);
    if (tally.limit.takeIfDue()) this.#write(problem.kind);
  }

  #write(kind: Kind): void {
    const tally = this.#tallies[kind];
    const { count, messages } = tally;
    if (count === 0) return;
    const { level, message } = KINDS[kind];
    const others = [...messages].slice(1);
    this.#log[level]({ count, ...tally.details, ...(others.length > 0 && { others }) }, message);
    tally.count = 0;
    messages.clear();
  }
}

function details(problem: Problem): object {
  switch (problem.kind) {
    case 'dropped':
      return problem.event ? { event: problem.event.toString('hex') } : {};
    case 'printed':
    case 'warned':
      return { text: problem.message };
    case 'threw':
      return { err: problem.error };
  }
}

/** The message of a problem; undefined if it consists of bytes. */
function messageOf(problem: Problem): string | undefined {
  if (problem.kind === 'dropped') return undefined;
  return problem.kind === 'threw' ? String(problem.error) : problem.message;
}
