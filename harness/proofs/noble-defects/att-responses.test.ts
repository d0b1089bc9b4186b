import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ATT_RESPONSES, alterResponse } from './testing/att-response.ts';
import { ATT, attPayload, isAttResponse, withAtt, withAttError } from './testing/packets.ts';
import type { Change } from './testing/hci-tap.ts';
import { NobleRig } from './testing/noble-rig.ts';

/** Errors of Bluetooth Core Vol 3 Part F, 3.4.1.1, that noble handles in different ways. */
const ERRORS = { 'invalid PDU': 0x04, 'insufficient authentication': 0x05, unlikely: 0x0e };

/** Malformed responses on which noble throws or loops endlessly. */
const DAMAGES: Readonly<Record<string, (answer: Buffer) => Buffer>> = {
  empty: () => Buffer.alloc(0),
  'truncated to one byte': (answer) => answer.subarray(0, 1),
  'one byte too short': (answer) => answer.subarray(0, -1),
  'a list with entries of length 0': (answer) =>
    Buffer.concat([answer.subarray(0, 1), Buffer.of(0), answer.subarray(2)]),
};

const rig = new NobleRig();
beforeEach(() => rig.setUp());
afterEach(() => rig.close());

/**
 * Changes one response after the other, each on a connection of its own, and waits for the next sample each time.
 */
async function changeEachResponse(change: Change, withinMs: number): Promise<void> {
  await rig.startPolling();
  expect(rig.tap.packets.filter(({ to, bytes }) => to === 'host' && isAttResponse(bytes))).toHaveLength(
    ATT_RESPONSES,
  );
  for (let index = 0; index < ATT_RESPONSES; index++) {
    const changed = alterResponse(rig.tap, index, change);
    rig.disconnect();
    await rig.until(() => changed.count === 1);
    expect(await rig.nextSample(), `response ${index}`).toBeLessThanOrEqual(withinMs);
  }
  await rig.stopClient();
}

describe('a client', () => {
  it('recovers in time from the loss of any ATT response', async () => {
    const { stepMs, recoveryMs } = rig.bounds;
    await changeEachResponse(() => undefined, stepMs + recoveryMs);
  });

  it.each(Object.entries(ERRORS))(
    'recovers in time from the ATT error "%s" in any response',
    async (_name, code) => {
      const { stepMs, recoveryMs } = rig.bounds;
      await changeEachResponse((packet) => withAttError(packet, code), stepMs + recoveryMs);
    },
  );

  it.each(Object.entries(DAMAGES))(
    'recovers in time from a malformed ATT response: %s',
    async (_name, damage) => {
      const { stepMs, recoveryMs } = rig.bounds;
      await changeEachResponse(
        (packet) => withAtt(packet, damage(attPayload(packet) ?? packet)),
        stepMs + recoveryMs,
      );
    },
  );

  it('uses no read or write whose failure noble hides', async () => {
    await rig.startPolling();
    await rig.nextSample();
    await rig.stopClient();
    const pdus = rig.tap.packets.flatMap(({ to, bytes }) => (to === 'controller' ? [attPayload(bytes)] : []));
    const opcodes = pdus.map((pdu) => pdu?.[0]);
    expect(opcodes).not.toContain(ATT.readRequest);
    expect(opcodes).not.toContain(ATT.readBlobRequest);
    // To the descriptors that enable notifications.
    expect(opcodes.filter((opcode) => opcode === ATT.writeRequest)).toHaveLength(3);
  });
});
