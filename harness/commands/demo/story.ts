import type { LogSink } from '../../../client/log.ts';
import type { FirmwareEvent } from '../../../simulator/firmware/firmware.ts';

const TIME_WIDTH = 6;
const WHO_WIDTH = 8;

/** What the scooter does, in words; the rest of its events is not told. */
const SCOOTER_TELLS: Partial<Record<FirmwareEvent['type'], string>> = {
  connected: 'a central is connected',
  beep: 'beeps',
  registrationOpened: 'its power button was pressed: it consents to be paired',
  registered: 'is paired, and knows only the new token from now on',
  loggedIn: 'a client has logged in',
  disconnected: 'the central is gone',
};

/** Who says what, as it happens. */
export class Story {
  readonly #sink: LogSink;
  readonly #beganMs = performance.now();

  constructor(sink: LogSink) {
    this.#sink = sink;
  }

  tell(who: string, what: string): void {
    const time = ((performance.now() - this.#beganMs) / 1000).toFixed(1).padStart(TIME_WIDTH);
    this.#sink.write(`${time} s  ${who.padEnd(WHO_WIDTH)}  ${what}\n`);
  }

  scooter({ type }: FirmwareEvent): void {
    const what = SCOOTER_TELLS[type];
    if (what !== undefined) this.tell('scooter', what);
  }

  /** Where the client answers and logs. */
  get client(): LogSink {
    return {
      write: (text) =>
        text
          .split('\n')
          .filter(Boolean)
          .forEach((line) => this.tell('client', line)),
    };
  }

  /** Where a client logs one JSON object a line. */
  get clientLog(): LogSink {
    return { write: (line) => this.tell('client', sentence(JSON.parse(line) as LogLine)) };
  }
}

/** Every log line has these. */
interface LogLine extends Record<string, unknown> {
  readonly msg: string;
  readonly level: number;
  readonly time: number;
}

const COMMON: readonly string[] = ['msg', 'level', 'time'] satisfies (keyof LogLine)[];

/** A log line as people tell it. */
function sentence(line: LogLine): string {
  const details = Object.entries(line).filter(([name]) => !COMMON.includes(name));
  const said = details.map(([name, value]) => `${name} ${String(value)}`);
  return said.length > 0 ? `${line.msg} (${said.join(', ')})` : line.msg;
}
