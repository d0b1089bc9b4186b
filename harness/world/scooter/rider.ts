import type { FirmwareEvent } from '../../../simulator/firmware/firmware.ts';
import type { VirtualScooter } from '../../../simulator/scooter.ts';

/** Time from the beep to the press of the power button. */
const REACTION_MS = 1_500;

/** Simulates the rider, who confirms pairing: presses the power button after the scooter beeps. */
export class Rider {
  readonly #onPress: () => void;
  readonly #fromBeep: number;
  #beeps = 0;
  #scooter: VirtualScooter | undefined;
  #reaction: NodeJS.Timeout | undefined;

  /**
   * @param onPress is called when the button is pressed.
   * @param fromBeep number of the first beep at which it is pressed
   */
  constructor(onPress: () => void = () => undefined, fromBeep = 1) {
    this.#onPress = onPress;
    this.#fromBeep = fromBeep;
  }

  setScooter(scooter: VirtualScooter): void {
    this.#scooter = scooter;
  }

  onScooterEvent({ type }: FirmwareEvent): void {
    if (type !== 'beep') return;
    this.#beeps += 1;
    clearTimeout(this.#reaction);
    if (this.#beeps < this.#fromBeep) return;
    this.#reaction = setTimeout(() => {
      this.#onPress();
      this.#scooter?.pressButton();
    }, REACTION_MS);
  }

  close(): void {
    clearTimeout(this.#reaction);
  }
}
