import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STATUS } from '../../world/radio/status.ts';
import { parseCommandStatus, COMMAND, parseCommand } from './testing/packets.ts';
import { NobleRig } from './testing/noble-rig.ts';

/** Interval at which the client restarts a scan. */
const SCAN_RESTART_MS = 4_000;
/** Deadline for operations that a healthy adapter completes at once. */
const ADAPTER_MS = 5_000;
/** Offset of the status in Command Complete. */
const STATUS_AT = 6;

const rig = new NobleRig();
beforeEach(() => rig.setUp({ scooter: 'search_window = 60\nreconnect_window = 60' }));
afterEach(() => rig.close());

/** Makes the controller reject `times` starts or stops of a scan, after `after` that succeed. */
function reject(what: 'on' | 'off', times: number, after = 0): void {
  const enables: boolean[] = [];
  let count = 0;
  rig.tap.toController = (packet) => {
    const command = parseCommand(packet);
    if (command?.opcode !== COMMAND.setScanEnable) return packet;
    enables.push(command.parameters[0] === 1);
    return packet;
  };
  rig.tap.toHost = (packet) => {
    if (parseCommandStatus(packet)?.opcode !== COMMAND.setScanEnable) return packet;
    const isOn = enables.shift() === true;
    if (isOn !== (what === 'on')) return packet;
    count += 1;
    if (count <= after || count > after + times) return packet;
    rig.ride.world.adapter.controller.scan(!isOn, false);
    const rejected = Buffer.from(packet);
    rejected[STATUS_AT] = STATUS.commandDisallowed;
    return rejected;
  };
}

async function expectAdapterUnusable(withinMs: number): Promise<void> {
  rig.startClient();
  const { code, tookMs } = await rig.waitForExit(200_000);
  expect(code).toBe(71);
  expect(tookMs).toBeLessThanOrEqual(withinMs);
}

describe('an adapter that rejects', () => {
  it('one start of a scan gets another, and the scooter is found', async () => {
    reject('on', 1);
    rig.startClient();
    const { connectTimeoutMs } = rig.config.scooter;
    const boundMs = SCAN_RESTART_MS + connectTimeoutMs + 2 * rig.bounds.stepMs;
    expect(await rig.nextSample()).toBeLessThanOrEqual(boundMs);
    await rig.stopClient();
  });

  it('every start of a scan ends the client with 71, not with 69', async () => {
    reject('on', Infinity);
    await expectAdapterUnusable(3 * SCAN_RESTART_MS);
  });

  it('every stop of a scan ends the client with 71', async () => {
    // noble stops a scan that does not run when it starts, and before each scan.
    reject('off', Infinity, 2);
    await expectAdapterUnusable(SCAN_RESTART_MS + ADAPTER_MS);
  });
});
