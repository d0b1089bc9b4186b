import { parseCgpsInfo, type Measured, type SpeedUnit } from './cgpsinfo.ts';
import type { Fix } from './fix.ts';
import type { GpsReader, Heard } from './reader.ts';
import { isSentence } from './sentence.ts';

/** It measures once a second, and answers in far less. */
const ASK_INTERVAL_MS = 1000;
/** After so many answers without a fix it is asked whether it is switched on at all: a modem restarts by itself. */
const ANSWERS_BEFORE_DOUBT = 30;
/** Longer than any answer that counts. */
const MAX_LINE_LENGTH = 160;

const IS_ON = 'AT+CGPS?';
const SWITCH_ON = 'AT+CGPS=1';
const WHERE = 'AT+CGPSINFO';
type Question = typeof IS_ON | typeof SWITCH_ON | typeof WHERE;

/** What is asked after a refusal. Switching on is refused where it is on already. */
const AFTER_ERROR: Readonly<Record<Question, Question>> = {
  [IS_ON]: SWITCH_ON,
  [SWITCH_ON]: WHERE,
  [WHERE]: IS_ON,
};

const STATE = /^\+CGPS: ?([01])(?:,\d)?$/;
const ERROR = /^(?:ERROR|\+CM[ES] ERROR:.*)$/;
/** An echo, or what a modem says unasked between the lines of an answer; a torn answer is neither. */
const ASIDE = /^(?!\+CGPSINFO)[A-Z+*^]/;

/** A measurement whose answer is not complete before its `OK`. */
interface Unconfirmed {
  readonly measured: Measured | null;
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
  #question: Question = IS_ON;
  /** What was asked last, until it is answered. */
  #asked: Question | undefined;
  /** The beginning of a line whose end has not come yet. */
  #pending = '';
  #unconfirmed: Unconfirmed | undefined;
  /** Whether it has told in this opening where it is, or that it does not know. */
  #hasTold = false;
  /** The time of the newest measurement that it has told. */
  #toldTime: number | undefined;
  #answersWithoutFix = 0;
  #hasAnswered = false;

  constructor(speedUnit: SpeedUnit) {
    this.#speedUnit = speedUnit;
  }

  /** Begins to ask, or goes on where it was stopped. */
  start(send: (bytes: Buffer) => void): void {
    this.#send = send;
    // What was asked before may just be being answered.
    if (this.#asked === undefined) this.#ask();
    else this.#keepAsking();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** @param receivedAtMs when the chunk came, as `performance.now()` */
  push(chunk: Buffer, receivedAtMs = performance.now()): Heard {
    const lines = (this.#pending + chunk.toString('latin1')).split(/[\r\n]+/);
    // What is too long stays too long, however it goes on.
    this.#pending = (lines.pop() ?? '').slice(0, MAX_LINE_LENGTH + 1);
    const fixes: Fix[] = [];
    let understoodAs: Heard['understoodAs'];
    for (const line of lines.filter((line) => line !== '' && line.length <= MAX_LINE_LENGTH)) {
      if (this.#takeAnswer(line, receivedAtMs)) understoodAs = 'sim7600';
      else this.#takeOther(line);
      const fix = line === 'OK' && this.#confirmed();
      if (fix) fixes.push(fix);
    }
    this.#hasAnswered ||= understoodAs !== undefined;
    return { fixes, understoodAs };
  }

  #ask(): void {
    this.#keepAsking();
    this.#asked = this.#question;
    this.#send(Buffer.from(`${this.#question}\r`));
  }

  #keepAsking(): void {
    this.stop();
    this.#timer = setInterval(() => this.#ask(), ASK_INTERVAL_MS);
  }

  /** Whether the line is an answer, or the end of one. */
  #takeAnswer(line: string, receivedAtMs: number): boolean {
    if (line === 'OK') return this.#end(true);
    if (ERROR.test(line)) return this.#end(false);
    const state = STATE.exec(line)?.[1];
    if (state) {
      this.#question = state === '1' ? WHERE : SWITCH_ON;
      return true;
    }
    const measured = parseCgpsInfo(line, this.#speedUnit);
    if (measured === undefined) return false;
    this.#unconfirmed = { measured, receivedAtMs };
    this.#doubt(measured);
    return true;
  }

  /** The answer is over. What leads to the position is asked at once, the position itself in its time. */
  #end(isOk: boolean): true {
    const asked = this.#asked;
    this.#asked = undefined;
    if (!isOk) this.#unconfirmed = undefined;
    if (asked && !isOk) this.#question = AFTER_ERROR[asked];
    else if (asked === SWITCH_ON) this.#question = WHERE;
    if (this.#timer && asked && asked !== WHERE && asked !== this.#question) this.#ask();
    return true;
  }

  #takeOther(line: string): void {
    // Behind an answer this is the rest of it: the answer that was taken for whole has been torn apart.
    if (!ASIDE.test(line)) this.#unconfirmed = undefined;
    // It is no modem, or not its port for commands: whatever listens there is not to be disturbed.
    if (!this.#hasAnswered && isSentence(line)) this.stop();
  }

  #doubt(measured: Measured | null): void {
    this.#answersWithoutFix = measured ? 0 : this.#answersWithoutFix + 1;
    if (this.#answersWithoutFix < ANSWERS_BEFORE_DOUBT) return;
    this.#answersWithoutFix = 0;
    this.#question = IS_ON;
  }

  /**
   * The fix of an answer that is complete now. A measurement that is told again is none, and neither is one in the very
   * first answer: it may be of any age.
   */
  #confirmed(): Fix | undefined {
    if (!this.#unconfirmed) return undefined;
    const { measured, receivedAtMs } = this.#unconfirmed;
    const isFirst = !this.#hasTold;
    this.#unconfirmed = undefined;
    this.#hasTold = true;
    const time = measured?.time.getTime();
    if (!measured || time === this.#toldTime) return undefined;
    this.#toldTime = time;
    return isFirst ? undefined : { ...measured, receivedAtMs };
  }
}
