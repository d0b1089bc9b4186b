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

  /** Restarts it, as after a brownout: its GPS is off, and its settings are those of the factory. */
  restart(): void {
    this.isOn = false;
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
    return position && time && isEstimated !== true
      ? [this.#family.position({ position, time }, this.#units), 'OK']
      : this.#family.noFix(this.isOn);
  }
}
