import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AvdtpFrame, decodeAvdtp, encodeAvdtp } from '../../../protocol/avdtp.ts';
import { encodeUpnp } from '../../../protocol/upnp.ts';
import type { Channel } from '../../../simulator/firmware/firmware.ts';
import { Ride, TOKEN } from './testing/ride.ts';

const ALWAYS = Infinity;

let ride: Ride;
beforeEach(() => {
  ride = new Ride();
  ride.configure();
});
afterEach(() => ride.end());

/** Says something else in place of the first `times` notifications on a channel that fit. */
function replace(
  channel: Channel,
  fits: (bytes: Buffer) => boolean,
  instead: (bytes: Buffer) => readonly Buffer[],
  times = 1,
): void {
  let replaced = 0;
  ride.onNotify = (notification) => {
    const { bytes } = notification;
    if (notification.channel !== channel || replaced >= times || !fits(bytes)) return [bytes];
    replaced += 1;
    return instead(bytes);
  };
}

const isKind =
  (kind: AvdtpFrame['kind']) =>
  (bytes: Buffer): boolean =>
    decodeAvdtp(bytes)?.kind === kind;
const isVerdict = (): boolean => true;
const ack = (kind: 'busy' | 'timeout' | 'cancel' | 'complete'): Buffer => encodeAvdtp({ kind });

async function expectPayloads(): Promise<void> {
  const run = ride.command('run');
  await ride.clock.advance(20_000);
  ride.stop();
  expect(await ride.clock.until(run)).toBe(0);
  expect(ride.payloads.length).toBeGreaterThan(0);
}

async function expectOneLink(): Promise<void> {
  await expectPayloads();
  expect(ride.count('connected')).toBe(1);
  expect(ride.count('loggedIn')).toBe(1);
}

describe('a login', () => {
  beforeEach(() => ride.begin({ token: TOKEN }));

  it.each(['busy', 'timeout', 'cancel'] as const)(
    'is begun anew on the same link where the scooter answers a parcel with %s',
    async (kind) => {
      replace('avdtp', isKind('ready'), () => [ack(kind)]);
      await expectOneLink();
    },
  );

  it('leaves a scooter alone for a second that is busy', async () => {
    let readyMs = 0;
    ride.onNotify = ({ channel, bytes }) => {
      if (channel !== 'avdtp' || !isKind('ready')(bytes)) return [bytes];
      const isFirst = readyMs === 0;
      if (isFirst) readyMs = ride.clock.now();
      else expect(ride.clock.now() - readyMs).toBeGreaterThanOrEqual(1_000);
      return [isFirst ? ack('busy') : bytes];
    };
    await expectOneLink();
  });

  it.each(['busy', 'timeout', 'cancel'] as const)(
    'is begun on another link where the answer is %s three times',
    async (kind) => {
      replace('avdtp', isKind('ready'), () => [ack(kind)], 3);
      await expectPayloads();
      expect(ride.count('connected')).toBe(2);
      expect(ride.count('loggedIn')).toBe(1);
    },
  );

  it('sends again what the scooter has lost', async () => {
    replace('avdtp', isKind('complete'), (bytes) => [encodeAvdtp({ kind: 'lost', chunks: [1] }), bytes]);
    await expectOneLink();
  });

  it('takes acks that come twice, or late, for nothing', async () => {
    replace('avdtp', isKind('ready'), (bytes) => [ack('complete'), bytes, bytes], ALWAYS);
    await expectOneLink();
  });

  it('takes results that belong to a registration for nothing', async () => {
    const strays = (['registered', 'registrationFailed', 'alreadyRegistered'] as const).map(encodeUpnp);
    replace('upnp', isVerdict, (bytes) => [...strays, bytes]);
    await expectOneLink();
  });

  it('is begun anew where it failed once: both have proved by then that they share the token', async () => {
    replace('upnp', isVerdict, () => [encodeUpnp('loginFailed')]);
    await expectPayloads();
  });

  it('ends with 77 where the scooter wants another proof than the token', async () => {
    replace('upnp', isVerdict, () => [encodeUpnp('invalidOutOfBand')], ALWAYS);
    expect(await ride.clock.until(ride.command('run'))).toBe(77);
    expect(ride.said).toContain('martinete register');
  });
});

describe('a registration', () => {
  beforeEach(async () => {
    await ride.begin();
    ride.onEvent('beep', () => setTimeout(() => ride.world.scooter.pressButton(), 500));
  });

  const register = (): Promise<number> => ride.clock.until(ride.command('register', 'c8f09e000001'), 300_000);

  it.each(['busy', 'timeout', 'cancel'] as const)(
    'is begun anew where the scooter answers a parcel with %s',
    async (kind) => {
      replace('avdtp', isKind('ready'), () => [ack(kind)]);
      expect(await register()).toBe(0);
      expect(ride.said).toContain('Trying again');
      expect(readFileSync(ride.tokenPath)).toEqual(ride.world.scooter.token);
    },
  );

  it('asks for the button as soon as ever although an ack of an earlier parcel comes late', async () => {
    ride.onNotify = ({ channel, bytes, more }) => {
      if (channel === 'avdtp' && ride.count('connected') === 1)
        setTimeout(() => more(ack('complete')), 1_000);
      return [bytes];
    };
    expect(await register()).toBe(0);
    expect(ride.said).toContain('press its power button');
    expect(ride.said).not.toContain('Trying again');
  });

  it('is begun anew where it failed, and the token of the next one is kept', async () => {
    replace('upnp', isVerdict, () => [encodeUpnp('registrationFailed')]);
    expect(await register()).toBe(0);
    expect(ride.count('registered')).toBe(2);
    expect(readFileSync(ride.tokenPath)).toEqual(ride.world.scooter.token);
  });

  it('says why it failed, when it fails every time', async () => {
    replace('upnp', isVerdict, () => [encodeUpnp('registrationFailed')], ALWAYS);
    expect(await register()).toBe(75);
    expect(ride.said).toContain('registrationFailed');
    expect(ride.said).not.toContain('was not pressed');
    expect(() => readFileSync(ride.tokenPath)).toThrow('ENOENT');
  });

  it.each([
    ['alreadyRegistered', 77, 'remove it in the app'],
    ['invalidOutOfBand', 78, 'not supported'],
  ] as const)('ends at once where the scooter answers %s', async (opcode, code, advice) => {
    replace('upnp', isVerdict, () => [encodeUpnp(opcode)], ALWAYS);
    expect(await register()).toBe(code);
    expect(ride.said).toContain(advice);
    expect(ride.count('connected')).toBe(2);
  });

  it('takes results that belong to a login for nothing', async () => {
    const strays = (['notRegistered', 'wrongToken', 'loginFailed', 'repeatedLogin'] as const).map(encodeUpnp);
    replace('upnp', isVerdict, (bytes) => [...strays, bytes]);
    expect(await register()).toBe(0);
    expect(ride.count('registered')).toBe(1);
  });
});
