import type { FirmwareEvent } from '../../../simulator/firmware/firmware.ts';
import type { VirtualScooter } from '../../../simulator/scooter.ts';

/** How long the rider takes to find the power button after the beep. */
const REACTION_MS = 1_500;

/** The person on the scooter, who consents to be paired: hears it beep, and presses its power button. */
export class Rider {
  readonly #onPress: () => void;
  #scooter: VirtualScooter | undefined;
  #reaction: NodeJS.Timeout | undefined;

  /** @param onPress is told when the button is pressed. */
  constructor(onPress: () => void = () => undefined) {
    this.#onPress = onPress;
  }

  setScooter(scooter: VirtualScooter): void {
    this.#scooter = scooter;
  }

  /** Takes every event of the scooter. */
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
