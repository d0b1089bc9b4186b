import { parseAdapter, type Adapter } from '../../../hci/adapter.ts';
import { systemRandom } from '../../../client/random.ts';
import { virtualClock } from '../../world/clock/clock.ts';
import { Btvirt, btvirtObstacle } from '../../proofs/foreign-stacks/btvirt.ts';
import { EchoCentral, EchoPeripheral } from '../../proofs/foreign-stacks/echo.ts';
import { Air } from '../../world/radio/air.ts';
import { Controller } from '../../world/radio/controller.ts';
import type { DeviceAddress } from '../../world/radio/events.ts';
import { H4Server } from '../../world/radio/h4-server.ts';
import { VirtualAdapter } from '../../world/radio/virtual-adapter.ts';
import type { Figure } from './figure.ts';

/** Writes that are under way at a time: as many as our controller has buffers for. */
const AT_ONCE = 8;
/** Round trips that are counted, at the pace of the air and as fast as it goes; a tenth more warms up. */
const COUNT = { paced: 1_000, unpaced: 20_000 } as const;

/** The process's own time, even where a virtual one has taken its place. */
const realNow = performance.now.bind(performance);

/**
 * How many writes a second are answered with a notification, through noble and bleno and the controllers between them.
 * In real time ours keep to the connection events of the air, one every 7.5 ms with up to four packets each way, which
 * is 533 round trips a second; btvirt has no air in it.
 */
export async function roundTripFigures(): Promise<Figure[]> {
  const figures: Figure[] = [];
  const add = (what: string, measured: number): void => {
    figures.push({ what: `write → notify round trips, ${what}`, unit: '/s', measured });
  };
  add('our controllers in process, in virtual time', await inVirtualTime());
  add('our controllers in process, at 7.5 ms', await inProcess());
  add('our controllers over H4 (tcp), at 7.5 ms', await overH4());
  const obstacle = btvirtObstacle();
  if (obstacle === undefined) add('btvirt over H4 (unix)', await overBtvirt());
  else process.stderr.write(`bench: no round trips over a foreign controller: ${obstacle}\n`);
  return figures;
}

const identityOf = (unit: number): DeviceAddress => ({ address: `c0:00:00:00:00:0${unit}`, type: 'random' });

/** Two adapters in an air of their own. */
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
    // Once without counting: the first are slow.
    await link.flood(count / 10, AT_ONCE);
    const beganMs = realNow();
    await link.flood(count, AT_ONCE);
    const tookS = (realNow() - beganMs) / 1000;
    await link.disconnect();
    return count / tookS;
  } finally {
    central.close();
    peripheral.close();
  }
}
