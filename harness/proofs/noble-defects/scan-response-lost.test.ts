import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMAND, parseCommand } from './testing/packets.ts';
import { NobleRig } from './testing/noble-rig.ts';

const rig = new NobleRig();
beforeEach(() => rig.setUp());
afterEach(() => rig.close());

/** Number of starts of a scan. */
function scans(): number {
  return rig.tap.packets.filter(({ bytes }) => {
    const command = parseCommand(bytes);
    return command?.opcode === COMMAND.setScanEnable && command.parameters[0] === 1;
  }).length;
}

describe('a scooter whose scan responses are lost', () => {
  it('is found by its next advertisement, in the same scan', async () => {
    rig.ride.world.scooterController.advertiser.answersScanRequest = () => false;
    rig.startClient();
    const { reconnectMs, stepMs } = rig.bounds;
    expect(await rig.nextSample()).toBeLessThanOrEqual(reconnectMs + 2 * stepMs);
    expect(scans()).toBe(1);
    await rig.stopClient();
  });
});
