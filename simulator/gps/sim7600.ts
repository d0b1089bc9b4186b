import type { Position } from '../ride/ride.ts';
import { dateField, KMH_PER_KNOT, positionFields, timeField } from './nmea-fields.ts';

/** Maximum command; excess characters are discarded. */
const MAX_COMMAND_LENGTH = 256;
const NO_FIX = '+CGPSINFO: ,,,,,,,,';

/** Measurement of a GPS receiver; no position means no fix. */
export interface Measurement {
  readonly position: Position | undefined;
  readonly time: Date;
}

export interface VirtualSim7600Options {
  /** Whether it echoes commands (`ATE1`), the factory default. */
  readonly echo?: boolean;
  /** Unit of speeds, which depends on the firmware. */
  readonly speedUnit?: 'knots' | 'kmh';
  /** Returns an unsolicited result code, without line ending, to insert before a line of a reply. */
  readonly unsolicited?: () => string | undefined;
}

/** Returns the lines of a reply before `OK`; undefined means `ERROR`. */
type Command = (latest: () => Measurement | undefined) => readonly string[] | undefined;

/** Virtual AT command port of a SIM7600, limited to its GPS; based on captures and the manual. */
export class VirtualSim7600 {
  /** Whether its GPS is switched on; initially off. */
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
    ['AT+CGPSINFO', (latest) => [this.#positionLine(latest)]],
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
   * Handles bytes written to the port, and returns the output.
   * @param latest returns the latest measurement, undefined before the first; called if a command needs it
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

  /** Replies to a command; ignores input without the prefix `AT`. */
  #reply(command: string, latest: () => Measurement | undefined): string {
    if (!command.startsWith('AT')) return '';
    const lines = this.#commands.get(command)?.(latest);
    return (lines ? [...lines, 'OK'] : ['ERROR']).map((line) => this.#formatLine(line)).join('');
  }

  #formatLine(line: string): string {
    const code = this.#unsolicited();
    return (code === undefined ? '' : `\r\n${code}\r\n`) + `\r\n${line}\r\n`;
  }

  #setEcho(on: boolean): [] {
    this.#echo = on;
    return [];
  }

  #switchOff(): [] {
    this.isOn = false;
    return [];
  }

  /** Switches the GPS on; fails if it is on already, like the real modem. */
  #switchOn(): [] | undefined {
    if (this.isOn) return undefined;
    this.isOn = true;
    return [];
  }

  #positionLine(latest: () => Measurement | undefined): string {
    const measurement = this.isOn ? latest() : undefined;
    if (!measurement?.position) return NO_FIX;
    const { position, time } = measurement;
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
