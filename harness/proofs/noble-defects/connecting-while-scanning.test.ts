import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { H4 } from '../../../hci/socket.ts';
import { COMMAND, parseCommand } from './testing/packets.ts';
import { NobleRig } from './testing/noble-rig.ts';

const HARDWARE_ERROR = Buffer.from([H4.event, 0x10, 1, 0]);

let trouble: NobleRig;
beforeEach(async () => {
  trouble = new NobleRig();
  await trouble.setUp();
});
afterEach(async () => {
  expect(trouble.violations).toEqual([]);
  await trouble.ride.close();
});

describe('an adapter that dies when it is told to connect while it scans', () => {
  it('is never told so: not by the first search, not by a reconnect, not after it came back', async () => {
    const { adapter } = trouble.ride.world;
    trouble.tap.toChip = (packet) => {
      if (parseCommand(packet)?.opcode === COMMAND.createConnection && adapter.controller.isScanning) {
        adapter.controller.host.send(HARDWARE_ERROR);
        adapter.mute(true);
      }
      return packet;
    };
    await trouble.startPolling();
    trouble.disconnect();
    await trouble.nextSample();
    adapter.unplug();
    adapter.plug();
    await trouble.nextSample();
    await trouble.stopClient();
    expect(trouble.ride.connectionAttempts).toBeGreaterThanOrEqual(3);
  });
});
