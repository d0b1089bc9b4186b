import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STATUS } from '../../world/radio/status.ts';
import { parseCommandStatus, COMMAND, parseCommand } from './testing/packets.ts';
import { NobleRig } from './testing/noble-rig.ts';

/** A scan begins anew after so long. */
const SCAN_TURN_MS = 4_000;
/** What a healthy adapter does at once may take so long. */
const ADAPTER_MS = 5_000;
/** Of Command Complete: behind type, event, length, credits and opcode. */
const STATUS_AT = 6;

let trouble: NobleRig;
beforeEach(async () => {
  trouble = new NobleRig();
  await trouble.setUp({ scooter: 'search_window = 60\nreconnect_window = 60' });
});
afterEach(async () => {
  expect(trouble.violations).toEqual([]);
  await trouble.ride.close();
});

/** Has the chip refuse to begin or to end a scan, `times` in all, after `after` that it has carried out. */
function refuse(what: 'on' | 'off', times: number, after = 0): void {
  const asked: boolean[] = [];
  let count = 0;
  trouble.tap.toChip = (packet) => {
    const command = parseCommand(packet);
    if (command?.opcode !== COMMAND.setScanEnable) return packet;
    asked.push(command.parameters[0] === 1);
    return packet;
  };
  trouble.tap.toHost = (packet) => {
    if (parseCommandStatus(packet)?.opcode !== COMMAND.setScanEnable) return packet;
    const isOn = asked.shift() === true;
    if (isOn !== (what === 'on')) return packet;
    count += 1;
    if (count <= after || count > after + times) return packet;
    trouble.ride.world.adapter.controller.scan(!isOn, false);
    const refused = Buffer.from(packet);
    refused[STATUS_AT] = STATUS.commandDisallowed;
    return refused;
  };
}

async function expectAdapterUnusable(withinMs: number): Promise<void> {
  trouble.startClient();
  const { code, tookMs } = await trouble.waitForExit(200_000);
  expect(code).toBe(71);
  expect(tookMs).toBeLessThanOrEqual(withinMs);
}

describe('an adapter that refuses to scan', () => {
  it('once is asked again, and the scooter is found', async () => {
    refuse('on', 1);
    trouble.startClient();
    const { connectTimeoutMs } = trouble.config.scooter;
    const boundMs = SCAN_TURN_MS + connectTimeoutMs + 2 * trouble.bounds.stepMs;
    expect(await trouble.nextSample()).toBeLessThanOrEqual(boundMs);
    await trouble.stopClient();
  });

  it('whenever it is asked ends the client with 71, not 69: it hears nobody', async () => {
    refuse('on', Infinity);
    await expectAdapterUnusable(3 * SCAN_TURN_MS);
  });

  it('or to end a scan ends the client with 71', async () => {
    // While noble starts, and before each scan, it ends one that is not under way.
    refuse('off', Infinity, 2);
    await expectAdapterUnusable(SCAN_TURN_MS + ADAPTER_MS);
  });
});
