import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandComplete } from '../../world/radio/events.ts';
import { STATUS } from '../../world/radio/status.ts';
import { parseCommand } from './testing/packets.ts';
import { NobleRig } from './testing/noble-rig.ts';

/** The last command of noble's start. */
const SET_SCAN_PARAMETERS = 0x200b;

const rig = new NobleRig();
beforeEach(() => rig.setUp());
afterEach(() => rig.close());

/** Makes the adapter reject the last command of noble's start so many times. */
function refuse(times: number): void {
  const { controller } = rig.ride.world.adapter;
  const receive = controller.receive.bind(controller);
  let count = 0;
  controller.receive = (packet) => {
    if (parseCommand(packet)?.opcode !== SET_SCAN_PARAMETERS || count >= times) {
      receive(packet);
      return;
    }
    count += 1;
    controller.host.send(commandComplete(SET_SCAN_PARAMETERS, STATUS.commandDisallowed));
  };
}

describe('an adapter that rejects the last command of the start', () => {
  it('always ends the client with 71 at once, and the log names command and status', async () => {
    refuse(Infinity);
    rig.startClient();
    const { code, tookMs } = await rig.waitForExit(60_000);
    expect(code).toBe(71);
    expect(tookMs).toBeLessThan(5_000);
    expect(rig.ride.output).toContain('rejects the command 0x200b with status 0x0c');
  });
});
