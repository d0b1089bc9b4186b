import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMAND, commandIn } from './testing/packets.ts';
import { Trouble } from './testing/trouble.ts';

let trouble: Trouble;
beforeEach(async () => {
  trouble = new Trouble();
  await trouble.begin();
});
afterEach(async () => {
  expect(trouble.mistakes).toEqual([]);
  await trouble.ride.end();
});

/** How often a scan was begun. */
function scans(): number {
  return trouble.tap.passed.filter(({ bytes }) => {
    const command = commandIn(bytes);
    return command?.opcode === COMMAND.setScanEnable && command.parameters[0] === 1;
  }).length;
}

describe('a scooter whose scan responses are all lost', () => {
  it('is found by its next advertisement, in the same scan', async () => {
    trouble.ride.world.scooterController.advertiser.answersScanRequest = () => false;
    trouble.start();
    const { reconnectMs, stepMs } = trouble.bounds;
    expect(await trouble.nextSample()).toBeLessThanOrEqual(reconnectMs + 2 * stepMs);
    expect(scans()).toBe(1);
    await trouble.stop();
  });
});
