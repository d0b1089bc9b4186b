import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeRegister } from '../../../protocol/registers/codec.ts';
import { REGISTERS } from '../../../protocol/registers/table.ts';
import { H4Host } from '../../world/radio/testing/h4-host.ts';
import { RunningSim } from '../../commands/sim/testing/running-sim.ts';
import { ForeignCentral } from './foreign-central.ts';

const SCOOTER = 'c8:f0:9e:00:00:01';
/** LE Set Advertising Parameters and Enable: every 100 ms on all channels, as bleno does. */
const ADVERTISE = [`0106200fa000a000${'00'.repeat(9)}0700`, '010a200101'];

let folder: string;
let sim: RunningSim;
let port: number;
const centrals: ForeignCentral[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-foreign-'));
  sim = new RunningSim('--adapter', 'virtual', '--h4', 'tcp:127.0.0.1:0', '--memory', join(folder, 'memory'));
  port = Number(await sim.waitFor(/with --adapter tcp:127\.0\.0\.1:(\d+)/));
  await sim.waitFor(/advertises/);
});

afterEach(async () => {
  await Promise.all(centrals.splice(0).map((central) => central.close()));
  await sim.stop();
  rmSync(folder, { recursive: true });
});

async function central(): Promise<ForeignCentral> {
  const started = await ForeignCentral.start(port);
  centrals.push(started);
  return started;
}

describe('a third-party app with the virtual scooter', () => {
  it('pairs after a press of the power button, logs in and reads', async () => {
    const app = await central();
    await app.waitForAdvertisements(SCOOTER);
    await app.connect(SCOOTER);
    expect(await app.register()).toBeUndefined();
    await app.disconnect();
    await sim.waitFor(/scooter +beeps/);
    sim.input.write('\n');
    await sim.waitFor(/pairing allowed/);
    await app.waitForAdvertisements(SCOOTER);
    await app.connect(SCOOTER);
    const token = (await app.register()) ?? expect.unreachable();
    await app.logIn(token);
    const { name } = REGISTERS.ble;
    expect(decodeRegister(name, await app.read('ble', name.register, name.bytes))).toBe('MIScooter0001');
  });

  it('occupies the scooter: another app receives all devices except the scooter until the first disconnects', async () => {
    const [first, second] = await Promise.all([central(), central()]);
    const bystander = await H4Host.connect(`tcp:127.0.0.1:${port}`);
    bystander.send(...ADVERTISE);
    const address = (await bystander.address()).replace(/..(?!$)/g, '$&:');
    await Promise.all([first.waitForAdvertisements(SCOOTER), second.waitForAdvertisements(SCOOTER)]);
    await first.connect(SCOOTER);
    await second.waitForAdvertisements(address, 4);
    expect([...second.advertisementCounts.keys()]).toEqual([address]);
    await first.disconnect();
    await second.waitForAdvertisements(SCOOTER);
    bystander.socket.destroy();
  });
});
