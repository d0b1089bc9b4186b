import type { Fix } from '../fix.ts';
import { hasValidChecksum, isSentence } from '../nmea/sentence.ts';
import type { GpsReader, ReadResult } from '../reader.ts';
import { DIALECTS, GET_MODEL, parsePosition, type CommandName } from './dialects.ts';
import { ModemDiagnosis } from './modem-diagnosis.ts';
import type { Measurement, SpeedUnit } from './position.ts';

/** Modems measure once a second, and respond much faster. */
const SEND_INTERVAL_MS = 1000;
/** Number of responses without a fix after which the GPS state is queried, because a modem may have restarted. */
const MAX_RESPONSES_WITHOUT_FIX = 30;
/** Longer than any relevant response line. */
const MAX_LINE_LENGTH = 160;

type Command = CommandName | 'model';

/** Command to send after an error response. Switching on fails if the GPS is already on. */
const NEXT_AFTER_ERROR = { switchOn: 'position', position: 'state' } as const;

const ERROR_RESPONSE = /^(?:ERROR|\+CM[ES] ERROR:.*)$/;
/** An echo or unsolicited result code, which may come between the lines of a response; not part of a response. */
const UNSOLICITED = /^[A-Z+*^]/;

/** A measurement whose response is not confirmed by `OK` yet. */
interface Unconfirmed {
  readonly line: string;
  readonly measurement: Measurement | null;
  readonly receivedAtMs: number;
}

/**
 * Reader for modems with GPS: finds out their family by asking, switches the GPS on, and requests the position once a
 * second. A command without a response is sent again.
 */
export class ModemReader implements GpsReader {
  readonly #speedUnit: SpeedUnit;
  readonly #diagnosis = new ModemDiagnosis();
  #send: (bytes: Buffer) => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #dialect = DIALECTS[0];
  /** Whether the modem has responded as one of this family does. */
  #isConfirmed = false;
  /** The command to send next. */
  #nextCommand: Command = 'state';
  /** The command last sent, until its response is complete. */
  #inFlight: Command | undefined;
  /** An incomplete line. */
  #pending = '';
  #unconfirmed: Unconfirmed | undefined;
  /** Whether the modem has responded to a position request, with or without a fix. */
  #hasResponded = false;
  /** Response with the latest measurement. */
  #lastFixLine = '';
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

  explain(): string | undefined {
    return this.#diagnosis.conclude();
  }

  /** @param receivedAtMs time of arrival by `performance.now()` */
  push(chunk: Buffer, receivedAtMs = performance.now()): ReadResult {
    const lines = (this.#pending + chunk.toString('latin1')).split(/[\r\n]+/);
    // A line that is too long is cut to a length that is still too long, to bound memory.
    this.#pending = (lines.pop() ?? '').slice(0, MAX_LINE_LENGTH + 1);
    const fixes: Fix[] = [];
    let isResponse = false;
    for (const line of lines.filter((line) => line !== '' && line.length <= MAX_LINE_LENGTH)) {
      if (this.#handleResponse(line, receivedAtMs)) isResponse = true;
      else this.#handleOther(line);
      const fix = line === 'OK' && this.#confirmFix();
      if (fix) fixes.push(fix);
    }
    this.#isModem ||= isResponse;
    const protocol = this.#isConfirmed ? this.#dialect.name : 'modem';
    return { fixes, protocol: isResponse ? protocol : undefined };
  }

  #sendNext(): void {
    this.#startTimer();
    this.#inFlight = this.#nextCommand;
    this.#send(Buffer.from(`${this.#textOf(this.#nextCommand)}\r`));
  }

  #textOf(command: Command): string {
    return command === 'model' ? GET_MODEL : this.#dialect.commands[command];
  }

