import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bench } from './testing/bench.ts';
import type { TestCentral, TestLink } from './testing/central.ts';
import type { TestPeripheral } from './testing/peripheral.ts';
import { TestHost } from './testing/test-host.ts';
import { leEventsOf } from './testing/recording.ts';
import { Controller } from './controller.ts';

const HANDLE = 0x40;
const SIGNALLING_CHANNEL = 0x0005;
const PARAMETER_UPDATE_REQUEST = 0x12;
const CONNECTION_UPDATE_COMPLETE = 0x03;
const LE_CONNECTION_UPDATE = [0x01, 0x13, 0x20, 14, HANDLE, 0];
const CONNECTION_TIMEOUT = 0x08;

/** 100 ms, no latency, 1 s. */
const NEW_PARAMETERS = [80, 0, 80, 0, 0, 0, 100, 0];
/** What noble grants: with the supervision timeout of its connection request, 5 s. */
const GRANTED = [80, 0, 80, 0, 0, 0, 0xf4, 0x01];

let bench: Bench;
let scooter: TestPeripheral;
let central: TestCentral;
let link: TestLink;
beforeEach(async () => {
  bench = new Bench();
  scooter = await bench.peripheral();
  central = await bench.central();
  link = await central.open();
  await bench.clock.advance(100);
});
afterEach(() => bench.close());

/** Sends a Connection Parameter Update Request of the peripheral, which noble grants in the user channel. */
function request(parameters: readonly number[]): void {
  const payload = [PARAMETER_UPDATE_REQUEST, 1, parameters.length, 0, ...parameters];
  const l2cap = [payload.length, 0, SIGNALLING_CHANNEL, 0, ...payload];
  scooter.controller.receive(Buffer.from([0x02, HANDLE, 0, l2cap.length, 0, ...l2cap]));
}

/** Milliseconds without contact until the link is lost. */
async function lossDelayMs(): Promise<number> {
  const startMs = performance.now();
  bench.air.block(scooter.controller);
  const lost = bench.event(link.peripheral, 'disconnect');
  expect(await lost).toEqual([CONNECTION_TIMEOUT]);
  await bench.clock.advance(10);
  expect(scooter.disconnectReasons).toEqual([CONNECTION_TIMEOUT]);
  return (central.packets.at(-1)?.atMs ?? 0) - startMs;
}

describe('new connection parameters', () => {
  it('that the peripheral requests through L2CAP apply to both ends, except the supervision timeout', async () => {
    request(NEW_PARAMETERS);
    await bench.clock.advance(100);
    for (const end of [scooter, central]) {
      const [update] = leEventsOf(end.packets, CONNECTION_UPDATE_COMPLETE);
      expect(update?.bytes.subarray(4).toString('hex')).toBe('004000' + '50000000f401');
    }
    expect(await lossDelayMs()).toBe(5000);
  });

  it('that the central sets include the supervision timeout, which may be longer than before', async () => {
    central.controller.receive(
      Buffer.from([...LE_CONNECTION_UPDATE, 80, 0, 80, 0, 0, 0, 0xb8, 0x0b, 0, 0, 0, 0]),
    );
    await bench.clock.advance(100);
    expect(await lossDelayMs()).toBe(30_000);
  });

  it('change the interval of data as soon as they are in force', async () => {
    central.controller.receive(Buffer.from([...LE_CONNECTION_UPDATE, ...NEW_PARAMETERS, 0, 0, 0, 0]));
    await bench.clock.advance(8);
    const [update] = leEventsOf(central.packets, CONNECTION_UPDATE_COMPLETE);
    const updatedAtMs = update?.atMs ?? 0;
    const receivedAtMs: number[] = [];
    link.characteristic.on('data', () => receivedAtMs.push(performance.now() - updatedAtMs));
    for (let index = 0; index < 3; index++) {
      scooter.notify(Buffer.from([index]));
      await bench.clock.advance(100);
    }
    await bench.clock.advance(100);
    expect(receivedAtMs).toEqual([100, 200, 300]);
  });

  it('do not take effect while the ends have no contact', async () => {
    const unblock = bench.air.block(scooter.controller);
    request(NEW_PARAMETERS);
    central.controller.receive(Buffer.from([...LE_CONNECTION_UPDATE, ...GRANTED, 0, 0, 0, 0]));
    await bench.clock.advance(4000);
    expect(leEventsOf(central.packets, CONNECTION_UPDATE_COMPLETE)).toEqual([]);
    unblock();
    await bench.clock.advance(500);
    expect(leEventsOf(central.packets, CONNECTION_UPDATE_COMPLETE)).toHaveLength(2);
    // The second update changes nothing for the peripheral.
    expect(leEventsOf(scooter.packets, CONNECTION_UPDATE_COMPLETE)).toHaveLength(1);
  });

  it('are not reported to other hosts', async () => {
    const host = new TestHost(
      new Controller(bench.air, { identity: { address: '00:00:00:00:00:09', type: 'public' } }),
    );
    request(NEW_PARAMETERS);
    await bench.clock.advance(200);
    expect(host.takeReceived()).toEqual([]);
  });
});
