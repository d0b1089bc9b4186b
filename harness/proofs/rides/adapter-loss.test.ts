import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { H4 } from '../../../hci/socket.ts';
import { Ride, TOKEN } from './testing/ride.ts';

/** Within this time an owner learns of a dead adapter. */
const NOTICE_MS = 12_000;
const LE_SET_SCAN_ENABLE = 0x200c;

let ride: Ride;
beforeEach(() => {
  ride = new Ride();
  ride.configure({ scooter: 'search_window = 60\nreconnect_window = 60' });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await ride.end();
});

function isScanEnable(packet: Buffer): boolean {
  return packet[0] === H4.command && packet.readUInt16LE(1) === LE_SET_SCAN_ENABLE;
}

/** Brings a client to a moment of its life. */
const MOMENTS: Record<'searching' | 'connecting' | 'riding', () => Promise<void>> = {
  searching: async () => {
    ride.world.scooter.close();
    await ride.clock.advance(3_000);
  },
  riding: async () => {
    await ride.clock.advance(20_000);
  },
  connecting: async () => {
    await ride.clock.advance(20_000);
    ride.endGap = ride.world.air.block(ride.world.scooterController);
    const { connectionAttempts } = ride;
    while (ride.connectionAttempts === connectionAttempts) await ride.clock.advance(100);
  },
};
const moments = Object.keys(MOMENTS) as (keyof typeof MOMENTS)[];

async function expectAdapterUnusable(run: Promise<number>, noticeMs = NOTICE_MS): Promise<void> {
  const goneMs = ride.clock.now();
  expect(await ride.clock.until(run, 200_000)).toBe(71);
  expect(ride.clock.now() - goneMs).toBeLessThanOrEqual(noticeMs);
  expect(ride.said).toMatch(/Bluetooth adapter/);
}

describe('an adapter that never answers', () => {
  it('ends with 71 and says what does not work', async () => {
    await ride.begin({ token: TOKEN });
    ride.world.adapter.controller.receive = () => undefined;
    await expectAdapterUnusable(ride.command('run'));
  });

  it('ends a registration with 71 as well', async () => {
    await ride.begin();
    ride.world.adapter.controller.receive = () => undefined;
    await expectAdapterUnusable(ride.command('register', 'c8f09e000001'));
  });
});

describe('an adapter that will not scan', () => {
  it('ends with 71 where its socket throws', async () => {
    await ride.begin({ token: TOKEN });
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

  it('ends with 71 where it does not answer', async () => {
    await ride.begin({ token: TOKEN });
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

describe.each(moments)('an adapter that is lost while the client is %s', (moment) => {
  it.each(['user', 'raw'])('and stays away ends it with 71 within 12 s (%s channel)', async (channel) => {
    vi.stubEnv('HCI_CHANNEL_USER', channel === 'user' ? '1' : undefined);
    await ride.begin({ token: TOKEN });
    const run = ride.command('run');
    await MOMENTS[moment]();
    ride.world.adapter.pull();
    await expectAdapterUnusable(run);
  });

  it('and comes back at once costs no restart, once it had worked', async () => {
    await ride.begin({ token: TOKEN });
    const run = ride.command('run');
    await MOMENTS[moment]();
    const { payloads } = ride;
    const before = payloads.length;
    ride.world.adapter.pull();
    ride.world.adapter.plug();
    if (moment === 'searching') {
      await expectAdapterUnusable(run);
    } else {
      if (moment === 'connecting') ride.endGap();
      await ride.clock.advance(40_000);
      expect(payloads.length).toBeGreaterThan(before);
      ride.stop();
      expect(await ride.clock.until(run)).toBe(0);
    }
  });

  // Its host can only tell from the outside: a request, a hang-up and an attempt to connect go unanswered.
  it('ends it with 71, not 75, where the adapter only falls silent', async () => {
    await ride.begin({ token: TOKEN });
    const run = ride.command('run');
    await MOMENTS[moment]();
    ride.world.adapter.controller.receive = () => undefined;
    await expectAdapterUnusable(run, 40_000);
  });
});
