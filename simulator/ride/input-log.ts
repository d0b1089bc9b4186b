import type { Conditions } from './conditions.ts';

/** Conditions from a moment on. */
interface Input {
  /** Seconds after the start of the ride. */
  readonly atS: number;
  readonly conditions: Conditions;
  /** When the scooter was last switched on, which resets trip and uptime. */
  readonly poweredOnAtS: number;
}

/** The inputs of a ride in the order of time. */
export class InputLog {
  readonly #inputs: Input[];
  /** Temporary changes that are active, in the order of their starts: later ones take precedence. */
  readonly #overrides = new Set<Partial<Conditions>>();
  #base: Conditions;

  constructor(conditions: Conditions) {
    this.#base = conditions;
    this.#inputs = [{ atS: 0, conditions, poweredOnAtS: 0 }];
  }

  /** Conditions at a time, whether the scooter is switched on at that time, and the time of the next input. */
  at(atS: number): { readonly conditions: Conditions; readonly isPowerOn: boolean; readonly untilS: number } {
    const index = this.#inputs.findLastIndex((input) => input.atS <= atS);
    return {
      conditions: this.#inputs[index]?.conditions ?? this.#base,
      isPowerOn: this.#inputs[index]?.poweredOnAtS === atS,
      untilS: this.#inputs[index + 1]?.atS ?? Infinity,
    };
  }

  /** Changes the conditions. @throws RangeError if a later input exists */
  change(atS: number, change: Partial<Conditions>, isPowerOn = false): void {
    this.#checkTime(atS);
    this.#base = { ...this.#base, ...change };
    this.#add(atS, isPowerOn);
  }

  /** Changes the conditions until `release` is called. @throws RangeError as `change` does */
  override(atS: number, change: Partial<Conditions>): { release(atS: number): void } {
    this.#checkTime(atS);
    const override = { ...change };
    this.#overrides.add(override);
    this.#add(atS, false);
    return {
      release: (releasedAtS) => {
        this.#checkTime(releasedAtS);
        this.#overrides.delete(override);
        this.#add(releasedAtS, false);
      },
    };
  }

  #checkTime(atS: number): void {
    const lastS = this.#inputs.at(-1)?.atS ?? 0;
    if (!(atS >= lastS)) throw new RangeError(`input at ${atS} s after one at ${lastS} s`);
  }

  #add(atS: number, isPowerOn: boolean): void {
    this.#inputs.push({
      atS,
      conditions: Object.assign({}, this.#base, ...this.#overrides) as Conditions,
      poweredOnAtS: isPowerOn ? atS : (this.#inputs.at(-1)?.poweredOnAtS ?? 0),
    });
  }
}
