import { formatFields } from '../../../client/log-fields.ts';
import type { LogSink } from '../../../client/log.ts';
import type { FirmwareEvent } from '../../../simulator/firmware/firmware.ts';

const TIME_WIDTH = 6;
const SOURCE_WIDTH = 8;

/** Messages for events of the scooter; other events are not logged. */
const SCOOTER_MESSAGES: Partial<Record<FirmwareEvent['type'], string>> = {
  connected: 'central connected',
  beep: 'beeps',
  registrationOpened: 'power button pressed, pairing allowed',
  registered: 'paired, earlier tokens are invalid now',
  registrationFailed: 'pairing failed',
  loggedIn: 'client logged in',
  loginFailed: 'login refused',
  disconnected: 'central disconnected',
};

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

  logScooterEvent({ type }: FirmwareEvent): void {
    const message = SCOOTER_MESSAGES[type];
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
