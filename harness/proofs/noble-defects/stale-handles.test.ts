import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Central, Link } from '../../../client/ble/central.ts';
import { linkParameters } from '../../../client/scooter/link-parameters.ts';
import { NORDIC_UART } from '../../../protocol/gatt.ts';
import { NobleRig } from './testing/noble-rig.ts';

const NO_SIGNAL = new AbortController().signal;

let trouble: NobleRig;
let central: Central;
beforeEach(async () => {
  trouble = new NobleRig();
  await trouble.setUp();
  // Loaded under the virtual clock.
  const { openCentral } = await import('../../../client/ble/noble-central.ts');
  const { adapter } = trouble.ride.world;
  central = await trouble.ride.clock.until(openCentral(trouble.tap.on(adapter), NO_SIGNAL));
  const found = new AbortController();
  const onSeen = ({ address }: { address: string }): void => {
    if (address === trouble.config.scooter.mac) found.abort();
  };
  await trouble.ride.clock.until(central.scan(onSeen, found.signal));
});
afterEach(async () => {
  await trouble.ride.clock.until(central.close());
  expect(trouble.violations).toEqual([]);
  await trouble.ride.close();
});

async function connect(): Promise<Link> {
  const { scooter } = trouble.config;
  return await trouble.ride.clock.until(
    central.connect(scooter.mac, {
      parameters: linkParameters(scooter),
      timeoutMs: scooter.connectTimeoutMs,
      stepTimeoutMs: trouble.bounds.stepMs,
      signal: NO_SIGNAL,
    }),
  );
}

/** A connection that is over, and the one after it. */
async function twoLinks(): Promise<{ old: Link; next: Link }> {
  const old = await connect();
  trouble.disconnect();
  await trouble.until(() => old.ended.aborted);
  return { old, next: await connect() };
}

describe('what is left of a connection that is over', () => {
  it('writes nothing, neither before nor on the next one', async () => {
    const old = await connect();
    trouble.disconnect();
    await trouble.until(() => old.ended.aborted);
    old.write(NORDIC_UART.write, Buffer.from('over'));
    const next = await connect();
    old.write(NORDIC_UART.write, Buffer.from('over'));
    next.write(NORDIC_UART.write, Buffer.from('next'));
    await trouble.ride.clock.advance(1_000);
    const sent = trouble.tap.packets.map(({ bytes }) => bytes.toString('latin1')).join('\n');
    expect(sent).not.toContain('over');
    expect(sent).toContain('next');
  });

  it('fails to subscribe at once, and the next one can', async () => {
    const { old, next } = await twoLinks();
    await expect(old.subscribe(NORDIC_UART.notify, () => undefined)).rejects.toMatchObject({
      code: 'link_lost',
    });
    await trouble.ride.clock.until(next.subscribe(NORDIC_UART.notify, () => undefined));
  });

  it('does not hang up the next one when it is closed late, twice', async () => {
    const { old, next } = await twoLinks();
    await trouble.ride.clock.until(Promise.all([old.close(), old.close()]));
    await trouble.ride.clock.advance(1_000);
    expect(next.ended.aborted).toBe(false);
    expect(trouble.ride.world.air.links).toHaveLength(1);
  });
});
