import { DIALECTS } from './dialects.ts';

const MAX_MODEL_LENGTH = 40;

/** Finds out why the responses of a modem yield no position. */
export class ModemDiagnosis {
  /** Name of a modem that refuses the commands of every known family; empty if it did not tell. */
  #unknownModel: string | undefined;
  #error: string | undefined;
  #hasNoFix = false;
  #isRepeating = false;

  addError(command: string, error: string): void {
    this.#error = `the modem responds to ${command} with "${error}"`;
  }

  /** The modem refuses the commands of every known family. */
  addUnknown(): void {
    this.#unknownModel ??= '';
  }

  addModel(line: string): void {
    if (this.#unknownModel === '') this.#unknownModel = line.slice(0, MAX_MODEL_LENGTH);
  }

  addPosition(hasFix: boolean, isRepeated: boolean): void {
    this.#unknownModel = undefined;
    if (isRepeated) this.#isRepeating = true;
    else if (!hasFix) this.#hasNoFix = true;
  }

  /** Describes what failed, and starts again; undefined if the modem has not responded. */
  conclude(): string | undefined {
    const conclusion = this.#failedCondition();
    this.#error = undefined;
    this.#hasNoFix = this.#isRepeating = false;
    return conclusion;
  }

  #failedCondition(): string | undefined {
    if (this.#unknownModel !== undefined && this.#error !== undefined) {
      const known = DIALECTS.map(({ models }) => models).join(', ');
      const name = this.#unknownModel && ` ${this.#unknownModel}`;
      return (
        `the modem${name} refuses the GPS commands of the known ones (${known}): if it sends NMEA on another port, ` +
        'set serial_port to that and protocol to "nmea"'
      );
    }
    if (this.#hasNoFix)
      return 'the modem has no fix: check its GPS antenna and its view of the sky; the first fix takes some minutes';
    if (this.#error !== undefined) return this.#error;
    return this.#isRepeating ? 'the modem repeats its last measurement: switch it off and on' : undefined;
  }
}
