import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeAvdtp, encodeAvdtp } from '../../../protocol/avdtp.ts';
import { PROCEDURE_TIMEOUT_MS } from '../../../protocol/parcel.ts';
import { encodeUpnp } from '../../../protocol/upnp.ts';
import { type Notification, TestRide, TOKEN } from './testing/test-ride.ts';

/** Number of notifications of a scooter during a login, and during a pairing. */
const LOGIN_NOTIFICATIONS = 10;
const PAIRING_NOTIFICATIONS = 13;
/** Maximum time for disconnect, return of the scooter, pause and connection. */
const NEXT_ATTEMPT_MS = 5_000;

let ride: TestRide;
beforeEach(() => {
  ride = new TestRide();
  ride.configure();
});
afterEach(() => ride.close());

const isAuth = ({ channel }: Notification): boolean => channel !== 'uart';

/** Drops the notifications on link number `link` after the first `count` of a procedure. */
function dropNotificationsAfter(count: number, link = 1): void {
  let sent = 0;
  ride.onNotify = (notification) => {
    const isMuted = isAuth(notification) && ride.countEvents('connected') === link && sent++ >= count;
    return isMuted ? [] : [notification.bytes];
  };
}

/** Replaces the result of the procedure on the first link. */
function replaceResult(result: Buffer): void {
  ride.onNotify = ({ channel, bytes }) =>
    channel === 'upnp' && ride.countEvents('connected') === 1 ? [result] : [bytes];
}

async function expectNextAttemptToLogIn(withinMs: number): Promise<void> {
  const run = ride.command('run');
  while (ride.countEvents('connected') < 2 && ride.clock.now() < 120_000) await ride.clock.advance(100);
  const [first, second] = ride.scooterEvents.filter(({ type }) => type === 'connected');
  expect((second?.nowMs ?? Infinity) - (first?.nowMs ?? 0)).toBeLessThanOrEqual(withinMs);
  await ride.clock.advance(10_000);
  ride.stop();
  expect(await ride.clock.until(run)).toBe(0);
  expect(ride.countEvents('connected')).toBe(2);
  expect(ride.payloads.length).toBeGreaterThanOrEqual(1);
}

describe('a login', () => {
  it.each(Array.from({ length: LOGIN_NOTIFICATIONS }, (_, count) => count))(
    'times out and is repeated if the scooter stops after %i notifications',
    async (count) => {
      await ride.start({ token: TOKEN });
      dropNotificationsAfter(count);
      await expectNextAttemptToLogIn(PROCEDURE_TIMEOUT_MS + NEXT_ATTEMPT_MS);
    },
  );

  it('times out and is repeated if the scooter stays busy', async () => {
    await ride.start({ token: TOKEN });
    const timers: NodeJS.Timeout[] = [];
    ride.onNext('disconnected', () => timers.forEach(clearInterval));
    ride.onNotify = ({ channel, bytes, more }) => {
      if (channel === 'uart' || ride.countEvents('connected') > 1) return [bytes];
      timers.push(setInterval(() => more(encodeAvdtp({ kind: 'busy' })), 1_000));
      return [];
    };
    await expectNextAttemptToLogIn(PROCEDURE_TIMEOUT_MS + NEXT_ATTEMPT_MS);
  });

  it.each(['notRegistered', 'wrongToken'] as const)(
    'ends with 77 and advice if the scooter answers %s',
    async (result) => {
      await ride.start({ token: TOKEN });
      replaceResult(encodeUpnp(result));
      expect(await ride.clock.until(ride.command('run'))).toBe(77);
      expect(ride.output).toContain('martinete register');
      expect(ride.countEvents('connected')).toBe(1);
    },
  );

  it('ends with 77 if the scooter does not prove possession of the token', async () => {
    await ride.start({ token: TOKEN });
    let isConfirmation = false;
    ride.onNotify = ({ channel, bytes }) => {
      const frame = channel === 'avdtp' ? decodeAvdtp(bytes) : undefined;
      if (frame?.kind === 'announce') isConfirmation = frame.type === 'deviceConfirmation';
      if (frame?.kind !== 'chunk' || !isConfirmation) return [bytes];
      const forged = Buffer.from(bytes);
      forged.writeUInt8(forged.readUInt8(5) ^ 1, 5);
      return [forged];
    };
    expect(await ride.clock.until(ride.command('run'))).toBe(77);
    expect(ride.countEvents('loggedIn')).toBe(0);
  });

  it.each(['repeatedLogin', 'loginFailed'] as const)(
    'is repeated on another link if the scooter answers %s after it has proved that it holds the token',
    async (result) => {
      await ride.start({ token: TOKEN });
      replaceResult(encodeUpnp(result));
      await expectNextAttemptToLogIn(NEXT_ATTEMPT_MS);
    },
  );

  it('ends with the reason if the scooter was never paired', async () => {
    await ride.start({ token: TOKEN, bound: null });
    expect(await ride.clock.until(ride.command('run'))).toBe(77);
    expect(ride.output).toContain('it is not paired with any device');
    expect(ride.output).not.toContain('notRegistered');
    expect(ride.output).not.toContain('another device since');
  });
});

describe('a pairing', () => {
  it.each(Array.from({ length: PAIRING_NOTIFICATIONS }, (_, count) => count))(
    'is repeated if the scooter stops after %i notifications',
    async (count) => {
      await ride.start();
      ride.onEvent('beep', () => setTimeout(() => ride.world.scooter.pressButton(), 500));
      dropNotificationsAfter(count, 2);
      expect(await ride.clock.until(ride.command('register', 'c8f09e000001'), 300_000)).toBe(0);
      const [, second, third] = ride.scooterEvents.filter(({ type }) => type === 'connected');
      const gapMs = (third?.nowMs ?? Infinity) - (second?.nowMs ?? 0);
      expect(gapMs).toBeLessThanOrEqual(PROCEDURE_TIMEOUT_MS + 2 * NEXT_ATTEMPT_MS);
    },
  );
});

describe('polling', () => {
  it('continues in the same session after stray bytes that look like a long frame', async () => {
    await ride.start({ token: TOKEN });
    let frames = 0;
    ride.onNotify = ({ channel, bytes }) => {
      const beginsFrame = channel === 'uart' && bytes.indexOf('55ab', 0, 'hex') === 0;
      return beginsFrame && frames++ % 2 === 0 ? [Buffer.from('55abff', 'hex'), bytes] : [bytes];
    };
    await expectOneSession();
  });

  it('continues in the same session after empty notifications', async () => {
    await ride.start({ token: TOKEN });
    ride.onNotify = ({ channel, bytes }) => (channel === 'uart' ? [bytes, Buffer.alloc(0)] : [bytes]);
    await expectOneSession();
  });
});

async function expectOneSession(): Promise<void> {
  const run = ride.command('run');
  await ride.clock.advance(60_000);
  ride.stop();
  expect(await ride.clock.until(run)).toBe(0);
  expect(ride.countEvents('loggedIn')).toBe(1);
  expect(ride.payloads.length).toBeGreaterThanOrEqual(9);
}
