import type { LibraryProblem, OnLibraryProblem } from '../../hci/library-problem.ts';
import { createLogger, type Logger } from '../log.ts';
import type { Platform } from '../platform.ts';
import { RateLimit } from '../rate-limit.ts';

/** Maximum rate of log lines for each kind of problem: one in 10 min. */
const LINES_PER_S = 1 / 600;

/** Message about what was thrown while a packet was handled, by a library or by the client itself. */
export const PACKET_ERROR = 'an error while a Bluetooth packet was handled cost that packet';

/** Problems that the log counts separately. */
type Kind = LibraryProblem['kind'];

const KINDS: Readonly<Record<Kind, { readonly level: 'info' | 'warn' | 'error'; readonly message: string }>> =
  {
    dropped: { level: 'info', message: 'dropped Bluetooth packets that the library cannot handle' },
    printed: { level: 'warn', message: 'a library printed a message' },
    threw: { level: 'error', message: PACKET_ERROR },
  };

/**
 * Logs what goes wrong in libraries without stopping the client: each kind of problem at once, and again after 10 min at
 * the earliest, with the number of problems since.
 */
export class LibraryLog {
  readonly #log: Logger;
  readonly #kinds: Readonly<Record<Kind, { readonly limit: RateLimit; count: number }>>;
  /** Stops logging the warnings of the process. */
  readonly close: () => void;

  /** @param now a monotonic clock, in milliseconds */
  constructor(log: Logger, onWarning: Platform['onWarning'], now = (): number => performance.now()) {
    this.#log = log;
    const kind = (): { limit: RateLimit; count: number } => ({
      limit: new RateLimit(LINES_PER_S, now),
      count: 0,
    });
    this.#kinds = { dropped: kind(), printed: kind(), threw: kind() };
    this.close = onWarning(({ name, message }) =>
      this.onProblem({ kind: 'printed', message: `${name}: ${message}` }),
    );
  }

  /** Creates the log of a command that has none, for warnings and errors. */
  static ofCommand({ log, onWarning }: Pick<Platform, 'log' | 'onWarning'>): LibraryLog {
    return new LibraryLog(createLogger({ level: 'warn', format: 'text', sink: log }), onWarning);
  }

  readonly onProblem: OnLibraryProblem = (problem) => {
    const kind = this.#kinds[problem.kind];
    kind.count++;
    if (!kind.limit.takeIfDue()) return;
    const { level, message } = KINDS[problem.kind];
    this.#log[level]({ count: kind.count, ...details(problem) }, message);
    kind.count = 0;
  };
}

function details(problem: LibraryProblem): object {
  switch (problem.kind) {
    case 'dropped':
      return problem.event ? { event: problem.event.toString('hex') } : {};
    case 'printed':
      return { text: problem.message };
    case 'threw':
      return { err: problem.error };
  }
}
