import fc from 'fast-check';
import { GENERATIONS } from '../../../protocol/advertisement.ts';
import { DID_BYTES, LOGIN_RANDOM_BYTES, PRIVATE_KEY_BYTES, TOKEN_BYTES } from '../../../protocol/keys.ts';
import { readRequest } from '../../../protocol/message.ts';
import { REGISTERS } from '../../../protocol/registers/table.ts';
import { bytes } from '../../../protocol/testing/arbitrary-messages.ts';
import { Firmware } from '../../../simulator/firmware/firmware.ts';
import { canHaveQuirk, QUIRKS, type QuirkName } from '../../../simulator/firmware/named-quirks.ts';
import type { Quirk } from '../../../simulator/firmware/quirks.ts';
import { findModel, hasLogin, MODELS } from '../../../simulator/models/models.ts';
import { randomBytes } from '../scooter/random-bytes.ts';
import { expectThat } from '../expect.ts';
import { type Action, actions } from '../scooter/action.ts';
import { Attack } from '../scooter/attack.ts';
import { type CreateFirmware, FirmwarePort } from '../scooter/firmware-port.ts';
import { fuzzTarget, random, type FuzzTarget, type Tally } from '../target.ts';

/** A scooter, and what is done to it. */
export interface FirmwareInput {
  readonly model: string;
  readonly generation: (typeof GENERATIONS)[number];
  readonly token: Buffer;
  readonly isBound: boolean;
  readonly quirks: readonly QuirkName[];
  readonly seed: number;
  readonly actions: readonly Action[];
}

const PROPER = {
  random: Buffer.alloc(LOGIN_RANDOM_BYTES, 2),
  privateKey: Buffer.alloc(PRIVATE_KEY_BYTES, 3),
  did: Buffer.alloc(DID_BYTES, 4),
} as const;
/** After it no procedure of an earlier connection is left, and no press of the button counts. */
const QUIET_MS = 40_000;

const scooters = Object.entries(MODELS).flatMap(([model, { generations }]) =>
  GENERATIONS.filter((generation) => generations[generation]).map((generation) => ({ model, generation })),
);

/** Any model in any of its generations, with any quirks that it can have, and any actions. */
export function firmwareInputs(maxWriteBytes: number): fc.Arbitrary<FirmwareInput> {
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

/** Plays the actions, and then expects that a proper client gets what it asks for. */
export async function attackFirmware(
  input: FirmwareInput,
  tally: Tally,
  create: CreateFirmware = (options, output) => new Firmware(options, output),
): Promise<void> {
  const model = findModel(input.model, { generation: input.generation });
  const draw = randomBytes(input.seed);
  const unit = (): number => draw(4).readUInt32LE() / 2 ** 32;
  const quirks = new Set<Quirk>(input.quirks.map((name) => QUIRKS[name].create(unit, model)));
  const token = hasLogin(model) && input.isBound ? input.token : undefined;
  const port = new FirmwarePort({ model, token, quirks, random: draw, create });
  const attack = new Attack(port, tally);
  port.connect();
  for (const action of input.actions) await attack.play(action);

  quirks.clear();
  attack.disconnect();
  await port.advance(QUIET_MS);
  port.connect();
  if (hasLogin(model)) await logIn(port, attack);
  const { serialNumber } = REGISTERS.esc;
  const before = port.replies;
  attack.requestProperly(readRequest('esc', serialNumber.register, serialNumber.bytes));
  port.monitor.check(port.token);
  expectThat(port.replies === before + 1, 'does not answer a proper client');
  tally('sequences');
}

/** Logs in, after a pairing if the scooter has no token. */
async function logIn(port: FirmwarePort, attack: Attack): Promise<void> {
  if (!port.token) {
    attack.registerProperly(PROPER.privateKey, PROPER.did);
    attack.disconnect();
    await attack.play({ do: 'press' });
    port.connect();
    attack.registerProperly(PROPER.privateKey, PROPER.did);
    expectThat(port.token !== undefined, 'does not register a proper client');
  }
  expectThat(attack.logInProperly(PROPER.random), 'does not accept the login of a proper client');
}

const firmware = fuzzTarget({
  name: 'firmware',
  about:
    'the firmware of every model and generation: any writes in any order and size, split anywhere, with restarts, ' +
    'presses of the button and steps of an app that are nearly right. No register without a login, no login without ' +
    'a right and fresh proof, no frame of another session or with a counter that goes back, no write that is not ' +
    'allowed, and a proper client is served afterwards',
  inputs: random(firmwareInputs(64)),
  check: (input, tally) => attackFirmware(input, tally),
  runs: 250,
});

/** The scooter. */
export const FIRMWARE_TARGETS: readonly FuzzTarget[] = [firmware];
