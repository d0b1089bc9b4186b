import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NoblePeripheral } from '../../../hci/noble.ts';
import { Controller } from './controller.ts';
import { encodeAddress } from './device-address.ts';
import { Bench } from './testing/bench.ts';
import { PARAMETERS, type TestCentral } from './testing/central.ts';
import { OTHER_PI, SCOOTER } from './testing/devices.ts';
import type { TestPeripheral } from './testing/peripheral.ts';
import { TestHost } from './testing/test-host.ts';
import { leEventsOf } from './testing/recording.ts';

const CONNECTION_COMPLETE = 0x01;
const FAILED_TO_ESTABLISH = 0x3e;
const LE_CREATE_CONNECTION = 0x200d;
const LE_CREATE_CONNECTION_CANCEL = 0x200e;
const [PUBLIC, RANDOM] = [0, 1];

let bench: Bench;
let scooter: TestPeripheral;
let central: TestCentral;
let found: NoblePeripheral;
beforeEach(async () => {
  bench = new Bench();
  scooter = await bench.peripheral();
  central = await bench.central();
  found = await central.find();
});
afterEach(() => {
  vi.restoreAllMocks();
  bench.close();
});

/** Status and role of every LE Connection Complete. */
function connections({ packets }: TestCentral | TestPeripheral): { status: number; role: number }[] {
  return leEventsOf(packets, CONNECTION_COMPLETE).map(({ bytes }) => ({
    status: bytes.readUInt8(4),
    role: bytes.readUInt8(7),
  }));
}

describe('a connection attempt', () => {
  it('reports its role to each end', async () => {
    await central.connect(found, PARAMETERS);
    await bench.clock.advance(10);
    expect(connections(central)).toEqual([{ status: 0, role: 0 }]);
    expect(connections(scooter)).toEqual([{ status: 0, role: 1 }]);
  });

  it('stays pending while the peripheral is out of range, and succeeds when it is back', async () => {
    const unblock = bench.air.block(scooter.controller);
    const connected = bench.event(found, 'connect', 1_200_000);
    found.connect(PARAMETERS);
    setTimeout(unblock, 600_000);
    await connected;
    expect(found.state).toBe('connected');
  });

  it('ignores a peripheral with another address type', async () => {
    const host = new TestHost(new Controller(bench.air, { identity: OTHER_PI }));
    const attempt = (type: number): string[] =>
      host.command(LE_CREATE_CONNECTION, [
        ...[0x60, 0, 0x30, 0, 0, type, ...encodeAddress(SCOOTER.address), 0],
        ...[6, 0, 6, 0, 0, 0, 0xf4, 1, 4, 0, 6, 0],
      ]);
    attempt(PUBLIC);
    await bench.clock.advance(1000);
    expect(host.takeReceived()).toEqual([]);
    host.command(LE_CREATE_CONNECTION_CANCEL);
    attempt(RANDOM);
    await bench.clock.advance(1000);
    expect(host.takeReceived()).toEqual([expect.stringMatching(/^043e130100/)]);
  });

  it('that is cancelled stops the advertising timer of the peripheral', async () => {
    const unblock = bench.air.block(scooter.controller);
    found.connect(PARAMETERS);
    await bench.clock.advance(100);
    unblock();
    expect(bench.clock.pendingTimers()).toBe(1);
    found.cancelConnect();
    await bench.clock.advance(10);
    expect(bench.clock.pendingTimers()).toBe(0);
  });

  it('runs no timer while it is pending', async () => {
    bench.air.block(scooter.controller);
    found.connect(PARAMETERS);
    await bench.clock.advance(1000);
    expect(bench.clock.pendingTimers()).toBe(0);
  });

  it('that is cancelled fails with status 0x02, and the next one can succeed', async () => {
    const errors: string[] = [];
    const onConnect = (error?: Error): unknown => errors.push(error?.message ?? 'connected');
    found.on('connect', onConnect);
    const unblock = bench.air.block(scooter.controller);
    found.connect(PARAMETERS);
    await bench.clock.advance(1000);
    found.cancelConnect();
    await bench.clock.advance(10);
    expect(errors).toEqual(['connection canceled!', expect.stringContaining('(0x2)')]);
    expect(connections(central)).toEqual([{ status: 0x02, role: 0 }]);
    unblock();
    await bench.clock.advance(1000);
    expect(scooter.packets.some(({ bytes }) => bytes[1] === 0x3e)).toBe(false);
    await central.connect(found, PARAMETERS);
    expect(errors.at(-1)).toBe('connected');
  });

  it('with a lost request ends after six intervals as failed to establish, and can be repeated', async () => {
    const lost = vi.spyOn(bench.air, 'losesPacket').mockReturnValueOnce(false).mockReturnValueOnce(true);
    await central.connect(found, { ...PARAMETERS, minInterval: 24, maxInterval: 24 });
    expect(lost).toHaveBeenCalledTimes(2);
    const connectedAtMs = leEventsOf(central.packets, CONNECTION_COMPLETE)[0]?.atMs ?? 0;
    expect(await bench.event(found, 'disconnect')).toEqual([FAILED_TO_ESTABLISH]);
    expect((central.packets.at(-1)?.atMs ?? 0) - connectedAtMs).toBe(6 * 30);
    expect(connections(scooter)).toEqual([]);
    expect(scooter.disconnectReasons).toEqual([]);
    await central.connect(found, PARAMETERS);
    await central.discover(found);
  });

  it('with a lost request leaves the peripheral connectable by others', async () => {
    const other = await bench.central({ identity: OTHER_PI });
    const foundByOther = await other.find();
    vi.spyOn(bench.air, 'losesPacket').mockReturnValueOnce(false).mockReturnValueOnce(true);
    await central.connect(found, { ...PARAMETERS, minInterval: 800, maxInterval: 800 });
    await other.connect(foundByOther, PARAMETERS);
    await other.discover(foundByOther);
    await bench.event(found, 'disconnect');
    expect(foundByOther.state).toBe('connected');
  });

  it('of two centrals at once succeeds for one; the other stays pending', async () => {
    const other = await bench.central({ identity: OTHER_PI });
    const foundByOther = await other.find();
    found.connect(PARAMETERS);
    foundByOther.connect(PARAMETERS);
    await bench.clock.advance(1000);
    const states = [found, foundByOther].map(({ state }) => state);
    expect(states.toSorted()).toEqual(['connected', 'connecting']);
    const [winner, loser] = states[0] === 'connected' ? [found, foundByOther] : [foundByOther, found];
    winner.disconnect();
    await bench.clock.advance(1000);
    expect([winner.state, loser.state]).toEqual(['disconnected', 'connected']);
  });
});
