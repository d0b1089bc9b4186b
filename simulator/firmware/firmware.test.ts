import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import transcripts from '../../fixtures/protocol/transcripts.json' with { type: 'json' };
import { deriveLogin } from '../../protocol/keys.ts';
import { UPNP, type UpnpOpcode, encodeUpnp } from '../../protocol/upnp.ts';
import { readRequest } from '../../protocol/message.ts';
import { Bench, scriptedRandom } from '../testing/bench.ts';
import { boundBench as bound, hex, LOGIN, OTHER, PAIRING, pressedBench, replay } from '../testing/vectors.ts';
import type { Channel } from './channel.ts';
import { MODELS } from '../models/models.ts';
import { QUIRKS } from './named-quirks.ts';

const { appPrivateKey, devicePrivateKey, token, did } = PAIRING;
const { appRandom, deviceRandom } = LOGIN;
const { token: otherToken, privateKey: otherPrivateKey } = OTHER;

describe('a registration', () => {
  it('matches the transcript byte for byte, and results in its token', () => {
    const bench = pressedBench(new Bench({ did, random: scriptedRandom(devicePrivateKey) }));
    expect(replay(bench, transcripts.registration)).toEqual(transcripts.registration);
    expect(bench.firmware.token).toEqual(token);
    expect(bench.eventTypes).toEqual(['beep', 'registrationOpened', 'tokenDerived', 'registered']);
    expect(bench.events.at(-1)).toEqual({ type: 'registered', token, nowMs: bench.nowMs });
  });

  it('of a scooter that was never bound starts with device info without an id, and stores the id of the app', () => {
    const bench = pressedBench(new Bench());
    expect(bench.app.readDeviceInfo()).toEqual(hex('01000000'));
    expect(bench.app.register(appPrivateKey, did)).toMatchObject({ result: 'registered' });
    expect(bench.app.readDeviceInfo()).toEqual(Buffer.concat([hex('01000000'), did]));
  });

  it('invalidates the token of every phone registered before', () => {
    const bench = pressedBench(bound());
    const { token: newToken } = bench.app.register(otherPrivateKey, did);
    expect(bench.firmware.token).toEqual(newToken);
    expect(bench.app.logIn(token, appRandom)).toBe('loginFailed');
    expect(newToken && bench.app.logIn(newToken, appRandom)).toBe('loggedIn');
  });

  it('ends the session of the previous token', () => {
    const bench = pressedBench(bound());
    bench.app.logIn(token, appRandom);
    expect(bench.app.request(readRequest('esc', 0x10, 14))).toBeDefined();
    bench.app.register(otherPrivateKey, did);
    expect(bench.app.request(readRequest('esc', 0x10, 14))).toBeUndefined();
  });

  it('fails if the device id is encrypted with another key, and the old token remains valid', () => {
    const bench = pressedBench(bound());
    bench.app.sendOpcode('registerStart');
    bench.app.send('publicKey', PAIRING.appPublicKey);
    bench.app.receive('publicKey');
    bench.app.send('passThrough', Buffer.alloc(24, 7));
    bench.app.sendOpcode('linkParameters');
    expect(bench.app.receiveOpcode()).toBeUndefined();
    bench.app.sendOpcode('registerConfirm');
    expect(bench.app.receiveOpcode()).toBe('registrationFailed');
    expect(bench.eventTypes.at(-1)).toBe('registrationFailed');
    expect(bench.app.logIn(token, appRandom)).toBe('loggedIn');
  });

  it('fails if the public key is not on the curve', () => {
    const bench = pressedBench(bound());
    bench.app.sendOpcode('registerStart');
    bench.app.send('publicKey', Buffer.alloc(64, 1));
    expect(bench.app.receiveOpcode()).toBe('registrationFailed');
  });

  it('has no effect if the app aborts it', () => {
    const bench = pressedBench(bound());
    bench.app.sendOpcode('registerStart');
    bench.app.send('publicKey', PAIRING.appPublicKey);
    bench.app.sendOpcode('registerAbort');
    expect(bench.app.receiveOpcode()).toBe('registrationFailed');
    expect(bench.app.finishRegistration(appPrivateKey, did)).toMatchObject({ result: undefined });
    expect(bench.firmware.token).toEqual(token);
    expect(bench.events.at(-1)).toMatchObject({ type: 'registrationAborted', reason: 'cancelled' });
  });
});

