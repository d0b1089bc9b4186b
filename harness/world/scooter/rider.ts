import type { FirmwareEvent } from '../../../simulator/firmware/firmware.ts';
import type { VirtualScooter } from '../../../simulator/scooter.ts';

/** Time from the beep to the press of the power button. */
const REACTION_MS = 1_500;

/** Simulates the rider, who confirms pairing: presses the power button after the scooter beeps. */
export class Rider {
  readonly #onPress: () => void;
  #scooter: VirtualScooter | undefined;
  #reaction: NodeJS.Timeout | undefined;

  /** @param onPress is called when the button is pressed. */
  constructor(onPress: () => void = () => undefined) {
    this.#onPress = onPress;
  }

  setScooter(scooter: VirtualScooter): void {
    this.#scooter = scooter;
  }

  onScooterEvent({ type }: FirmwareEvent): void {
    if (type !== 'beep') return;
    clearTimeout(this.#reaction);
    this.#reaction = setTimeout(() => {
      this.#onPress();
      this.#scooter?.pressButton();
    }, REACTION_MS);
  }

  close(): void {
    clearTimeout(this.#reaction);
  }
}
