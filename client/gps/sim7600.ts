import { parseCgpsInfo, type Measurement, type SpeedUnit } from './cgpsinfo.ts';
import type { Fix } from './fix.ts';
import type { GpsReader, ReadResult } from './reader.ts';
import { isSentence } from './sentence.ts';

/** It measures once a second, and answers in far less. */
const SEND_INTERVAL_MS = 1000;
/** After so many answers without a fix it is asked whether it is switched on at all: a modem restarts by itself. */
const MAX_RESPONSES_WITHOUT_FIX = 30;
/** Longer than any answer that counts. */
const MAX_LINE_LENGTH = 160;

const GET_STATE = 'AT+CGPS?';
const SWITCH_ON = 'AT+CGPS=1';
const GET_POSITION = 'AT+CGPSINFO';
type AtCommand = typeof GET_STATE | typeof SWITCH_ON | typeof GET_POSITION;

/** What is asked after a refusal. Switching on is refused where it is on already. */
const NEXT_AFTER_ERROR: Readonly<Record<AtCommand, AtCommand>> = {
  [GET_STATE]: SWITCH_ON,
  [SWITCH_ON]: GET_POSITION,
  [GET_POSITION]: GET_STATE,
};

const STATE_RESPONSE = /^\+CGPS: ?([01])(?:,\d)?$/;
const ERROR_RESPONSE = /^(?:ERROR|\+CM[ES] ERROR:.*)$/;
/** An echo, or what a modem says unasked between the lines of an answer; a torn answer is neither. */
const UNSOLICITED = /^(?!\+CGPSINFO)[A-Z+*^]/;

/** A measurement whose answer is not complete before its `OK`. */
interface Unconfirmed {
  readonly measured: Measurement | null;
  readonly receivedAtMs: number;
}

/**
 * Talks with a SIM7600 and its siblings: sees to it that the GPS is on, and asks for the position once a second. A
 * question that stays without an answer is asked again.
 */
export class Sim7600Reader implements GpsReader {
  readonly #speedUnit: SpeedUnit;
  #send: (bytes: Buffer) => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  /** What is to be asked next. */
  #nextCommand: AtCommand = GET_STATE;
  /** What was asked last, until it is answered. */
  #inFlight: AtCommand | undefined;
  /** The beginning of a line whose end has not come yet. */
  #pending = '';
  #unconfirmed: Unconfirmed | undefined;
  /** Whether it has told in this opening where it is, or that it does not know. */
  #hasPosition = false;
  /** The time of the newest measurement that it has told. */
  #lastFixTime: number | undefined;
  #responsesWithoutFix = 0;
  #isModem = false;

  constructor(speedUnit: SpeedUnit) {
    this.#speedUnit = speedUnit;
  }

  /** Begins to ask, or goes on where it was stopped. */
  start(send: (bytes: Buffer) => void): void {
    this.#send = send;
    // What was asked before may just be being answered.
    if (this.#inFlight === undefined) this.#sendNext();
    else this.#startTimer();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** @param receivedAtMs when the chunk came, as `performance.now()` */
  push(chunk: Buffer, receivedAtMs = performance.now()): ReadResult {
    const lines = (this.#pending + chunk.toString('latin1')).split(/[\r\n]+/);
    // What is too long stays too long, however it goes on.
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

  /** Whether the line is an answer, or the end of one. */
  #handleResponse(line: string, receivedAtMs: number): boolean {
    if (line === 'OK') return this.#endResponse(true);
    if (ERROR_RESPONSE.test(line)) return this.#endResponse(false);
    const state = STATE_RESPONSE.exec(line)?.[1];
    if (state) {
      this.#nextCommand = state === '1' ? GET_POSITION : SWITCH_ON;
      return true;
    }
    const measured = parseCgpsInfo(line, this.#speedUnit);
    if (measured === undefined) return false;
    this.#unconfirmed = { measured, receivedAtMs };
    this.#countWithoutFix(measured);
    return true;
  }

  /** The answer is over. What leads to the position is asked at once, the position itself in its time. */
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
    // Behind an answer this is the rest of it: the answer that was taken for whole has been torn apart.
    if (!UNSOLICITED.test(line)) this.#unconfirmed = undefined;
    // It is no modem, or not its port for commands: whatever listens there is not to be disturbed.
    if (!this.#isModem && isSentence(line)) this.stop();
  }

  #countWithoutFix(measured: Measurement | null): void {
    this.#responsesWithoutFix = measured ? 0 : this.#responsesWithoutFix + 1;
    if (this.#responsesWithoutFix < MAX_RESPONSES_WITHOUT_FIX) return;
    this.#responsesWithoutFix = 0;
    this.#nextCommand = GET_STATE;
  }

  /**
   * The fix of an answer that is complete now. A measurement that is told again is none, and neither is one in the very
   * first answer: it may be of any age.
   */
  #confirmFix(): Fix | undefined {
    if (!this.#unconfirmed) return undefined;
    const { measured, receivedAtMs } = this.#unconfirmed;
    const isFirst = !this.#hasPosition;
    this.#unconfirmed = undefined;
    this.#hasPosition = true;
    const time = measured?.time.getTime();
    if (!measured || time === this.#lastFixTime) return undefined;
    this.#lastFixTime = time;
    return isFirst ? undefined : { ...measured, receivedAtMs };
  }
}