  #startTimer(): void {
    this.stop();
    this.#timer = setInterval(() => this.#sendNext(), SEND_INTERVAL_MS);
  }

  /** Whether the line is a response, or the end of one. */
  #handleResponse(line: string, receivedAtMs: number): boolean {
    if (line === 'OK') return this.#endResponse();
    if (ERROR_RESPONSE.test(line)) return this.#handleError(line, receivedAtMs);
    const state = this.#dialect.state.exec(line)?.[1];
    if (state !== undefined) {
      this.#nextCommand = state === '1' ? 'position' : 'switchOn';
      this.#isConfirmed = true;
      return true;
    }
    const measurement = parsePosition(this.#dialect, line, this.#speedUnit);
    if (measurement === undefined) return false;
    this.#isConfirmed = true;
    this.#addMeasurement({ line, measurement, receivedAtMs });
    return true;
  }

  #handleError(line: string, receivedAtMs: number): true {
    if (this.#inFlight === 'position' && this.#dialect.noFixError?.test(line)) {
      this.#addMeasurement({ line, measurement: null, receivedAtMs });
      this.#confirmFix();
      this.#inFlight = undefined;
      return true;
    }
    return this.#endResponse(line);
  }

  /**
   * Ends a response. Commands that prepare the position request are sent at once, others at their interval.
   * @param error undefined after `OK`
   */
  #endResponse(error?: string): true {
    const command = this.#inFlight;
    this.#inFlight = undefined;
    if (error !== undefined) this.#unconfirmed = undefined;
    if (!command) return true;
    if (error !== undefined) this.#diagnosis.addError(this.#textOf(command), error);
    if (command === 'state' && error !== undefined) this.#tryNextDialect();
    else if (command === 'model') this.#nextCommand = 'state';
    else if (command !== 'state' && error !== undefined) this.#nextCommand = NEXT_AFTER_ERROR[command];
    else if (command === 'switchOn') this.#nextCommand = 'position';
    const isPreparation = command !== 'position' && command !== this.#nextCommand;
    if (this.#timer && this.#isConfirmed && isPreparation) this.#sendNext();
    return true;
  }

  /** Asks as the next family is asked; after the last one for the model, to name it, and then from the first one again. */
  #tryNextDialect(): void {
    const next = DIALECTS[DIALECTS.indexOf(this.#dialect) + 1];
    this.#isConfirmed = false;
    this.#dialect = next ?? DIALECTS[0];
    this.#nextCommand = next ? 'state' : 'model';
    if (!next) this.#diagnosis.addUnknown();
  }

  #handleOther(line: string): void {
    const isUnsolicited = UNSOLICITED.test(line) && !this.#dialect.position.test(line);
    // An unknown line after a response is the rest of it: the response was interrupted, so it is not complete.
    if (!isUnsolicited) this.#unconfirmed = undefined;
    if (this.#inFlight === 'model' && line !== GET_MODEL) this.#diagnosis.addModel(line);
    // The port streams NMEA: it is no modem, or not its command port, so nothing more is sent to it.
    if (!this.#isModem && isSentence(line) && hasValidChecksum(line)) this.stop();
  }

  #addMeasurement(unconfirmed: Unconfirmed): void {
    this.#unconfirmed = unconfirmed;
    this.#responsesWithoutFix = unconfirmed.measurement ? 0 : this.#responsesWithoutFix + 1;
    if (this.#responsesWithoutFix < MAX_RESPONSES_WITHOUT_FIX) return;
    this.#responsesWithoutFix = 0;
    this.#nextCommand = 'state';
  }

  /**
   * Returns the fix of a response that is now complete. A repeated measurement is no fix, nor is that of the first
   * response, whose age is unknown.
   */
  #confirmFix(): Fix | undefined {
    if (!this.#unconfirmed) return undefined;
    const { line, measurement, receivedAtMs } = this.#unconfirmed;
    const isFirst = !this.#hasResponded;
    const isRepeated = line === this.#lastFixLine && measurement?.time !== null;
    this.#unconfirmed = undefined;
    this.#hasResponded = true;
    this.#diagnosis.addPosition(measurement !== null, isRepeated);
    if (!measurement || isRepeated) return undefined;
    this.#lastFixLine = line;
    return isFirst ? undefined : { ...measurement, receivedAtMs };
  }
}
