import { DID_BYTES, LOGIN_RANDOM_BYTES, PRIVATE_KEY_BYTES } from '../../../protocol/keys.ts';
import { readRequest } from '../../../protocol/message.ts';
import { REGISTERS } from '../../../protocol/registers/table.ts';
import { hasLogin } from '../../../simulator/models/models.ts';
import { expectThat } from '../expect.ts';
import type { Attack, ScooterPort } from './attack.ts';

/** After it no procedure of an earlier connection is left, and no press of the button counts. */
export const QUIET_MS = 40_000;

const RANDOM = Buffer.alloc(LOGIN_RANDOM_BYTES, 2);
const PRIVATE_KEY = Buffer.alloc(PRIVATE_KEY_BYTES, 3);
const DID = Buffer.alloc(DID_BYTES, 4);

/** Expects that a client that does everything right can log in, after a pairing if there was none, and read a register. */
export async function serveProperClient(
  port: ScooterPort & { readonly replies: number },
  attack: Attack,
): Promise<void> {
  await port.connect();
  if (hasLogin(port)) {
    if (!port.token) await pair(port, attack);
    expectThat(attack.logInProperly(RANDOM), 'does not accept the login of a proper client');
  }
  const { serialNumber } = REGISTERS.esc;
  const before = port.replies;
  attack.requestProperly(readRequest('esc', serialNumber.register, serialNumber.bytes));
  port.monitor.check(port.token);
  expectThat(port.replies === before + 1, 'does not answer a proper client');
}

/** The first attempt makes the scooter beep, and the second follows a press of the button. */
async function pair(port: ScooterPort, attack: Attack): Promise<void> {
  attack.registerProperly(PRIVATE_KEY, DID);
  attack.disconnect();
  await attack.play({ do: 'press' });
  await port.connect();
  attack.registerProperly(PRIVATE_KEY, DID);
  expectThat(port.token !== undefined, 'does not register a proper client');
}
