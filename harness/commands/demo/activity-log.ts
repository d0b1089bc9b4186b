import { formatFields } from '../../../client/log-fields.ts';
import type { LogSink } from '../../../client/log.ts';
import type { AbortReason, FirmwareEvent } from '../../../simulator/firmware/events.ts';
import type { Step } from '../../../simulator/firmware/procedure.ts';

const TIME_WIDTH = 6;
const SOURCE_WIDTH = 8;

/** How a login or registration ended, to complete "login not completed: …". */
const ABORT_REASONS: Readonly<Record<AbortReason, string>> = {
  disconnected: 'the central disconnected',
  timedOut: 'it took longer than 30 s',
  chunksLost: 'chunks of a parcel are missing',
  rejected: 'the scooter refused a parcel of the central',
  cancelled: 'the central cancelled it',
};

function abortReason({ reason, step }: { reason: AbortReason; step: Step }): string {
  const isProofRefused =
    reason === 'disconnected' && step.kind === 'receive' && step.type === 'appConfirmation';
  return isProofRefused
    ? "the central disconnected after the scooter's proof, as it does if its token is wrong"
    : ABORT_REASONS[reason];
}

type Messages = {
  readonly [Type in FirmwareEvent['type']]?: (event: FirmwareEvent & { type: Type }) => string;
};

/** Messages for events of the scooter; other events are not logged. */
const SCOOTER_MESSAGES: Messages = {
  connected: () => 'central connected',
  beep: () => 'beeps',
  registrationOpened: () => 'power button pressed, pairing allowed',
  registered: () => 'paired, earlier tokens are invalid now',
  registrationFailed: () => 'pairing failed',
  registrationAborted: (event) => `pairing not completed: ${abortReason(event)}`,
  factoryReset: () => 'pairing deleted',
  loggedIn: () => 'client logged in',
  loginFailed: () => 'login refused',
  loginAborted: (event) => `login not completed: ${abortReason(event)}`,
  command: ({ device, key, value }) => `${device} ${key} set to ${value}`,
  disconnected: () => 'central disconnected',
};

/** Message for an event; undefined if it is not logged. */
function messageOf<Type extends FirmwareEvent['type']>(
  event: FirmwareEvent & { type: Type },
): string | undefined {
  return SCOOTER_MESSAGES[event.type]?.(event);
}

/** Prints what happens, with the time and the part of the system. */
export class ActivityLog {
  readonly #sink: LogSink;
  readonly #beganMs = performance.now();

  constructor(sink: LogSink) {
    this.#sink = sink;
  }

  log(source: string, message: string): void {
    const time = ((performance.now() - this.#beganMs) / 1000).toFixed(1).padStart(TIME_WIDTH);
    this.#sink.write(`${time} s  ${source.padEnd(SOURCE_WIDTH)}  ${message}\n`);
  }

  logScooterEvent(event: FirmwareEvent): void {
    const message = messageOf(event);
    if (message !== undefined) this.log('scooter', message);
  }

  /** Sink for plain text of the client. */
  get clientOutput(): LogSink {
    return {
      write: (text) =>
        text
          .split('\n')
          .filter(Boolean)
          .forEach((line) => this.log('client', line)),
    };
  }

  /** Sink for JSON log lines of a source. */
  logOf(source: string): LogSink {
    return { write: (line) => this.log(source, formatLine(JSON.parse(line) as LogLine)) };
  }
}

/** A JSON log line with its standard fields. */
interface LogLine extends Record<string, unknown> {
  readonly msg: string;
  readonly level: number;
  readonly time: number;
}

const STANDARD_FIELDS: readonly string[] = ['msg', 'level', 'time'] satisfies (keyof LogLine)[];

/** Formats a log line with its additional fields in parentheses, as the text log of the client does. */
function formatLine(line: LogLine): string {
  const fields = Object.entries(line).filter(([name]) => !STANDARD_FIELDS.includes(name));
  return `${line.msg}${formatFields(Object.fromEntries(fields))}`;
}
