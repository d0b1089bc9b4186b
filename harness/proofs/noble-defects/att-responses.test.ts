import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ATT_RESPONSES, alterResponse } from './testing/att-response.ts';
import { ATT, attPayload, isAttResponse, withAtt, withAttError } from './testing/packets.ts';
import type { Change } from './testing/hci-tap.ts';
import { NobleRig } from './testing/noble-rig.ts';

/** Errors of Bluetooth Core Vol 3 Part F, 3.4.1.1, that noble takes differently. */
const ERRORS = { 'invalid PDU': 0x04, 'insufficient authentication': 0x05, unlikely: 0x0e };

/** What noble would throw at, or read for ever. */
const DAMAGES: Readonly<Record<string, (answer: Buffer) => Buffer>> = {
  empty: () => Buffer.alloc(0),
  'its first byte alone': (answer) => answer.subarray(0, 1),
  'short of a byte': (answer) => answer.subarray(0, -1),
  'a list of entries without a length': (answer) =>
    Buffer.concat([answer.subarray(0, 1), Buffer.of(0), answer.subarray(2)]),
};

let trouble: NobleRig;
beforeEach(async () => {
  trouble = new NobleRig();
  await trouble.setUp();
});
afterEach(async () => {
  expect(trouble.violations).toEqual([]);
  await trouble.ride.close();
});

/**
 * Spoils one answer after the other, each on a connection of its own, with a good one in between, and waits for
 * telemetry each time.
 */
async function spoilEach(change: Change, withinMs: number): Promise<void> {
  await trouble.startPolling();
  expect(trouble.tap.packets.filter(({ to, bytes }) => to === 'host' && isAttResponse(bytes))).toHaveLength(
    ATT_RESPONSES,
  );
  for (let index = 0; index < ATT_RESPONSES; index++) {
    const spoilt = alterResponse(trouble.tap, index, change);
    trouble.disconnect();
    await trouble.until(() => spoilt.count === 1);
    expect(await trouble.nextSample(), `answer ${index}`).toBeLessThanOrEqual(withinMs);
  }
  await trouble.stopClient();
}

describe('a ride', () => {
  it('goes on in time, whichever answer to a request of noble is lost', async () => {
    const { stepMs, recoveryMs } = trouble.bounds;
    await spoilEach(() => undefined, stepMs + recoveryMs);
  });

  it.each(Object.entries(ERRORS))(
    'goes on in time, whichever answer is the ATT error "%s"',
    async (_name, code) => {
      const { stepMs, recoveryMs } = trouble.bounds;
      await spoilEach((packet) => withAttError(packet, code), stepMs + recoveryMs);
    },
  );

  it.each(Object.entries(DAMAGES))('goes on in time, whichever answer is %s', async (_name, damage) => {
    const { stepMs, recoveryMs } = trouble.bounds;
    await spoilEach((packet) => withAtt(packet, damage(attPayload(packet) ?? packet)), stepMs + recoveryMs);
  });

  it('never depends on what noble makes of a failed write or read: it asks for neither', async () => {
    await trouble.startPolling();
    await trouble.nextSample();
    await trouble.stopClient();
    const asked = trouble.tap.packets.flatMap(({ to, bytes }) => (to === 'chip' ? [attPayload(bytes)] : []));
    const opcodes = asked.map((pdu) => pdu?.[0]);
    expect(opcodes).not.toContain(ATT.readRequest);
    expect(opcodes).not.toContain(ATT.readBlobRequest);
    // To the descriptors that turn notifications on.
    expect(opcodes.filter((opcode) => opcode === ATT.writeRequest)).toHaveLength(3);
  });
});
