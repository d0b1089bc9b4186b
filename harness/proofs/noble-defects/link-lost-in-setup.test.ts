import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ATT_RESPONSES, alterResponse } from './testing/att-response.ts';
import { NobleRig } from './testing/noble-rig.ts';

/** From so many listeners on, Node warns of a leak. */
const TOO_MANY_LISTENERS = 11;
/** Answers on which the connection ends: while services, characteristics and subscriptions are asked for. */
const PLACES = { services: 1, characteristics: 6, subscriptions: 11 };

let trouble: NobleRig;
let warnings: Error[];
const onWarning = (warning: Error): unknown => warnings.push(warning);
const nobleWarns = vi.spyOn(console, 'warn');

beforeEach(() => {
  trouble = new NobleRig();
  warnings = [];
  process.on('warning', onWarning);
});
afterEach(async () => {
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
  // As it does of every call for a peripheral that is not connected.
  expect(nobleWarns).not.toHaveBeenCalled();
  expect(trouble.violations).toEqual([]);
  await trouble.ride.close();
});

function lose(packet: Buffer): Buffer {
  trouble.disconnect();
  return packet;
}

describe('a connection that ends while it is set up', () => {
  it('is followed by another at once, at whichever answer of the scooter it ends', async () => {
    await trouble.setUp();
    await trouble.startPolling();
    for (let index = 0; index < ATT_RESPONSES; index++) {
      const lost = alterResponse(trouble.tap, index, lose);
      trouble.disconnect();
      await trouble.until(() => lost.count === 1);
      const { linkCount } = trouble;
      // Were it noticed by a deadline only, it would take a step longer.
      const tookMs = await trouble.until(() => trouble.linkCount > linkCount);
      expect(tookMs, `answer ${index}`).toBeLessThanOrEqual(trouble.bounds.reconnectMs);
      await trouble.nextSample();
    }
    await trouble.stopClient();
  });

  it.each(Object.entries(PLACES))(
    'leaves nothing behind that the next one hears, or that piles up, among the %s',
    async (_place, index) => {
      await trouble.setUp({ scooter: 'retry_max = 1' });
      await trouble.startPolling();
      const lost = alterResponse(trouble.tap, index, lose, TOO_MANY_LISTENERS);
      trouble.disconnect();
      await trouble.until(() => lost.count === TOO_MANY_LISTENERS);
      expect(await trouble.nextSample()).toBeLessThanOrEqual(trouble.bounds.recoveryMs);
      await trouble.stopClient();
    },
  );
});
