import type { MeasuredPosition } from './measured-position.ts';
import {
  MODEM_FAMILIES,
  type AngleNotation,
  type FirmwareUnits,
  type Measurement,
  type ModemFamily,
  type ModemName,
  type SpeedUnit,
} from './modem-families.ts';

/** Maximum command; excess characters are discarded. */
const MAX_COMMAND_LENGTH = 256;

export interface VirtualModemOptions {
  readonly family?: ModemName;
  /** Whether it echoes commands (`ATE1`), the factory default. */
  readonly echo?: boolean;
  /** Unit of speeds in `+CGPSINFO`, which depends on the firmware. */
  readonly speedUnit?: SpeedUnit;
  /** Notation of latitude and longitude in `+CGPSINFO`, which depends on the firmware. */
  readonly angles?: AngleNotation;
  /** Returns an unsolicited result code, without line ending, to insert before a line of a reply. */
  readonly unsolicited?: () => string | undefined;
}

/** What a modem repeats that has never known it. */
const NOT_KNOWN_YET = { altitudeM: 0, speedKmh: 0, courseDeg: 0 };

/** Returns the lines of a reply; the last one is the final result. */
type Command = (latest: () => Measurement | undefined) => readonly string[];

/** Virtual AT command port of a modem, limited to its GPS; based on captures and manuals. */
export class VirtualModem {
  /** Whether its GPS is switched on; initially off. */
  isOn = false;
  readonly #family: ModemFamily;
  readonly #units: FirmwareUnits;
  readonly #unsolicited: () => string | undefined;
  readonly #commands: ReadonlyMap<string, Command>;
  readonly #initialEcho: boolean;
  #echo: boolean;
  #input = '';
  #lastKnown: Pick<MeasuredPosition, keyof typeof NOT_KNOWN_YET> = NOT_KNOWN_YET;

  constructor({
    family = 'sim7600',
    echo = true,
    speedUnit = 'knots',
    angles = 'minutes',
    unsolicited = () => undefined,
  }: VirtualModemOptions = {}) {
    const { model, getState, state, switchOn, switchOff, getPosition } = (this.#family =
      MODEM_FAMILIES[family]);
    this.#initialEcho = this.#echo = echo;
    this.#units = { speed: speedUnit, angles };
    this.#unsolicited = unsolicited;
    this.#commands = new Map<string, Command>([
      ['AT', () => ['OK']],
      ['ATE0', () => this.#setEcho(false)],
      ['ATE1', () => this.#setEcho(true)],
      ['AT+CGMM', () => [model, 'OK']],
      [getState, () => [state(this.isOn), 'OK']],
      [switchOff, () => this.#switchOff()],
      [switchOn, () => this.#switchOn()],
      [getPosition, (latest) => this.#position(latest)],
    ]);
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

  /** A measurement as the modem reports it: some fill in what they do not know. */
  fillIn(measurement: Measurement): Measurement {
    const { position } = measurement;
    if (!this.#family.fillsIn || !position) return measurement;
    const { altitudeM, speedKmh, courseDeg } = this.#lastKnown;
    this.#lastKnown = {
      altitudeM: position.altitudeM ?? altitudeM,
      speedKmh: position.speedKmh ?? speedKmh,
      courseDeg: position.courseDeg ?? courseDeg,
    };
    return { ...measurement, position: { ...position, ...this.#lastKnown } };
  }

  /** Restarts it, as after a brownout: its GPS is off, and its settings are those of the factory. */
  restart(): void {
    this.isOn = false;
    this.#lastKnown = NOT_KNOWN_YET;
    this.#echo = this.#initialEcho;
    this.#input = '';
  }

  /** Replies to a command; ignores input without the prefix `AT`. */
  #reply(command: string, latest: () => Measurement | undefined): string {
    if (!command.startsWith('AT')) return '';
    const lines = this.#commands.get(command)?.(latest) ?? ['ERROR'];
    return lines.map((line) => this.#formatLine(line)).join('');
  }

  #formatLine(line: string): string {
    const code = this.#unsolicited();
    return (code === undefined ? '' : `\r\n${code}\r\n`) + `\r\n${line}\r\n`;
  }

  #setEcho(on: boolean): readonly string[] {
    this.#echo = on;
    return ['OK'];
  }

  #switchOff(): readonly string[] {
    this.isOn = false;
    return ['OK'];
  }

  #switchOn(): readonly string[] {
    const { isOnAlready, ready } = this.#family;
    if (this.isOn) return [isOnAlready];
    this.isOn = true;
    return ready === undefined ? ['OK'] : ['OK', ready];
  }

  #position(latest: () => Measurement | undefined): readonly string[] {
    const measurement = this.isOn ? latest() : undefined;
    const { position, time, isEstimated } = measurement ?? {};
    if (!position || !time) return this.#family.noFix(this.isOn);
    if (isEstimated !== true) return [this.#family.position({ position, time }, this.#units), 'OK'];
    const estimate = this.#family.estimate?.({ position, time });
    return estimate === undefined ? this.#family.noFix(this.isOn) : [estimate, 'OK'];
  }
}
