import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import loginVectors from '../../fixtures/protocol/login.json' with { type: 'json' };
import registrationVectors from '../../fixtures/protocol/registration.json' with { type: 'json' };
import transcripts from '../../fixtures/protocol/transcripts.json' with { type: 'json' };
import { deriveLogin } from '../../protocol/keys.ts';
import { UPNP, type UpnpOpcode, encodeUpnp } from '../../protocol/upnp.ts';
import { readRequest } from '../../protocol/message.ts';
import { Bench, scriptedRandom } from '../testing/bench.ts';
import type { Channel } from './firmware.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

const [vector] = registrationVectors.map((row) => ({
  appPrivateKey: hex(row.app_private),
  devicePrivateKey: hex(row.dev_private),
  token: hex(row.token),
  did: hex(row.did_plaintext),
}));
if (!vector) throw new Error('no registration vector');
const { appPrivateKey, devicePrivateKey, token, did } = vector;
const deviceRandom = hex(loginVectors[0]?.dev_rand ?? '');
const appRandom = hex(loginVectors[0]?.app_rand ?? '');
const otherToken = hex(loginVectors[1]?.token ?? '');
const otherPrivateKey = hex(registrationVectors[1]?.app_private ?? '');

/** A scooter that was bound with the vector's token. */
function bound(...first: Buffer[]): Bench {
  return new Bench({ did, token, random: scriptedRandom(...first) });
}

/** A scooter whose rider has just pressed the button after an attempt in vain. */
function consenting(bench: Bench): Bench {
  bench.app.register(appPrivateKey, did);
  bench.reconnect();
  bench.pressButton();
  return bench;
}

interface Line {
  from: string;
  characteristic: string;
  bytes: string;
}

/** Writes the app's lines of a transcript, and puts the scooter's notifications where they came. */
function replay(bench: Bench, lines: readonly Line[]): Line[] {
  return lines
    .filter(({ from }) => from === 'app')
    .flatMap((line) => {
      bench.write(line.characteristic as Channel, hex(line.bytes));
      const answers = bench.takeAll().map(({ channel, bytes }) => ({
        from: 'scooter',
        characteristic: channel,
        bytes: bytes.toString('hex'),
      }));
      return [line, ...answers];
    });
}

describe('a registration', () => {
  it('answers byte for byte as in the transcript, and leaves the token of it', () => {
    const bench = consenting(new Bench({ did, random: scriptedRandom(devicePrivateKey) }));
    expect(replay(bench, transcripts.registration)).toEqual(transcripts.registration);
    expect(bench.firmware.token).toEqual(token);
    expect(bench.eventTypes).toEqual(['beep', 'registrationOpened', 'registered']);
    expect(bench.events.at(-1)).toEqual({ type: 'registered', token, nowMs: bench.nowMs });
  });

  it('of a scooter that was never bound begins with a short introduction, and takes the id of the app', () => {
    const bench = consenting(new Bench());
    expect(bench.app.readDeviceInfo()).toEqual(hex('01000000'));
    expect(bench.app.register(appPrivateKey, did)).toMatchObject({ result: 'registered' });
    expect(bench.app.readDeviceInfo()).toEqual(Buffer.concat([hex('01000000'), did]));
  });

  it('locks every phone out that was registered before', () => {
    const bench = consenting(bound());
    const { token: newToken } = bench.app.register(otherPrivateKey, did);
    expect(bench.firmware.token).toEqual(newToken);
    expect(bench.app.logIn(token, appRandom)).toBe('loginFailed');
    expect(newToken && bench.app.logIn(newToken, appRandom)).toBe('loggedIn');
  });

  it('ends the session of the token that it replaces', () => {
    const bench = consenting(bound());
    bench.app.logIn(token, appRandom);
    expect(bench.app.request(readRequest('esc', 0x10, 14))).toBeDefined();
    bench.app.register(otherPrivateKey, did);
    expect(bench.app.request(readRequest('esc', 0x10, 14))).toBeUndefined();
  });

  it('fails when the device id comes back sealed with another key, and the old token stays good', () => {
    const bench = consenting(bound());
    bench.app.sendOpcode('registerStart');
    bench.app.send('publicKey', hex(registrationVectors[0]?.app_public ?? ''));
    bench.app.receive('publicKey');
    bench.app.send('passThrough', Buffer.alloc(24, 7));
    bench.app.sendOpcode('linkParameters');
    expect(bench.app.receiveOpcode()).toBeUndefined();
    bench.app.sendOpcode('registerConfirm');
    expect(bench.app.receiveOpcode()).toBe('registrationFailed');
    expect(bench.eventTypes.at(-1)).toBe('registrationFailed');
    expect(bench.app.logIn(token, appRandom)).toBe('loggedIn');
  });

  it('fails for a public key that is no point of the curve', () => {
    const bench = consenting(bound());
    bench.app.sendOpcode('registerStart');
    bench.app.send('publicKey', Buffer.alloc(64, 1));
    expect(bench.app.receiveOpcode()).toBe('registrationFailed');
  });

  it('comes to nothing when the app aborts it before the end', () => {
    const bench = consenting(bound());
    bench.app.sendOpcode('registerStart');
    bench.app.send('publicKey', hex(registrationVectors[0]?.app_public ?? ''));
    bench.app.sendOpcode('registerAbort');
    expect(bench.app.finishRegistration(appPrivateKey, did)).toMatchObject({ result: undefined });
    expect(bench.firmware.token).toEqual(token);
  });
});

