import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMAND, parseCommand } from './testing/packets.ts';
import { NobleRig } from './testing/noble-rig.ts';

let trouble: NobleRig;
beforeEach(async () => {
  trouble = new NobleRig();
  await trouble.setUp();
});
afterEach(async () => {
  expect(trouble.violations).toEqual([]);
  await trouble.ride.close();
});

/** How often a scan was begun. */
function scans(): number {
  return trouble.tap.packets.filter(({ bytes }) => {
    const command = parseCommand(bytes);
    return command?.opcode === COMMAND.setScanEnable && command.parameters[0] === 1;
  }).length;
}

describe('a scooter whose scan responses are all lost', () => {
  it('is found by its next advertisement, in the same scan', async () => {
    trouble.ride.world.scooterController.advertiser.answersScanRequest = () => false;
    trouble.startClient();
    const { reconnectMs, stepMs } = trouble.bounds;
    expect(await trouble.nextSample()).toBeLessThanOrEqual(reconnectMs + 2 * stepMs);
    expect(scans()).toBe(1);
    await trouble.stopClient();
  });
});
