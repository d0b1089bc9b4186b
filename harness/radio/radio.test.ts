import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { loadBleno, type LoadedBleno } from '../../hci/bleno.ts';
import { loadNoble, type LoadedNoble, type NoblePeripheral } from '../../hci/noble.ts';
import { Air } from './air.ts';
import { Controller } from './controller.ts';
import { virtualAdapter } from './virtual-socket.ts';

const SCOOTER = { address: 'c8:f0:9e:00:00:01', type: 'random' } as const;
const SECOND = { address: 'c8:f0:9e:00:00:02', type: 'random' } as const;
const PI = { address: 'b8:27:eb:00:00:01', type: 'public' } as const;

const open: (LoadedNoble | LoadedBleno)[] = [];
afterEach(() => {
  for (const loaded of open.splice(0)) loaded.close();
});

async function peripheral(air: Air, identity: typeof SCOOTER | typeof SECOND, name: string) {
  const controller = new Controller(air, { identity });
  const loaded = loadBleno(virtualAdapter(controller), { maxMtu: 23 });
  open.push(loaded);
  const { bleno } = loaded;
  if (bleno.state !== 'poweredOn') await once(bleno, 'stateChange');
  const writes: string[] = [];
  let notify: ((data: Buffer) => void) | undefined;
  bleno.setServices([
    new bleno.PrimaryService({
      uuid: 'fff0',
      characteristics: [
        new bleno.Characteristic({
          uuid: 'fff1',
          properties: ['writeWithoutResponse', 'notify'],
          onWriteRequest: (data, _offset, _withoutResponse, callback) => {
            writes.push(data.toString());
            callback(0);
            notify?.(Buffer.from(`${data.toString()}!`));
          },
          onSubscribe: (_size, update) => (notify = update),
          onUnsubscribe: () => (notify = undefined),
        }),
      ],
    }),
  ]);
  bleno.startAdvertisingWithEIRData(
    Buffer.concat([Buffer.from([name.length + 1, 0x09]), Buffer.from(name)]),
    Buffer.alloc(0),
  );
  return { controller, bleno, writes };
}

async function central(air: Air, identity: typeof PI = PI) {
  const controller = new Controller(air, { identity });
  const loaded = loadNoble(virtualAdapter(controller));
  open.push(loaded);
  if (loaded.noble.state !== 'poweredOn') await once(loaded.noble, 'stateChange');
  return { controller, noble: loaded.noble, close: () => loaded.close() };
}

async function find(noble: LoadedNoble['noble'], address: string): Promise<NoblePeripheral> {
  noble.startScanning([], true);
  for (;;) {
    const [found] = (await once(noble, 'discover')) as [NoblePeripheral];
    if (found.address === address) {
      noble.stopScanning();
      return found;
    }
  }
}

const parameters = { minInterval: 6, maxInterval: 6, latency: 0, timeout: 20 };

describe('unmodified noble and bleno over the virtual radio', () => {
  it('find each other, connect, discover, write and notify at an MTU of 23', async () => {
    const air = new Air({ random: () => 0.5 });
    const scooter = await peripheral(air, SCOOTER, 'one');
    await peripheral(air, SECOND, 'two');
    const { noble } = await central(air);
    const found = await find(noble, SCOOTER.address);
    expect(found.advertisement.localName).toBe('one');
    found.connect(parameters);
    await once(found, 'connect');
    const services = await new Promise<{ uuid: string }[]>((resolve) =>
      found.discoverServices(['fff0'], (_e, s) => resolve(s)),
    );
    expect(services.map((s) => s.uuid)).toEqual(['fff0']);
    found.disconnect();
    await once(found, 'disconnect');
    expect(scooter.writes).toEqual([]);
  });
});
