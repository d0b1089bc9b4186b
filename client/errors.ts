/** Exit codes of the process, from sysexits.h. The service unit does not restart the client after 77 and 78. */
export const EXIT = {
  stopped: 0,
  usage: 64,
  notFound: 69,
  adapterUnusable: 71,
  /** Standard output could not be written whole. */
  outputFailed: 74,
  /** Also for other temporary failures, such as another client running. */
  lostTooLong: 75,
  tokenRefused: 77,
  configuration: 78,
} as const;

/** Whether to retry a failed operation at once, after a pause, or never. */
export type Retry = 'now' | 'later' | 'never';

const ERRORS = {
  config: { retry: 'never', exit: EXIT.configuration },
  token_missing: { retry: 'never', exit: EXIT.tokenRefused },
  token_refused: { retry: 'never', exit: EXIT.tokenRefused },
  not_found: { retry: 'never', exit: EXIT.notFound },
  lost_too_long: { retry: 'never', exit: EXIT.lostTooLong },
  already_running: { retry: 'later', exit: EXIT.lostTooLong },
  adapter: { retry: 'later', exit: EXIT.adapterUnusable },
  /** The adapter rejected one attempt to connect; whether it is broken depends on the next ones. */
  connect_rejected: { retry: 'later', exit: EXIT.adapterUnusable },
  unsupported_scooter: { retry: 'never', exit: EXIT.configuration },
  button_not_pressed: { retry: 'later', exit: EXIT.tokenRefused },
  output: { retry: 'never', exit: EXIT.outputFailed },
  timeout: { retry: 'now', exit: EXIT.lostTooLong },
  link_lost: { retry: 'now', exit: EXIT.lostTooLong },
  peer: { retry: 'later', exit: EXIT.lostTooLong },
  aborted: { retry: 'never', exit: EXIT.stopped },
} as const satisfies Record<string, { retry: Retry; exit: number }>;

export type ErrorCode = keyof typeof ERRORS;

/**
 * A failure reported by the client; the message says what happened, why, and what to do. It has no final full stop, because
 * it may become part of another message.
 */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get retry(): Retry {
    return ERRORS[this.code].retry;
  }

  /** The exit code of a process that ends on this error. */
  get exitCode(): number {
    return ERRORS[this.code].exit;
  }
}

/** The code of a system error, such as ENOENT, for a message. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

/** Formats the message of an error for a terminal, with its final full stop. A list of several lines has none. */
export function sentenceOf({ message }: Error): string {
  return /[.?!]$|\n/.test(message) ? message : `${message}.`;
}
