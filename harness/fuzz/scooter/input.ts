import fc from 'fast-check';
import { GENERATIONS, type Generation } from '../../../protocol/advertisement.ts';
import { TOKEN_BYTES } from '../../../protocol/keys.ts';
import { bytes } from '../../../protocol/testing/arbitrary-messages.ts';
import { canHaveQuirk, QUIRKS, type QuirkName } from '../../../simulator/firmware/named-quirks.ts';
import { hasLogin, MODELS } from '../../../simulator/models/models.ts';
import { type Action, actions } from './action.ts';

/** A scooter, and what is done to it. */
export interface ScooterInput {
  readonly model: string;
  readonly generation: Generation;
  readonly token: Buffer;
  readonly isBound: boolean;
  readonly quirks: readonly QuirkName[];
  /** Of its random numbers. */
  readonly seed: number;
  readonly actions: readonly Action[];
}

const scooters = Object.entries(MODELS).flatMap(([model, { generations }]) =>
  GENERATIONS.filter((generation) => generations[generation]).map((generation) => ({ model, generation })),
);

/** Any model in any of its generations, with any quirks that it can have, and any actions. */
export function scooterInputs(maxWriteBytes: number): fc.Arbitrary<ScooterInput> {
  return fc
    .oneof(
      { weight: 3, arbitrary: fc.constantFrom(...scooters.filter(hasLogin)) },
      { weight: 1, arbitrary: fc.constantFrom(...scooters) },
    )
    .chain((scooter) => {
      const names = (Object.keys(QUIRKS) as QuirkName[]).filter((name) => canHaveQuirk(scooter, name));
      return fc.record({
        model: fc.constant(scooter.model),
        generation: fc.constant(scooter.generation),
        token: bytes(TOKEN_BYTES),
        isBound: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
        quirks: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.subarray(names, { maxLength: 3 })),
        seed: fc.nat(0xffff),
        actions: actions(maxWriteBytes),
      });
    });
}
