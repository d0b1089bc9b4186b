import type { LogSink } from '../../../client/log.ts';
import type { FirmwareEvent } from '../../../simulator/firmware/firmware.ts';

const TIME_WIDTH = 6;
const SOURCE_WIDTH = 8;

/** What the scooter does, in words; the rest of its events is not told. */
const SCOOTER_MESSAGES: Partial<Record<FirmwareEvent['type'], string>> = {
  connected: 'a central is connected',
  beep: 'beeps',
  registrationOpened: 'its power button was pressed: it consents to be paired',
  registered: 'is paired, and knows only the new token from now on',
  loggedIn: 'a client has logged in',
  disconnected: 'the central is gone',
};

/** Who says what, as it happens. */
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

  scooter({ type }: FirmwareEvent): void {
    const what = SCOOTER_MESSAGES[type];
    if (what !== undefined) this.log('scooter', what);
  }

  /** Where the client answers and logs. */
  get clientOutput(): LogSink {
    return {
      write: (text) =>
        text
          .split('\n')
          .filter(Boolean)
          .forEach((line) => this.log('client', line)),
    };
  }

  /** Where a client logs one JSON object a line. */
  get clientLog(): LogSink {
    return { write: (line) => this.log('client', formatLine(JSON.parse(line) as LogLine)) };
  }
}

/** Every log line has these. */
interface LogLine extends Record<string, unknown> {
  readonly msg: string;
  readonly level: number;
  readonly time: number;
}

const STANDARD_FIELDS: readonly string[] = ['msg', 'level', 'time'] satisfies (keyof LogLine)[];

/** A log line as people tell it. */
function formatLine(line: LogLine): string {
  const details = Object.entries(line).filter(([name]) => !STANDARD_FIELDS.includes(name));
  const fields = details.map(([name, value]) => `${name} ${String(value)}`);
  return fields.length > 0 ? `${line.msg} (${fields.join(', ')})` : line.msg;
}
