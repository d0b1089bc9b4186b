import { Firmware } from '../../../simulator/firmware/firmware.ts';
import { QUIRKS } from '../../../simulator/firmware/named-quirks.ts';
import type { Quirk } from '../../../simulator/firmware/quirks.ts';
import { findModel, hasLogin } from '../../../simulator/models/models.ts';
import { virtualClock } from '../../world/clock/clock.ts';
import { Attack } from '../scooter/attack.ts';
import { BlenoPort } from '../scooter/bleno-port.ts';
import { type CreateFirmware, FirmwarePort } from '../scooter/firmware-port.ts';
import { type ScooterInput, scooterInputs } from '../scooter/input.ts';
import { QUIET_MS, serveProperClient } from '../scooter/proper-client.ts';
import { randomBytes } from '../scooter/random-bytes.ts';
import { fuzzTarget, random, type FuzzTarget, type Tally } from '../target.ts';

/** An app writes at most a packet, and the firmware accepts more. */
const MAX_WRITE_BYTES = { packet: 20, firmware: 64 } as const;

const HOLDS =
  'No register without a login, no login without a right and fresh proof, no frame of another session or with a ' +
  'counter that goes back, no write that is not allowed, and a proper client is served afterwards';

/** What a port needs to know of an input. */
function scooterOf(input: ScooterInput) {
  const model = findModel(input.model, { generation: input.generation });
  const draw = randomBytes(input.seed);
  const unit = (): number => draw(4).readUInt32LE() / 2 ** 32;
  const quirks = input.quirks.map((name): Quirk => QUIRKS[name].create(unit, model));
  return { model, quirks, random: draw, token: hasLogin(model) && input.isBound ? input.token : undefined };
}

/** Plays the actions, and then expects that a proper client gets what it asks for. */
export async function attackFirmware(
  input: ScooterInput,
  tally: Tally,
  create: CreateFirmware = (options, output) => new Firmware(options, output),
): Promise<void> {
  const scooter = scooterOf(input);
  const quirks = new Set(scooter.quirks);
  const port = new FirmwarePort({ ...scooter, quirks, create });
  const attack = new Attack(port, tally);
  await port.connect();
  for (const action of input.actions) await attack.play(action);
  quirks.clear();
  attack.disconnect();
  await port.advance(QUIET_MS);
  await serveProperClient(port, attack);
  tally('sequences');
}

const firmware = fuzzTarget({
  name: 'firmware',
  about:
    'the firmware of every model and generation: any writes in any order and size, split anywhere, with restarts, ' +
    `presses of the button and steps of an app that are nearly right. ${HOLDS}`,
  inputs: random(scooterInputs(MAX_WRITE_BYTES.firmware)),
  check: (input, tally) => attackFirmware(input, tally),
  runs: 250,
});

async function attackScooter(input: ScooterInput, tally: Tally): Promise<void> {
  const clock = virtualClock();
  const port = new BlenoPort({ ...scooterOf(input), clock });
  try {
    const attack = new Attack(port, tally);
    await port.start();
    await port.connect();
    for (const action of input.actions) await attack.play(action);
    port.clearQuirks();
    attack.disconnect();
    await port.advance(QUIET_MS);
    await port.awaitAdvertising();
    await serveProperClient(port, attack);
    tally('sequences');
  } finally {
    port.close();
    clock.close();
  }
}

const scooter = fuzzTarget({
  name: 'scooter',
  about: `the whole virtual scooter behind bleno, in virtual time, which also switches itself off and restarts. ${HOLDS}`,
  inputs: random(scooterInputs(MAX_WRITE_BYTES.packet)),
  check: attackScooter,
  runs: 12,
});

/** The scooter. */
export const FIRMWARE_TARGETS: readonly FuzzTarget[] = [firmware, scooter];
