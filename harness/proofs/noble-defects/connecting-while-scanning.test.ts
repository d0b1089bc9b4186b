import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { H4 } from '../../../hci/socket.ts';
import { COMMAND, parseCommand } from './testing/packets.ts';
import { NobleRig } from './testing/noble-rig.ts';

const HARDWARE_ERROR = Buffer.from([H4.event, 0x10, 1, 0]);

const rig = new NobleRig();
beforeEach(() => rig.setUp());
afterEach(() => rig.close());

describe('an adapter that fails if it has to connect during a scan', () => {
  it('never has to: not in the first search, not in a reconnect, not after it was replugged', async () => {
    const { adapter } = rig.ride.world;
    rig.tap.toController = (packet) => {
      if (parseCommand(packet)?.opcode === COMMAND.createConnection && adapter.controller.isScanning) {
        adapter.controller.host.send(HARDWARE_ERROR);
        adapter.mute(true);
      }
      return packet;
    };
    await rig.startPolling();
    rig.disconnect();
    await rig.nextSample();
    adapter.unplug();
    adapter.plug();
    await rig.nextSample();
    await rig.stopClient();
    expect(rig.ride.connectionAttempts).toBeGreaterThanOrEqual(3);
  });
});