describe('the power button', () => {
  it('is asked for by a beep when the first attempt hangs up', () => {
    const bench = bound();
    expect(bench.app.readDeviceInfo()).toHaveLength(24);
    expect(bench.app.register(appPrivateKey, did)).toEqual({});
    bench.advance(3000);
    expect(bench.eventTypes).toEqual([]);
    bench.disconnect();
    expect(bench.eventTypes).toEqual(['beep']);
  });

  it('is asked for by a beep while the app still waits, if it waits for long; once', () => {
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

  it('lets the next connection register for half a minute, if pressed within five seconds', () => {
    const bench = bound();
    bench.app.register(appPrivateKey, did);
    bench.disconnect();
    bench.advance(4999);
    bench.pressButton();
    bench.advance(29_999);
    bench.reconnect();
    expect(bench.app.register(appPrivateKey, did)).toMatchObject({ result: 'registered' });
  });

  it('pressed five seconds after the beep, or without any, changes nothing', () => {
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

  it('pressed half a minute ago no longer counts', () => {
    const bench = consenting(bound());
    bench.advance(30_000);
    expect(bench.app.register(appPrivateKey, did)).toEqual({});
  });

  it('pressed while the app waits brings READY late on the same connection', () => {
    const bench = bound(devicePrivateKey);
    const [late, before] = [transcripts.registration.slice(8), transcripts.registration.slice(0, 8)];
    expect(replay(bench, before)).toEqual(before);
    bench.advance(2000);
    bench.pressButton();
    expect(bench.takeAll()).toEqual([{ channel: 'avdtp', bytes: hex('00000101') }]);
    expect(replay(bench, late)).toEqual(late.slice(1));
    expect(bench.firmware.token).toEqual(token);
  });

  it('consents to one registration only', () => {
    const bench = consenting(bound());
    bench.app.register(appPrivateKey, did);
    expect(bench.app.register(otherPrivateKey, did)).toEqual({});
  });
});

describe('a login', () => {
  it('answers byte for byte as in the transcript', () => {
    const bench = bound(deviceRandom);
    expect(replay(bench, transcripts.login)).toEqual(transcripts.login);
    expect(bench.eventTypes).toEqual(['loggedIn']);
  });

  it('with another token is refused, and nothing can be read after it', () => {
    const bench = bound(deviceRandom);
    expect(bench.app.logIn(otherToken, appRandom)).toBe('loginFailed');
    expect(bench.eventTypes).toEqual(['loginFailed']);
    bench.app.useKeys(deriveLogin(token, appRandom, deviceRandom));
    expect(bench.app.request(readRequest('esc', 0xb0, 32))).toBeUndefined();
  });

  it('is refused at once by a scooter that is bound to nobody', () => {
    const bench = new Bench({ did });
    bench.app.sendOpcode('loginStart');
    expect(bench.takeAll()).toEqual([{ channel: 'upnp', bytes: hex('e0000000') }]);
    expect(bench.app.logIn(token, appRandom)).toBe('notRegistered');
  });

  it('is refused after the binding went to another phone, or was reset', () => {
    const bench = bound();
    bench.firmware.bind(otherToken);
    expect(bench.app.logIn(token, appRandom)).toBe('loginFailed');
    expect(bench.app.logIn(otherToken, appRandom)).toBe('loggedIn');
    bench.reconnect();
    bench.firmware.bind(undefined);
    expect(bench.app.logIn(token, appRandom)).toBe('notRegistered');
  });

  it('is refused for a random of the wrong length', () => {
    const bench = bound();
    bench.app.sendOpcode('loginStart');
    bench.app.send('appRandom', Buffer.alloc(5));
    expect(bench.app.receiveOpcode()).toBe('loginFailed');
  });

  it('ends with the connection: its keys open nothing afterwards', () => {
    const bench = bound();
    bench.app.logIn(token, appRandom);
    expect(bench.app.request(readRequest('esc', 0xb0, 32))).toBeDefined();
    bench.reconnect();
    expect(bench.app.request(readRequest('esc', 0xb0, 32))).toBeUndefined();
    expect(bench.app.logIn(token, appRandom)).toBe('loggedIn');
    expect(bench.app.request(readRequest('esc', 0xb0, 32))).toBeDefined();
  });

  it('twice on one connection is refused, and the first goes on', () => {
    const bench = bound();
    bench.app.logIn(token, appRandom);
    expect(bench.app.logIn(token, appRandom)).toBe('repeatedLogin');
    expect(bench.app.request(readRequest('esc', 0xb0, 32))).toBeDefined();
  });

  it('begins anew where the app begins anew', () => {
    const bench = bound();
    bench.app.sendOpcode('loginStart');
    bench.app.send('appRandom', appRandom);
    bench.takeAll();
    expect(bench.app.logIn(token, appRandom)).toBe('loggedIn');
  });

  it('that takes longer than 30 s comes to nothing', () => {
    const bench = bound();
    bench.app.sendOpcode('loginStart');
    bench.app.send('appRandom', appRandom);
    bench.takeAll();
    expect(bench.firmware.nextDeadlineMs).toBe(bench.nowMs + 30_000);
    bench.advance(30_000);
    bench.write('avdtp', hex('00000101'));
    expect(bench.takeAll()).toEqual([]);
    expect(bench.firmware.nextDeadlineMs).toBeUndefined();
    expect(bench.app.logIn(token, appRandom)).toBe('loggedIn');
  });
});

describe('chunks that are lost', () => {
  const publicKey = transcripts.registration.slice(7, 13).filter(({ from }) => from === 'app');
  const [announce = '', first = '', second = '', third = '', fourth = ''] = publicKey.map(
    ({ bytes }) => bytes,
  );

  function afterLosing(...chunks: string[]): Bench {
    const bench = consenting(bound(devicePrivateKey));
    bench.app.sendOpcode('registerStart');
    for (const bytes of [announce, ...chunks]) bench.write('avdtp', hex(bytes));
    expect(bench.takeAll()).toEqual([{ channel: 'avdtp', bytes: hex('00000101') }]);
    return bench;
  }

  it('are asked for 400 ms after the last one came, and the registration goes on', () => {
    const bench = afterLosing(second, fourth);
    bench.advance(399);
    bench.write('avdtp', hex('00000102'));
    expect(bench.takeAll()).toEqual([]);
    bench.advance(1);
    expect(bench.takeAll()).toEqual([{ channel: 'avdtp', bytes: hex('0000010501000300') }]);
    bench.write('avdtp', hex(first));
    bench.advance(399);
    bench.write('avdtp', hex(third));
    expect(bench.takeAll().map(({ bytes }) => bytes.toString('hex'))).toEqual(['00000100', '000000030400']);
  });

  it('are asked for three times, then the scooter gives up', () => {
    const bench = afterLosing(first, second, third);
    bench.advance(60_000);
    const lost = hex('000001050400');
    expect(bench.takeAll().map(({ bytes }) => bytes)).toEqual([lost, lost, lost, hex('00000103')]);
    bench.write('avdtp', hex(fourth));
    expect(bench.takeAll()).toEqual([]);
  });

  it('of the scooter are sent again', () => {
    const bench = bound();
    bench.app.sendOpcode('deviceInfo');
    bench.write('avdtp', hex('00000101'));
    const [, , lost] = bench.takeAll();
    bench.write('avdtp', hex('000001050200'));
    expect(bench.takeAll()).toEqual([lost]);
  });

  it('leave nothing to wait for when the app gives the parcel up', () => {
    const bench = bound();
    bench.app.sendOpcode('deviceInfo');
    expect(bench.firmware.nextDeadlineMs).toBeDefined();
    bench.write('avdtp', hex('00000104'));
    expect(bench.firmware.nextDeadlineMs).toBeUndefined();
  });
});

describe('whatever an app writes', () => {
  const channel = fc.constantFrom<Channel>('upnp', 'avdtp', 'uart');
  const opcode = fc
    .constantFrom(...(Object.keys(UPNP) as UpnpOpcode[]))
    .map((name) => ({ channel: 'upnp' as const, bytes: encodeUpnp(name) }));
  const line = fc
    .constantFrom(...transcripts.registration, ...transcripts.login)
    .map(({ characteristic, bytes }) => ({ channel: characteristic as Channel, bytes: hex(bytes) }));
  const noise = fc.record({
    channel,
    bytes: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  });
  const control = fc
    .tuple(fc.integer({ min: 0, max: 5 }), fc.uint8Array({ minLength: 1, maxLength: 5 }))
    .map(([mode, rest]) => ({ channel: 'avdtp' as const, bytes: Buffer.from([0, 0, mode, ...rest]) }));
  const deed = fc.oneof(
    { weight: 8, arbitrary: fc.oneof(opcode, line, noise, control) },
    { weight: 1, arbitrary: fc.constantFrom('press', 'reconnect', 'logIn') },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 40_000 }) },
  );

  it('the firmware neither throws nor sends more than 20 bytes, and a login works after it', () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 60 }), (deeds) => {
        const bench = bound();
        for (const act of deeds) {
          if (act === 'press') bench.pressButton();
          else if (act === 'reconnect') bench.reconnect();
          else if (act === 'logIn') bench.app.logIn(bench.firmware.token ?? token, appRandom);
          else if (typeof act === 'number') bench.advance(act);
          else if (typeof act === 'object') bench.write(act.channel, act.bytes);
          for (const { bytes } of bench.takeAll()) expect(bytes.length).toBeLessThanOrEqual(20);
        }
        bench.reconnect();
        expect(bench.app.logIn(bench.firmware.token ?? token, appRandom)).toBe('loggedIn');
        expect(bench.app.request(readRequest('esc', 0xb0, 32))).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });
});
