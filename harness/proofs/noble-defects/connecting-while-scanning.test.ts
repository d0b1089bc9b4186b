import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { H4 } from '../../../hci/socket.ts';
import { COMMAND, commandIn } from './testing/packets.ts';
import { Trouble } from './testing/trouble.ts';

const HARDWARE_ERROR = Buffer.from([H4.event, 0x10, 1, 0]);

let trouble: Trouble;
beforeEach(async () => {
  trouble = new Trouble();
  await trouble.begin();
});
afterEach(async () => {
  expect(trouble.mistakes).toEqual([]);
  await trouble.ride.end();
});

describe('an adapter that dies when it is told to connect while it scans', () => {
  it('is never told so: not by the first search, not by a reconnect, not after it came back', async () => {
    const { adapter } = trouble.ride.world;
    trouble.tap.toChip = (packet) => {
      if (commandIn(packet)?.opcode === COMMAND.createConnection && adapter.controller.isScanning) {
        adapter.controller.host.send(HARDWARE_ERROR);
        adapter.mute(true);
      }
      return packet;
    };
    await trouble.startRiding();
    trouble.hangUp();
    await trouble.nextSample();
    adapter.pull();
    adapter.plug();
    await trouble.nextSample();
    await trouble.stop();
    expect(trouble.ride.connectionAttempts).toBeGreaterThanOrEqual(3);
  });
});
