import type { Position } from '../ride/ride.ts';
import { dateField, KMH_PER_KNOT, positionFields, timeField } from './nmea-fields.ts';

/** Longer input without a carriage return is forgotten. */
const MAX_COMMAND_LENGTH = 256;
const NO_FIX = '+CGPSINFO: ,,,,,,,,';

/** Where the receiver in the modem was when it measured; no position is no fix. */
export interface Measurement {
  readonly position: Position | undefined;
  readonly time: Date;
}

export interface VirtualSim7600Options {
  /** Whether it repeats what it is told (`ATE1`), as it does out of the factory. */
  readonly echo?: boolean;
  /** In which its firmware tells speeds. */
  readonly speedUnit?: 'knots' | 'kmh';
  /** Asked before each line of an answer for what it says there unasked, without the line's end. */
  readonly unsolicited?: () => string | undefined;
}

/** The lines of an answer before its `OK`; undefined is an `ERROR`. */
type Command = (newest: () => Measurement | undefined) => readonly string[] | undefined;

/** The port for AT commands of a SIM7600, as far as it concerns its GPS; captured from one, and from its manual. */
export class VirtualSim7600 {
  /** Whether the GPS in it is switched on; it is not when the modem starts. */
  isOn = false;
  readonly #speedUnit: 'knots' | 'kmh';
  readonly #unsolicited: () => string | undefined;
  #echo: boolean;
  #input = '';

  readonly #commands: ReadonlyMap<string, Command> = new Map<string, Command>([
    ['AT', () => []],
    ['ATE0', () => this.#setEcho(false)],
    ['ATE1', () => this.#setEcho(true)],
    ['AT+CGPS?', () => [`+CGPS: ${this.isOn ? 1 : 0},1`]],
    ['AT+CGPS=0', () => this.#switchOff()],
    ['AT+CGPS=1', () => this.#switchOn()],
    ['AT+CGPSINFO', (newest) => [this.#positionLine(newest)]],
  ]);

  constructor({
    echo = true,
    speedUnit = 'knots',
    unsolicited = () => undefined,
  }: VirtualSim7600Options = {}) {
    this.#echo = echo;
    this.#speedUnit = speedUnit;
    this.#unsolicited = unsolicited;
  }

  /**
   * Takes what is typed into the port.
   * @param latest tells the newest measurement, undefined before the first; called when it is asked for
   * @returns what comes out of the port in reply
   */
  receive(bytes: Buffer, latest: () => Measurement | undefined): Buffer {
    let output = '';
    for (const character of bytes.toString('latin1')) {
      if (this.#echo) output += character;
      if (character === '\r') {
        output += this.#reply(this.#input.trim().toUpperCase(), latest);
        this.#input = '';
      } else if (this.#input.length < MAX_COMMAND_LENGTH) {
        this.#input += character;
      }
    }
    return Buffer.from(output, 'latin1');
  }

  /** What begins otherwise than a command is none, and gets no answer. */
  #reply(command: string, latest: () => Measurement | undefined): string {
    if (!command.startsWith('AT')) return '';
    const lines = this.#commands.get(command)?.(latest);
    return (lines ? [...lines, 'OK'] : ['ERROR']).map((line) => this.#formatLine(line)).join('');
  }

  #formatLine(line: string): string {
    const aside = this.#unsolicited();
    return (aside === undefined ? '' : `\r\n${aside}\r\n`) + `\r\n${line}\r\n`;
  }

  #setEcho(on: boolean): [] {
    this.#echo = on;
    return [];
  }

  #switchOff(): [] {
    this.isOn = false;
    return [];
  }

  /** It is not content with being told what it does already. */
  #switchOn(): [] | undefined {
    if (this.isOn) return undefined;
    this.isOn = true;
    return [];
  }

  #positionLine(latest: () => Measurement | undefined): string {
    const measured = this.isOn ? latest() : undefined;
    if (!measured?.position) return NO_FIX;
    const { position, time } = measured;
    const speed = position.speedKmh / (this.#speedUnit === 'knots' ? KMH_PER_KNOT : 1);
    const course = Number(position.courseDeg.toFixed(1)) % 360;
    return [
      `+CGPSINFO: ${positionFields(position)}`,
      dateField(time),
      timeField(time).slice(0, 'hhmmss.s'.length),
      position.altitudeM.toFixed(1),
      speed.toFixed(1),
      course.toFixed(1),
    ].join(',');
  }
}
