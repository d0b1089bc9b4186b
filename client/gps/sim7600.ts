import { parseCgpsInfo, type Measurement, type SpeedUnit } from './cgpsinfo.ts';
import type { Fix } from './fix.ts';
import type { GpsReader, ReadResult } from './reader.ts';
import { isSentence } from './sentence.ts';

/** The modem measures once a second, and responds much faster. */
const SEND_INTERVAL_MS = 1000;
/** Number of responses without a fix after which the GPS state is queried, because a modem may have restarted. */
const MAX_RESPONSES_WITHOUT_FIX = 30;
/** Longer than any relevant response line. */
const MAX_LINE_LENGTH = 160;

const GET_STATE = 'AT+CGPS?';
const SWITCH_ON = 'AT+CGPS=1';
const GET_POSITION = 'AT+CGPSINFO';
type AtCommand = typeof GET_STATE | typeof SWITCH_ON | typeof GET_POSITION;

/** Command to send after an error response. Switching on fails if the GPS is already on. */
const NEXT_AFTER_ERROR: Readonly<Record<AtCommand, AtCommand>> = {
  [GET_STATE]: SWITCH_ON,
  [SWITCH_ON]: GET_POSITION,
  [GET_POSITION]: GET_STATE,
};

const STATE_RESPONSE = /^\+CGPS: ?([01])(?:,\d)?$/;
const ERROR_RESPONSE = /^(?:ERROR|\+CM[ES] ERROR:.*)$/;
/** An echo or unsolicited result code, which may come between the lines of a response; not part of a response. */
const UNSOLICITED = /^(?!\+CGPSINFO)[A-Z+*^]/;

/** A measurement whose response is not confirmed by `OK` yet. */
interface Unconfirmed {
  readonly measurement: Measurement | null;
  readonly receivedAtMs: number;
}

/**
 * Reader for the SIM7600 and related modems: switches the GPS on, and requests the position once a second. A command
 * without a response is sent again.
 */
export class Sim7600Reader implements GpsReader {
  readonly #speedUnit: SpeedUnit;
  #send: (bytes: Buffer) => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The command to send next. */
  #nextCommand: AtCommand = GET_STATE;
  /** The command last sent, until its response is complete. */
  #inFlight: AtCommand | undefined;
  /** An incomplete line. */
  #pending = '';
  #unconfirmed: Unconfirmed | undefined;
  /** Whether the modem has responded to a position request, with or without a fix. */
  #hasResponded = false;
  /** Time of the latest measurement, in milliseconds since 1970. */
  #lastFixTime: number | undefined;
  #responsesWithoutFix = 0;
  #isModem = false;

  constructor(speedUnit: SpeedUnit) {
    this.#speedUnit = speedUnit;
  }

  /** Starts sending commands, or resumes after `stop`. */
  start(send: (bytes: Buffer) => void): void {
    this.#send = send;
    // The response to a command sent before the stop may still arrive.
    if (this.#inFlight === undefined) this.#sendNext();
    else this.#startTimer();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** @param receivedAtMs time of arrival by `performance.now()` */
  push(chunk: Buffer, receivedAtMs = performance.now()): ReadResult {
    const lines = (this.#pending + chunk.toString('latin1')).split(/[\r\n]+/);
    // A line that is too long is cut to a length that is still too long, to bound memory.
    this.#pending = (lines.pop() ?? '').slice(0, MAX_LINE_LENGTH + 1);
    const fixes: Fix[] = [];
    let protocol: ReadResult['protocol'];
    for (const line of lines.filter((line) => line !== '' && line.length <= MAX_LINE_LENGTH)) {
      if (this.#handleResponse(line, receivedAtMs)) protocol = 'sim7600';
      else this.#handleOther(line);
      const fix = line === 'OK' && this.#confirmFix();
      if (fix) fixes.push(fix);
    }
    this.#isModem ||= protocol !== undefined;
    return { fixes, protocol };
  }

  #sendNext(): void {
    this.#startTimer();
    this.#inFlight = this.#nextCommand;
    this.#send(Buffer.from(`${this.#nextCommand}\r`));
  }

  #startTimer(): void {
    this.stop();
    this.#timer = setInterval(() => this.#sendNext(), SEND_INTERVAL_MS);
  }

  /** Whether the line is a response, or the end of one. */
  #handleResponse(line: string, receivedAtMs: number): boolean {
    if (line === 'OK') return this.#endResponse(true);
    if (ERROR_RESPONSE.test(line)) return this.#endResponse(false);
    const state = STATE_RESPONSE.exec(line)?.[1];
    if (state) {
      this.#nextCommand = state === '1' ? GET_POSITION : SWITCH_ON;
      return true;
    }
    const measurement = parseCgpsInfo(line, this.#speedUnit);
    if (measurement === undefined) return false;
    this.#unconfirmed = { measurement, receivedAtMs };
    this.#countWithoutFix(measurement);
    return true;
  }

  /** Ends a response. Commands that prepare the position request are sent at once, position requests at their interval. */
  #endResponse(isOk: boolean): true {
    const command = this.#inFlight;
    this.#inFlight = undefined;
    if (!isOk) this.#unconfirmed = undefined;
    if (command && !isOk) this.#nextCommand = NEXT_AFTER_ERROR[command];
    else if (command === SWITCH_ON) this.#nextCommand = GET_POSITION;
    if (this.#timer && command && command !== GET_POSITION && command !== this.#nextCommand) this.#sendNext();
    return true;
  }

  #handleOther(line: string): void {
    // An unknown line after a response is the rest of it: the response was interrupted, so it is not complete.
    if (!UNSOLICITED.test(line)) this.#unconfirmed = undefined;
    // The port streams NMEA: it is no modem, or not its command port, so nothing more is sent to it.
    if (!this.#isModem && isSentence(line)) this.stop();
  }

  #countWithoutFix(measurement: Measurement | null): void {
    this.#responsesWithoutFix = measurement ? 0 : this.#responsesWithoutFix + 1;
    if (this.#responsesWithoutFix < MAX_RESPONSES_WITHOUT_FIX) return;
    this.#responsesWithoutFix = 0;
    this.#nextCommand = GET_STATE;
  }

  /**
   * Returns the fix of a response that is now complete. A repeated measurement is no fix, nor is that of the first
   * response, whose age is unknown.
   */
  #confirmFix(): Fix | undefined {
    if (!this.#unconfirmed) return undefined;
    const { measurement, receivedAtMs } = this.#unconfirmed;
    const isFirst = !this.#hasResponded;
    this.#unconfirmed = undefined;
    this.#hasResponded = true;
    const time = measurement?.time.getTime();
    if (!measurement || time === this.#lastFixTime) return undefined;
    this.#lastFixTime = time;
    return isFirst ? undefined : { ...measurement, receivedAtMs };
  }
}
