/** Exit codes of the process, from sysexits.h; the service unit knows 77 and 78 as final. */
export const EXIT = {
  stopped: 0,
  usage: 64,
  notFound: 69,
  adapterUnusable: 71,
  /** Also what is only for now, such as another client that runs already. */
  lostTooLong: 75,
  tokenRefused: 77,
  configuration: 78,
} as const;

/** Whether what failed is worth another try at once, after a pause, or not at all. */
export type Retry = 'now' | 'later' | 'never';

const ERRORS = {
  config: { retry: 'never', exit: EXIT.configuration },
  token_missing: { retry: 'never', exit: EXIT.tokenRefused },
  token_refused: { retry: 'never', exit: EXIT.tokenRefused },
  not_found: { retry: 'never', exit: EXIT.notFound },
  lost_too_long: { retry: 'never', exit: EXIT.lostTooLong },
  already_running: { retry: 'later', exit: EXIT.lostTooLong },
  adapter: { retry: 'later', exit: EXIT.adapterUnusable },
  unsupported_scooter: { retry: 'never', exit: EXIT.configuration },
  button_not_pressed: { retry: 'later', exit: EXIT.tokenRefused },
  timeout: { retry: 'now', exit: EXIT.lostTooLong },
  link_lost: { retry: 'now', exit: EXIT.lostTooLong },
  peer: { retry: 'later', exit: EXIT.lostTooLong },
  aborted: { retry: 'never', exit: EXIT.stopped },
} as const satisfies Record<string, { retry: Retry; exit: number }>;

export type ErrorCode = keyof typeof ERRORS;

/** Everything that the client reports as a failure of its own: what happened, and what to do about it. */
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