describe('the power button', () => {
  it.each([
    ['while the app still waits', 0],
    ['after the beep', 5000],
  ])('allows no pairing that the app aborted %s', (_, waitMs) => {
    const bench = bound();
    bench.app.register(appPrivateKey, did);
    bench.advance(waitMs);
    bench.app.sendOpcode('registerAbort');
    expect(bench.app.receiveOpcode()).toBe('registrationFailed');
    const beeps = bench.eventTypes.length;
    bench.advance(2000);
    bench.pressButton();
    expect(bench.eventTypes.slice(beeps)).toEqual([]);
    expect(bench.app.register(appPrivateKey, did)).toEqual({});
  });

  it('is not requested by a beep if the app aborts before it', () => {
    const bench = bound();
    bench.app.register(appPrivateKey, did);
    bench.app.sendOpcode('registerAbort');
    bench.advance(6000);
    bench.disconnect();
    expect(bench.eventTypes).toEqual([]);
  });

  it('is requested by a beep when the app of the first attempt disconnects', () => {
    const bench = bound();
    expect(bench.app.readDeviceInfo()).toHaveLength(24);
    expect(bench.app.register(appPrivateKey, did)).toEqual({});
    bench.advance(3000);
    expect(bench.eventTypes).toEqual([]);
    bench.disconnect();
    expect(bench.eventTypes).toEqual(['beep']);
  });

  it('is requested by one beep while the app is still waiting after five seconds', () => {
    const bench = bound();
    bench.app.register(appPrivateKey, did);
    bench.advance(3000);
    bench.app.register(appPrivateKey, did);
    bench.advance(1999);
    expect(bench.eventTypes).toEqual([]);
    bench.advance(1);
    expect(bench.eventTypes).toEqual(['beep']);
    bench.disconnect();
    expect(bench.eventTypes).toEqual(['beep']);
  });

  it('allows the next connection to register for 30 s if pressed within five seconds', () => {
    const bench = bound();
    bench.app.register(appPrivateKey, did);
    bench.disconnect();
    bench.advance(4999);
    bench.pressButton();
    bench.advance(29_999);
    bench.reconnect();
    expect(bench.app.register(appPrivateKey, did)).toMatchObject({ result: 'registered' });
  });

  it('has no effect if pressed five seconds after the beep, or without one', () => {
    const bench = bound();
    bench.pressButton();
    expect(bench.app.register(appPrivateKey, did)).toEqual({});
    bench.disconnect();
    bench.advance(5000);
    bench.pressButton();
    bench.reconnect();
    expect(bench.app.register(appPrivateKey, did)).toEqual({});
    bench.disconnect();
    expect(bench.eventTypes).toEqual(['beep', 'beep']);
  });

  it('has no effect 30 s after it was pressed', () => {
    const bench = pressedBench(bound());
    bench.advance(30_000);
    expect(bench.app.register(appPrivateKey, did)).toEqual({});
  });

  it('makes the scooter send READY if pressed while the app is waiting', () => {
    const bench = bound(devicePrivateKey);
    const [late, before] = [transcripts.registration.slice(8), transcripts.registration.slice(0, 8)];
    expect(replay(bench, before)).toEqual(before);
    bench.advance(2000);
    bench.pressButton();
    expect(bench.takeAllNotifications()).toEqual([{ channel: 'avdtp', bytes: hex('00000101') }]);
    expect(replay(bench, late)).toEqual(late.slice(1));
    expect(bench.firmware.token).toEqual(token);
  });

  it('allows only one registration', () => {
    const bench = pressedBench(bound());
    bench.app.register(appPrivateKey, did);
    expect(bench.app.register(otherPrivateKey, did)).toEqual({});
  });
});

