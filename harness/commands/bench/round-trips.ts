import { parseAdapter, type Adapter } from '../../../hci/adapter.ts';
import { systemRandom } from '../../../client/random.ts';
import { virtualClock } from '../../world/clock/clock.ts';
import { Btvirt, btvirtUnavailableReason } from '../../proofs/foreign-stacks/btvirt.ts';
import { EchoCentral, EchoPeripheral } from '../../proofs/foreign-stacks/echo.ts';
import { Air } from '../../world/radio/air.ts';
import { Controller } from '../../world/radio/controller.ts';
import type { DeviceAddress } from '../../world/radio/device-address.ts';
import { H4Server } from '../../world/radio/h4-server.ts';
import { VirtualAdapter } from '../../world/radio/virtual-adapter.ts';
import type { Figure } from './figure.ts';

/** Maximum number of writes in flight: the number of buffers in our controller. */
const MAX_IN_FLIGHT = 8;
/** Number of measured round trips, in real time on the air and at full speed; another tenth is for warm-up. */
const COUNT = { paced: 1_000, unpaced: 20_000 } as const;

/** Real time, even if a virtual clock has replaced `performance.now`. */
const realNow = performance.now.bind(performance);

/**
 * Number of writes per second that are answered by a notification, through noble, bleno and two controllers. In real
 * time our controllers simulate connection events, one every 7.5 ms with up to four packets each way, which allows 533
 * round trips per second; btvirt does not simulate the air.
 */
export async function roundTripFigures(): Promise<Figure[]> {
  const figures: Figure[] = [];
  const add = (what: string, measured: number): void => {
    figures.push({ what: `write → notify round trips, ${what}`, unit: '/s', measured });
  };
  add('our controllers in process, in virtual time', await inVirtualTime());
  add('our controllers in process, at 7.5 ms', await inProcess());
  add('our controllers over H4 (tcp), at 7.5 ms', await overH4());
  const obstacle = btvirtUnavailableReason();
  if (obstacle === undefined) add('btvirt over H4 (unix)', await overBtvirt());
  else process.stderr.write(`bench: no round trips over a foreign controller: ${obstacle}\n`);
  return figures;
}

const identityOf = (unit: number): DeviceAddress => ({ address: `c0:00:00:00:00:0${unit}`, type: 'random' });

/** Two adapters on a separate virtual air. */
function airAdapters(): [Adapter, Adapter] {
  const air = new Air({ random: systemRandom.unit });
  const adapter = (unit: number): Adapter =>
    new VirtualAdapter(new Controller(air, { identity: identityOf(unit) }));
  return [adapter(1), adapter(2)];
}

async function inVirtualTime(): Promise<number> {
  const clock = virtualClock();
  try {
    return await clock.until(roundTrips(airAdapters(), COUNT.unpaced), Infinity);
  } finally {
    clock.close();
  }
}

async function inProcess(): Promise<number> {
  return roundTrips(airAdapters(), COUNT.paced);
}

async function overH4(): Promise<number> {
  const server = await H4Server.listen('tcp:127.0.0.1:0', {
    air: new Air({ random: systemRandom.unit }),
    identity: identityOf,
    log: () => undefined,
  });
  const adapter = parseAdapter(server.name);
  try {
    return await roundTrips([adapter, adapter], COUNT.paced);
  } finally {
    await server.close();
  }
}

async function overBtvirt(): Promise<number> {
  const btvirt = await Btvirt.start();
  const adapter = parseAdapter(btvirt.name);
  try {
    return await roundTrips([adapter, adapter], COUNT.unpaced);
  } finally {
    await btvirt.close();
  }
}

/** Round trips per second of real time. */
async function roundTrips([ofPeripheral, ofCentral]: [Adapter, Adapter], count: number): Promise<number> {
  const peripheral = await EchoPeripheral.start(ofPeripheral);
  const central = await EchoCentral.start(ofCentral);
  try {
    const link = await central.connect();
    await link.subscribe();
    // Warm-up: the first round trips are slow.
    await link.flood(count / 10, MAX_IN_FLIGHT);
    const beganMs = realNow();
    await link.flood(count, MAX_IN_FLIGHT);
    const tookS = (realNow() - beganMs) / 1000;
    await link.disconnect();
    return count / tookS;
  } finally {
    central.close();
    peripheral.close();
  }
}
