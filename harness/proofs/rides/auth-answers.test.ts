import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AvdtpFrame, decodeAvdtp, encodeAvdtp } from '../../../protocol/avdtp.ts';
import { encodeUpnp } from '../../../protocol/upnp.ts';
import type { Channel } from '../../../simulator/firmware/channel.ts';
import { TestRide, TOKEN } from './testing/test-ride.ts';

const ALWAYS = Infinity;

let ride: TestRide;
beforeEach(() => {
  ride = new TestRide();
  ride.configure();
});
afterEach(() => ride.close());

/** Replaces the first `times` notifications on a channel that match. */
function replace(
  channel: Channel,
  matches: (bytes: Buffer) => boolean,
  replacement: (bytes: Buffer) => readonly Buffer[],
  times = 1,
): void {
  let replaced = 0;
  ride.onNotify = (notification) => {
    const { bytes } = notification;
    if (notification.channel !== channel || replaced >= times || !matches(bytes)) return [bytes];
    replaced += 1;
    return replacement(bytes);
  };
}

/** The scooter answers the first `times` parcels of the app with `kind`. */
function answerParcels(kind: 'busy' | 'timeout' | 'cancel', times = 1): void {
  let answered = 0;
  ride.world.scooter.quirks.add({ answersParcel: () => (answered++ < times ? kind : undefined) });
}

const isKind =
  (kind: AvdtpFrame['kind']) =>
  (bytes: Buffer): boolean =>
    decodeAvdtp(bytes)?.kind === kind;
const isResult = (): boolean => true;
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
  expect(ride.countEvents('connected')).toBe(1);
  expect(ride.countEvents('loggedIn')).toBe(1);
}

describe('a login', () => {
  beforeEach(() => ride.start({ token: TOKEN }));

  it.each(['busy', 'timeout', 'cancel'] as const)(
    'is repeated on the same link if the scooter answers a parcel with %s',
    async (kind) => {
      answerParcels(kind);
      await expectOneLink();
    },
  );

  it('waits for a second if the scooter is busy', async () => {
    answerParcels('busy');
    let busyMs = Infinity;
    let readyMs = 0;
    ride.onNotify = ({ bytes }) => {
      if (isKind('busy')(bytes)) busyMs = ride.clock.now();
      if (isKind('ready')(bytes)) readyMs ||= ride.clock.now();
      return [bytes];
    };
    await expectOneLink();
    expect(readyMs - busyMs).toBeGreaterThanOrEqual(1_000);
  });

  it.each(['busy', 'timeout', 'cancel'] as const)(
    'is repeated on another link if the answer is %s three times',
    async (kind) => {
      answerParcels(kind, 3);
      await expectPayloads();
      expect(ride.countEvents('connected')).toBe(2);
      expect(ride.countEvents('loggedIn')).toBe(1);
    },
  );

  it('is repeated on another link if the scooter has not noticed that it was started again', async () => {
    replace('avdtp', isKind('ready'), () => [ack('timeout')]);
    await expectPayloads();
    expect(ride.output).not.toContain('refused the token');
  });

  it('repeats chunks that the scooter has lost', async () => {
    replace('avdtp', isKind('complete'), (bytes) => [encodeAvdtp({ kind: 'lost', chunks: [1] }), bytes]);
    await expectOneLink();
  });

  it('ignores duplicate and late acknowledgements', async () => {
    replace('avdtp', isKind('ready'), (bytes) => [ack('complete'), bytes, bytes], ALWAYS);
    await expectOneLink();
  });

  it('ignores results of a pairing', async () => {
    const strays = (['registered', 'registrationFailed', 'alreadyRegistered'] as const).map(encodeUpnp);
    replace('upnp', isResult, (bytes) => [...strays, bytes]);
    await expectOneLink();
  });

  it('is repeated if it failed once although both ends have proved that they know the token', async () => {
    replace('upnp', isResult, () => [encodeUpnp('loginFailed')]);
    await expectPayloads();
  });

  it('ends with 77 if the scooter demands another proof than the token', async () => {
    replace('upnp', isResult, () => [encodeUpnp('invalidOutOfBand')], ALWAYS);
    expect(await ride.clock.until(ride.command('run'))).toBe(77);
    expect(ride.output).toContain('martinete register');
  });
});

describe('a pairing', () => {
  beforeEach(async () => {
    await ride.start();
    ride.onEvent('beep', () => setTimeout(() => ride.world.scooter.pressButton(), 500));
  });

  const register = (): Promise<number> => ride.clock.until(ride.command('register', 'c8f09e000001'), 300_000);

  it.each(['busy', 'timeout', 'cancel'] as const)(
    'is repeated if the scooter answers a parcel with %s',
    async (kind) => {
      replace('avdtp', isKind('ready'), () => [ack(kind)]);
      expect(await register()).toBe(0);
      expect(ride.output).toContain('Trying again');
      expect(readFileSync(ride.tokenPath)).toEqual(ride.world.scooter.token);
    },
  );

  it('prompts for the power button without delay although a late acknowledgement arrives', async () => {
    ride.onNotify = ({ channel, bytes, more }) => {
      if (channel === 'avdtp' && ride.countEvents('connected') === 1)
        setTimeout(() => more(ack('complete')), 1_000);
      return [bytes];
    };
    expect(await register()).toBe(0);
    expect(ride.output).toContain('The scooter beeps: press the power button');
    expect(ride.output).not.toContain('Trying again');
  });

  it('is repeated if it failed, and the second token is kept', async () => {
    replace('upnp', isResult, () => [encodeUpnp('registrationFailed')]);
    expect(await register()).toBe(0);
    expect(ride.countEvents('registered')).toBe(2);
    expect(readFileSync(ride.tokenPath)).toEqual(ride.world.scooter.token);
  });

  it('reports the reason if it fails every time', async () => {
    replace('upnp', isResult, () => [encodeUpnp('registrationFailed')], ALWAYS);
    expect(await register()).toBe(75);
    expect(ride.output).toContain('the pairing failed');
    expect(ride.output).not.toContain('was not pressed');
    expect(() => readFileSync(ride.tokenPath)).toThrow('ENOENT');
  });

  it.each([
    ['alreadyRegistered', 77, 'remove it in the app'],
    ['invalidOutOfBand', 78, 'not supported'],
  ] as const)('ends at once if the scooter answers %s', async (opcode, code, advice) => {
    replace('upnp', isResult, () => [encodeUpnp(opcode)], ALWAYS);
    expect(await register()).toBe(code);
    expect(ride.output).toContain(advice);
    expect(ride.countEvents('connected')).toBe(2);
  });

  it('ignores results of a login', async () => {
    const strays = (['notRegistered', 'wrongToken', 'loginFailed', 'repeatedLogin'] as const).map(encodeUpnp);
    replace('upnp', isResult, (bytes) => [...strays, bytes]);
    expect(await register()).toBe(0);
    expect(ride.countEvents('registered')).toBe(1);
  });
});