describe('a login', () => {
  it('matches the transcript byte for byte', () => {
    const bench = bound(deviceRandom);
    expect(replay(bench, transcripts.login)).toEqual(transcripts.login);
    expect(bench.eventTypes).toEqual(['loggedIn']);
  });

  it('with another token is refused, and registers cannot be read after it', () => {
    const bench = bound(deviceRandom);
    expect(bench.app.logIn(otherToken, appRandom)).toBe('loginFailed');
    expect(bench.eventTypes).toEqual(['loginFailed']);
    bench.app.useKeys(deriveLogin(token, appRandom, deviceRandom));
    expect(bench.app.request(readRequest('esc', 0xb0, 32))).toBeUndefined();
  });

  it('is refused immediately by a scooter that is not bound', () => {
    const bench = new Bench({ did });
    bench.app.sendOpcode('loginStart');
    expect(bench.takeAllNotifications()).toEqual([{ channel: 'upnp', bytes: hex('e0000000') }]);
    expect(bench.app.logIn(token, appRandom)).toBe('notRegistered');
  });

  it('is refused after another phone was registered, or after a factory reset', () => {
    const bench = bound();
    bench.firmware.bind(otherToken);
    expect(bench.app.logIn(token, appRandom)).toBe('loginFailed');
    expect(bench.app.logIn(otherToken, appRandom)).toBe('loggedIn');
    bench.reconnect();
    bench.firmware.switchedOn(bench.nowMs, true);
    expect(bench.app.logIn(token, appRandom)).toBe('notRegistered');
  });

  it('is refused for a random number of the wrong length', () => {
    const bench = bound();
    bench.app.sendOpcode('loginStart');
    bench.app.send('appRandom', Buffer.alloc(5));
    expect(bench.app.receiveOpcode()).toBe('loginFailed');
  });

  it('ends with the connection: its keys are invalid afterwards', () => {
    const bench = bound();
    bench.app.logIn(token, appRandom);
    expect(bench.app.request(readRequest('esc', 0xb0, 32))).toBeDefined();
    bench.reconnect();
    expect(bench.app.request(readRequest('esc', 0xb0, 32))).toBeUndefined();
    expect(bench.app.logIn(token, appRandom)).toBe('loggedIn');
    expect(bench.app.request(readRequest('esc', 0xb0, 32))).toBeDefined();
  });

  it('is refused a second time on one connection, and the first session continues', () => {
    const bench = bound();
    bench.app.logIn(token, appRandom);
    expect(bench.app.logIn(token, appRandom)).toBe('repeatedLogin');
    expect(bench.app.request(readRequest('esc', 0xb0, 32))).toBeDefined();
  });

  it('is aborted after 30 s', () => {
    const bench = bound();
    bench.app.sendOpcode('loginStart');
    bench.app.send('appRandom', appRandom);
    bench.takeAllNotifications();
    expect(bench.firmware.nextDeadlineMs).toBe(bench.nowMs + 30_000);
    bench.advance(30_000);
    bench.write('avdtp', hex('00000101'));
    expect(bench.takeAllNotifications()).toEqual([]);
    expect(bench.firmware.nextDeadlineMs).toBeUndefined();
    expect(bench.app.logIn(token, appRandom)).toBe('loggedIn');
  });
});

describe('lost chunks', () => {
  const publicKey = transcripts.registration.slice(7, 13).filter(({ from }) => from === 'app');
  const [announce = '', first = '', second = '', third = '', fourth = ''] = publicKey.map(
    ({ bytes }) => bytes,
  );

  function afterLosing(...chunks: string[]): Bench {
    const bench = pressedBench(bound(devicePrivateKey));
    bench.app.sendOpcode('registerStart');
    for (const bytes of [announce, ...chunks]) bench.write('avdtp', hex(bytes));
    expect(bench.takeAllNotifications()).toEqual([{ channel: 'avdtp', bytes: hex('00000101') }]);
    return bench;
  }

  it('are requested 400 ms after the last one arrived, and the registration continues', () => {
    const bench = afterLosing(second, fourth);
    bench.advance(399);
    bench.write('avdtp', hex('00000102'));
    expect(bench.takeAllNotifications()).toEqual([]);
    bench.advance(1);
    expect(bench.takeAllNotifications()).toEqual([{ channel: 'avdtp', bytes: hex('0000010501000300') }]);
    bench.write('avdtp', hex(first));
    bench.advance(399);
    bench.write('avdtp', hex(third));
    expect(bench.takeAllNotifications().map(({ bytes }) => bytes.toString('hex'))).toEqual([
      '00000100',
      '000000030400',
    ]);
  });

  it('are requested three times before the scooter aborts', () => {
    const bench = afterLosing(first, second, third);
    bench.advance(60_000);
    const lost = hex('000001050400');
    expect(bench.takeAllNotifications().map(({ bytes }) => bytes)).toEqual([
      lost,
      lost,
      lost,
      hex('00000103'),
    ]);
    bench.write('avdtp', hex(fourth));
    expect(bench.takeAllNotifications()).toEqual([]);
  });

  it('of the scooter are resent', () => {
    const bench = bound();
    bench.app.sendOpcode('deviceInfo');
    bench.write('avdtp', hex('00000101'));
    const [, , lost] = bench.takeAllNotifications();
    bench.write('avdtp', hex('000001050200'));
    expect(bench.takeAllNotifications()).toEqual([lost]);
  });

  it('leave no deadline if the app cancels the parcel', () => {
    const bench = bound();
    bench.app.sendOpcode('deviceInfo');
    expect(bench.firmware.nextDeadlineMs).toBeDefined();
    bench.write('avdtp', hex('00000104'));
    expect(bench.firmware.nextDeadlineMs).toBeUndefined();
  });
});

