import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ATT_RESPONSES, alterResponse } from './testing/att-response.ts';
import { NobleRig } from './testing/noble-rig.ts';

/** Number of listeners at which Node.js warns of a leak. */
const TOO_MANY_LISTENERS = 11;
/** Responses at which the connection ends: during discovery of services and of characteristics, and subscription. */
const PHASES = { services: 1, characteristics: 6, subscriptions: 11 };

const rig = new NobleRig();
let warnings: Error[];
const onWarning = (warning: Error): unknown => warnings.push(warning);
const nobleWarning = vi.spyOn(console, 'warn');

beforeEach(() => {
  warnings = [];
  process.on('warning', onWarning);
});
afterEach(async () => {
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
  // noble warns of every call for a peripheral that is not connected.
  expect(nobleWarning).not.toHaveBeenCalled();
  await rig.close();
});

function disconnect(packet: Buffer): Buffer {
  rig.disconnect();
  return packet;
}

describe('a connection that ends during set-up', () => {
  it('is followed by another at once, at whichever ATT response it ends', async () => {
    await rig.setUp();
    await rig.startPolling();
    for (let index = 0; index < ATT_RESPONSES; index++) {
      const lost = alterResponse(rig.tap, index, disconnect);
      rig.disconnect();
      await rig.until(() => lost.count === 1);
      const { linkCount } = rig;
      // Noticed only by a timeout, it would take a step longer.
      const tookMs = await rig.until(() => rig.linkCount > linkCount);
      expect(tookMs, `response ${index}`).toBeLessThanOrEqual(rig.bounds.reconnectMs);
      await rig.nextSample();
    }
    await rig.stopClient();
  });

  it.each(Object.entries(PHASES))(
    'leaves no listeners that receive data of the next one or accumulate (%s)',
    async (_phase, index) => {
      await rig.setUp({ scooter: 'retry_max = 1' });
      await rig.startPolling();
      const lost = alterResponse(rig.tap, index, disconnect, TOO_MANY_LISTENERS);
      rig.disconnect();
      await rig.until(() => lost.count === TOO_MANY_LISTENERS);
      expect(await rig.nextSample()).toBeLessThanOrEqual(rig.bounds.recoveryMs);
      await rig.stopClient();
    },
  );
});
