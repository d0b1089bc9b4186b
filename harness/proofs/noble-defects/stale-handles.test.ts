import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Central, Link } from '../../../client/ble/central.ts';
import { linkParameters } from '../../../client/scooter/link-parameters.ts';
import { NORDIC_UART } from '../../../protocol/gatt.ts';
import { NobleRig } from './testing/noble-rig.ts';

const NO_SIGNAL = new AbortController().signal;

const rig = new NobleRig();
let central: Central;
beforeEach(async () => {
  await rig.setUp();
  // Has to be loaded under the virtual clock.
  const { openCentral } = await import('../../../client/ble/noble-central.ts');
  const { adapter } = rig.ride.world;
  central = await rig.ride.clock.until(openCentral(rig.tap.on(adapter), NO_SIGNAL));
  const found = new AbortController();
  const onSeen = ({ address }: { address: string }): void => {
    if (address === rig.config.scooter.mac) found.abort();
  };
  await rig.ride.clock.until(central.scan(onSeen, found.signal));
});
afterEach(async () => {
  await rig.ride.clock.until(central.close());
  await rig.close();
});

async function connect(): Promise<Link> {
  const { scooter } = rig.config;
  return await rig.ride.clock.until(
    central.connect(scooter.mac, {
      parameters: linkParameters(scooter),
      timeoutMs: scooter.connectTimeoutMs,
      stepTimeoutMs: rig.bounds.stepMs,
      signal: NO_SIGNAL,
    }),
  );
}

/** An ended link, and the next one. */
async function twoLinks(): Promise<{ old: Link; next: Link }> {
  const old = await connect();
  rig.disconnect();
  await rig.until(() => old.ended.aborted);
  return { old, next: await connect() };
}

describe('the link object of an ended connection', () => {
  it('writes nothing, neither before the next connection nor on it', async () => {
    const old = await connect();
    rig.disconnect();
    await rig.until(() => old.ended.aborted);
    old.write(NORDIC_UART.write, Buffer.from('over'));
    const next = await connect();
    old.write(NORDIC_UART.write, Buffer.from('over'));
    next.write(NORDIC_UART.write, Buffer.from('next'));
    await rig.ride.clock.advance(1_000);
    const sent = rig.tap.packets.map(({ bytes }) => bytes.toString('latin1')).join('\n');
    expect(sent).not.toContain('over');
    expect(sent).toContain('next');
  });

  it('fails to subscribe at once, while the next one can', async () => {
    const { old, next } = await twoLinks();
    await expect(old.subscribe(NORDIC_UART.notify, () => undefined)).rejects.toMatchObject({
      code: 'link_lost',
    });
    await rig.ride.clock.until(next.subscribe(NORDIC_UART.notify, () => undefined));
  });

  it('does not disconnect the next one when it is closed late, twice', async () => {
    const { old, next } = await twoLinks();
    await rig.ride.clock.until(Promise.all([old.close(), old.close()]));
    await rig.ride.clock.advance(1_000);
    expect(next.ended.aborted).toBe(false);
    expect(rig.ride.world.air.links).toHaveLength(1);
  });
});
