import { EPOCH, type Clock } from '../../world/clock/clock.ts';
import type { VirtualClockSource } from '../../world/systemd/virtual-clock-source.ts';
import type { EventContent } from '../../world/trace/event.ts';
import type { ClockOptions } from '../format/scenario.ts';

/** The wall clock of the Pi: what it differs from the time of the world, and when it is set. */
export class WallClock {
  readonly #clock: Clock;
  readonly #options: ClockOptions;
  readonly #record: (event: EventContent) => void;
  #setting: NodeJS.Timeout | undefined;

  /** Sets the clock to the start of the scenario. */
  constructor(clock: Clock, options: ClockOptions, record: (event: EventContent) => void) {
    this.#clock = clock;
    this.#options = options;
    this.#record = record;
    const { startMs, errorMs } = options;
    if (startMs + errorMs !== EPOCH.getTime()) this.step(startMs + errorMs - EPOCH.getTime());
  }

  /** The time of the world, whatever the clock of the Pi says. */
  readonly trueTime = (): Date => new Date(this.#options.startMs + this.#clock.now());

  /** @param source tells the client whether the clock is synchronised */
  start(source: VirtualClockSource): void {
    const { service, errorMs, setAfterMs } = this.#options;
    source.setSynced(service, setAfterMs === undefined);
    if (setAfterMs === undefined) return;
    this.#setting = setTimeout(() => {
      if (errorMs !== 0) this.step(-errorMs);
      source.setSynced(service, true);
    }, setAfterMs);
  }

  step(byMs: number): void {
    this.#clock.stepWallClock(byMs);
    this.#record({ type: 'clock.stepped', byMs });
  }

  stop(): void {
    clearTimeout(this.#setting);
  }
}
