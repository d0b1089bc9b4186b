import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ATT_ANSWERS, spoilAnswer } from './testing/att-answer.ts';
import { ATT, attIn, isAttResponse, withAtt, withAttError } from './testing/packets.ts';
import type { Change } from './testing/tap.ts';
import { Trouble } from './testing/trouble.ts';

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

let trouble: Trouble;
beforeEach(async () => {
  trouble = new Trouble();
  await trouble.begin();
});
afterEach(async () => {
  expect(trouble.mistakes).toEqual([]);
  await trouble.ride.end();
});

/**
 * Spoils one answer after the other, each on a connection of its own, with a good one in between, and waits for
 * telemetry each time.
 */
async function spoilEach(change: Change, withinMs: number): Promise<void> {
  await trouble.startRiding();
  expect(trouble.tap.passed.filter(({ to, bytes }) => to === 'host' && isAttResponse(bytes))).toHaveLength(
    ATT_ANSWERS,
  );
  for (let index = 0; index < ATT_ANSWERS; index++) {
    const spoilt = spoilAnswer(trouble.tap, index, change);
    trouble.hangUp();
    await trouble.until(() => spoilt.count === 1);
    expect(await trouble.nextSample(), `answer ${index}`).toBeLessThanOrEqual(withinMs);
  }
  await trouble.stop();
}

describe('a ride', () => {
  it('goes on in time, whichever answer to a request of noble is lost', async () => {
    const { stepMs, backMs } = trouble.bounds;
    await spoilEach(() => undefined, stepMs + backMs);
  });

  it.each(Object.entries(ERRORS))(
    'goes on in time, whichever answer is the ATT error "%s"',
    async (_name, code) => {
      const { stepMs, backMs } = trouble.bounds;
      await spoilEach((packet) => withAttError(packet, code), stepMs + backMs);
    },
  );

  it.each(Object.entries(DAMAGES))('goes on in time, whichever answer is %s', async (_name, damage) => {
    const { stepMs, backMs } = trouble.bounds;
    await spoilEach((packet) => withAtt(packet, damage(attIn(packet) ?? packet)), stepMs + backMs);
  });

  it('never depends on what noble makes of a failed write or read: it asks for neither', async () => {
    await trouble.startRiding();
    await trouble.nextSample();
    await trouble.stop();
    const asked = trouble.tap.passed.flatMap(({ to, bytes }) => (to === 'chip' ? [attIn(bytes)] : []));
    const opcodes = asked.map((pdu) => pdu?.[0]);
    expect(opcodes).not.toContain(ATT.readRequest);
    expect(opcodes).not.toContain(ATT.readBlobRequest);
    // To the descriptors that turn notifications on.
    expect(opcodes.filter((opcode) => opcode === ATT.writeRequest)).toHaveLength(3);
  });
});
