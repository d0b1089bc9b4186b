import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeAvdtp, encodeAvdtp } from '../../../protocol/avdtp.ts';
import { PROCEDURE_MS } from '../../../protocol/parcel.ts';
import { encodeUpnp } from '../../../protocol/upnp.ts';
import { type Notification, Ride, TOKEN } from './testing/ride.ts';

/** What a scooter notifies from the start of a login to its verdict, and from that of a registration. */
const LOGIN_NOTIFICATIONS = 10;
const REGISTRATION_NOTIFICATIONS = 13;
/** Hang-up, return of the scooter, pause and connection. */
const NEXT_ATTEMPT_MS = 5_000;

let ride: Ride;
beforeEach(() => {
  ride = new Ride();
  ride.configure();
});
afterEach(() => ride.end());

const isAuth = ({ channel }: Notification): boolean => channel !== 'uart';

/** The scooter falls silent on its link number `link` after so many notifications of a procedure. */
function fallSilentAfter(count: number, link = 1): void {
  let heard = 0;
  ride.onNotify = (notification) => {
    const isMuted = isAuth(notification) && ride.count('connected') === link && heard++ >= count;
    return isMuted ? [] : [notification.bytes];
  };
}

/** Says something else in place of the verdict of the first link. */
function changeVerdict(verdict: Buffer): void {
  ride.onNotify = ({ channel, bytes }) =>
    channel === 'upnp' && ride.count('connected') === 1 ? [verdict] : [bytes];
}

async function expectNextAttemptToLogIn(withinMs: number): Promise<void> {
  const run = ride.command('run');
  while (ride.count('connected') < 2 && ride.clock.now() < 120_000) await ride.clock.advance(100);
  const [first, second] = ride.events.filter(({ type }) => type === 'connected');
  expect((second?.nowMs ?? Infinity) - (first?.nowMs ?? 0)).toBeLessThanOrEqual(withinMs);
  await ride.clock.advance(10_000);
  ride.stop();
  expect(await ride.clock.until(run)).toBe(0);
  expect(ride.count('connected')).toBe(2);
  expect(ride.payloads.length).toBeGreaterThanOrEqual(1);
}

describe('a login', () => {
  it.each(Array.from({ length: LOGIN_NOTIFICATIONS }, (_, count) => count))(
    'is given up and begun anew where the scooter falls silent after %i notifications',
    async (count) => {
      await ride.begin({ token: TOKEN });
      fallSilentAfter(count);
      await expectNextAttemptToLogIn(PROCEDURE_MS + NEXT_ATTEMPT_MS);
    },
  );

  it('is given up and begun anew where the scooter is busy for ever', async () => {
    await ride.begin({ token: TOKEN });
    const timers: NodeJS.Timeout[] = [];
    ride.next('disconnected', () => timers.forEach(clearInterval));
    ride.onNotify = ({ channel, bytes, more }) => {
      if (channel === 'uart' || ride.count('connected') > 1) return [bytes];
      timers.push(setInterval(() => more(encodeAvdtp({ kind: 'busy' })), 1_000));
      return [];
    };
    await expectNextAttemptToLogIn(PROCEDURE_MS + NEXT_ATTEMPT_MS);
  });

  it.each(['notRegistered', 'wrongToken', 'loginFailed'] as const)(
    'ends with 77 and advice where the scooter says %s',
    async (verdict) => {
      await ride.begin({ token: TOKEN });
      changeVerdict(encodeUpnp(verdict));
      expect(await ride.clock.until(ride.command('run'))).toBe(77);
      expect(ride.said).toContain('martinete register');
      expect(ride.count('connected')).toBe(1);
    },
  );

  it('ends with 77 where the scooter does not prove that it knows the token', async () => {
    await ride.begin({ token: TOKEN });
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
    expect(ride.count('loggedIn')).toBe(0);
  });

  it('is begun anew on another link where the scooter takes it for a repeated one', async () => {
    await ride.begin({ token: TOKEN });
    changeVerdict(encodeUpnp('repeatedLogin'));
    await expectNextAttemptToLogIn(NEXT_ATTEMPT_MS);
  });
});

describe('a registration', () => {
  it.each(Array.from({ length: REGISTRATION_NOTIFICATIONS }, (_, count) => count))(
    'is begun anew where the scooter falls silent after %i notifications',
    async (count) => {
      await ride.begin();
      ride.onEvent('beep', () => setTimeout(() => ride.world.scooter.pressButton(), 500));
      fallSilentAfter(count, 2);
      expect(await ride.clock.until(ride.command('register', 'c8f09e000001'), 300_000)).toBe(0);
      const [, second, third] = ride.events.filter(({ type }) => type === 'connected');
      const gapMs = (third?.nowMs ?? Infinity) - (second?.nowMs ?? 0);
      expect(gapMs).toBeLessThanOrEqual(PROCEDURE_MS + 2 * NEXT_ATTEMPT_MS);
    },
  );
});

describe('polling', () => {
  it('goes on in the same session over stray bytes that look like a long frame', async () => {
    await ride.begin({ token: TOKEN });
    let frames = 0;
    ride.onNotify = ({ channel, bytes }) => {
      const beginsFrame = channel === 'uart' && bytes.indexOf('55ab', 0, 'hex') === 0;
      return beginsFrame && frames++ % 2 === 0 ? [Buffer.from('55abff', 'hex'), bytes] : [bytes];
    };
    await expectOneSession();
  });

  it('goes on in the same session over empty notifications', async () => {
    await ride.begin({ token: TOKEN });
    ride.onNotify = ({ channel, bytes }) => (channel === 'uart' ? [bytes, Buffer.alloc(0)] : [bytes]);
    await expectOneSession();
  });
});

async function expectOneSession(): Promise<void> {
  const run = ride.command('run');
  await ride.clock.advance(60_000);
  ride.stop();
  expect(await ride.clock.until(run)).toBe(0);
  expect(ride.count('loggedIn')).toBe(1);
  expect(ride.payloads.length).toBeGreaterThanOrEqual(9);
}
