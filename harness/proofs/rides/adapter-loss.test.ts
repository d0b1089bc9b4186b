import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { H4 } from '../../../hci/socket.ts';
import { TestRide, TOKEN } from './testing/test-ride.ts';

/** Maximum time until the client ends because of a dead adapter. */
const DETECTION_MS = 12_000;
const LE_SET_SCAN_ENABLE = 0x200c;

let ride: TestRide;
beforeEach(() => {
  ride = new TestRide();
  ride.configure({ scooter: 'search_window = 60\nreconnect_window = 60' });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await ride.close();
});

function isScanEnable(packet: Buffer): boolean {
  return packet[0] === H4.command && packet.readUInt16LE(1) === LE_SET_SCAN_ENABLE;
}

/** Puts the client into a state. */
const STATES: Record<'searching' | 'connecting' | 'riding', () => Promise<void>> = {
  searching: async () => {
    ride.world.scooter.close();
    await ride.clock.advance(3_000);
  },
  riding: async () => {
    await ride.clock.advance(20_000);
  },
  connecting: async () => {
    await ride.clock.advance(20_000);
    ride.endRadioGap = ride.world.air.block(ride.world.scooterController);
    const { connectionAttempts } = ride;
    while (ride.connectionAttempts === connectionAttempts) await ride.clock.advance(100);
  },
};
const states = Object.keys(STATES) as (keyof typeof STATES)[];

async function expectAdapterUnusable(run: Promise<number>, detectionMs = DETECTION_MS): Promise<void> {
  const goneMs = ride.clock.now();
  expect(await ride.clock.until(run, 200_000)).toBe(71);
  expect(ride.clock.now() - goneMs).toBeLessThanOrEqual(detectionMs);
  expect(ride.output).toMatch(/Bluetooth adapter/);
}

describe('an adapter that never answers', () => {
  it('ends the client with 71 and a message about the adapter', async () => {
    await ride.start({ token: TOKEN });
    ride.world.adapter.controller.receive = () => undefined;
    await expectAdapterUnusable(ride.command('run'));
  });

  it('ends a pairing with 71 as well', async () => {
    await ride.start();
    ride.world.adapter.controller.receive = () => undefined;
    await expectAdapterUnusable(ride.command('register', 'c8f09e000001'));
  });
});

describe('an adapter that cannot scan', () => {
  it('ends the client with 71 if its socket throws', async () => {
    await ride.start({ token: TOKEN });
    const { adapter } = ride.world;
    const receive = adapter.controller.receive.bind(adapter.controller);
    let isUp = false;
    adapter.controller.receive = (packet) => {
      if (isScanEnable(packet) && isUp) throw new Error('write EPIPE');
      isUp ||= isScanEnable(packet);
      receive(packet);
    };
    await expectAdapterUnusable(ride.command('run'));
  });

  it('ends the client with 71 if it does not answer', async () => {
    await ride.start({ token: TOKEN });
    const { adapter } = ride.world;
    const receive = adapter.controller.receive.bind(adapter.controller);
    let isUp = false;
    adapter.controller.receive = (packet) => {
      if (!isScanEnable(packet) || !isUp) receive(packet);
      isUp ||= isScanEnable(packet);
    };
    await expectAdapterUnusable(ride.command('run'));
  });
});

describe.each(states)('an adapter that is lost while the client is %s', (state) => {
  it.each(['user', 'raw'])(
    'permanently ends the client with 71 within 12 s (%s channel)',
    async (channel) => {
      vi.stubEnv('HCI_CHANNEL_USER', channel === 'user' ? '1' : undefined);
      await ride.start({ token: TOKEN });
      const run = ride.command('run');
      await STATES[state]();
      ride.world.adapter.unplug();
      await expectAdapterUnusable(run);
    },
  );

  it('and is back at once does not end a client that was connected before', async () => {
    await ride.start({ token: TOKEN });
    const run = ride.command('run');
    await STATES[state]();
    const { payloads } = ride;
    const before = payloads.length;
    ride.world.adapter.unplug();
    ride.world.adapter.plug();
    if (state === 'searching') {
      await expectAdapterUnusable(run);
    } else {
      if (state === 'connecting') ride.endRadioGap();
      await ride.clock.advance(40_000);
      expect(payloads.length).toBeGreaterThan(before);
      ride.stop();
      expect(await ride.clock.until(run)).toBe(0);
    }
  });

  // The client can notice only that a request, a disconnect and a connection attempt time out.
  it('ends the client with 71, not 75, if the adapter only stops answering', async () => {
    await ride.start({ token: TOKEN });
    const run = ride.command('run');
    await STATES[state]();
    ride.world.adapter.controller.receive = () => undefined;
    await expectAdapterUnusable(run, 40_000);
  });
});