/** A parcel of four chunks and the announcement of the next one, or a frame of 74 bytes. */
const MAX_NOTIFICATIONS = 5;

describe('arbitrary writes of an app', () => {
  const channel = fc.constantFrom<Channel>('upnp', 'avdtp', 'uart');
  const opcode = fc
    .constantFrom(...(Object.keys(UPNP) as UpnpOpcode[]))
    .map((name) => ({ channel: 'upnp' as const, bytes: encodeUpnp(name) }));
  const line = fc
    .constantFrom(...transcripts.registration, ...transcripts.login)
    .map(({ characteristic, bytes }) => ({ channel: characteristic as Channel, bytes: hex(bytes) }));
  const garbage = fc.record({
    channel,
    bytes: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  });
  const control = fc
    .tuple(fc.integer({ min: 0, max: 5 }), fc.uint8Array({ minLength: 1, maxLength: 5 }))
    .map(([mode, rest]) => ({ channel: 'avdtp' as const, bytes: Buffer.from([0, 0, mode, ...rest]) }));
  const anyAction = fc.oneof(
    { weight: 8, arbitrary: fc.oneof(opcode, line, garbage, control) },
    { weight: 1, arbitrary: fc.constantFrom('press', 'reconnect', 'logIn') },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 40_000 }) },
  );

  it('never make the firmware throw or send much, and a login works afterwards on this or the next connection', () => {
    const quirks = fc.subarray(Object.values(QUIRKS));
    fc.assert(
      fc.property(fc.array(anyAction, { maxLength: 60 }), quirks, (actions, active) => {
        const inUse = new Set(active.map(({ create }) => create(() => 0, MODELS.pro2)));
        const bench = new Bench({ did, token, quirks: inUse });
        const sentAtOnce = (): void => {
          const notifications = bench.takeAllNotifications();
          expect(notifications.length).toBeLessThanOrEqual(MAX_NOTIFICATIONS);
          for (const { bytes } of notifications) expect(bytes.length).toBeLessThanOrEqual(20);
        };
        for (const action of actions) {
          if (action === 'press') bench.pressButton();
          else if (action === 'reconnect') bench.reconnect();
          else if (action === 'logIn') bench.app.logIn(bench.firmware.token ?? token, appRandom);
          else if (typeof action === 'number') bench.advance(action, sentAtOnce);
          else if (typeof action === 'object') bench.write(action.channel, action.bytes);
          if (action !== 'logIn') sentAtOnce();
        }
        inUse.clear();
        bench.advance(30_000, () => void bench.takeAllNotifications());
        bench.takeAllNotifications();
        const result = bench.app.logIn(bench.firmware.token ?? token, appRandom);
        expect(['loggedIn', 'repeatedLogin']).toContain(result);
        bench.reconnect();
        expect(bench.app.logIn(bench.firmware.token ?? token, appRandom)).toBe('loggedIn');
        expect(bench.app.request(readRequest('esc', 0xb0, 32))).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });
});
