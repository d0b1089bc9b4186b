import { describe, expect, it } from 'vitest';
import transcripts from '../../fixtures/protocol/transcripts.json' with { type: 'json' };
import { Bench } from '../testing/bench.ts';
import { boundBench, hex, LOGIN, OTHER, PAIRING, pressedBench, replay, sent } from '../testing/vectors.ts';

const READY = 'avdtp 00000101';
const COMPLETE = 'avdtp 00000100';
const BUSY = 'avdtp 00000102';
const TIMEOUT = 'avdtp 00000103';
const CANCEL = 'avdtp 00000104';

/** Lines of the transcript of a login up to the parcel with the app's proof, and of a registration. */
const { login, registration } = transcripts;
const beforeProof = login.slice(0, 14);
const offersPublicKey = registration.slice(6, 13);

function write(bench: Bench, ...writes: string[]): string[] {
  return writes.flatMap((line) => {
    const [channel = '', bytes = ''] = line.split(' ');
    if (channel !== 'upnp' && channel !== 'avdtp' && channel !== 'uart') throw new Error(line);
    bench.write(channel, hex(bytes));
    return sent(bench);
  });
}

describe('an opcode whose answer is not known', () => {
  it.each(['10000000', '20000000', 'a0000000', 'a1000000'])(
    '%s is ignored, and keeps the pairing: a login succeeds afterwards',
    (opcode) => {
      const bench = boundBench(LOGIN.deviceRandom);
      expect(write(bench, `upnp ${opcode}`)).toEqual([]);
      expect(bench.app.logIn(PAIRING.token, LOGIN.appRandom)).toBe('loggedIn');
    },
  );
});

describe('a login', () => {
  it('with the proof of another token is answered with 23', () => {
    const bench = boundBench(LOGIN.deviceRandom);
    expect(replay(bench, beforeProof)).toEqual(beforeProof);
    const wrong = [`0100${'5a'.repeat(18)}`, `0200${'5a'.repeat(14)}`];
    expect(write(bench, 'avdtp 0000000a0200', ...wrong.map((bytes) => `avdtp ${bytes}`))).toEqual([
      READY,
      COMPLETE,
      'upnp 23000000',
    ]);
    expect(bench.events.at(-1)).toMatchObject({ type: 'loginFailed' });
  });

  it('with the proof of the vector for another token is answered with 23', () => {
    const bench = new Bench({ token: OTHER.token });
    bench.app.sendOpcode('loginStart');
    bench.app.send('appRandom', LOGIN.appRandom);
    bench.app.receive('deviceRandom');
    bench.app.receive('deviceConfirmation');
    expect(
      write(
        bench,
        ...login.slice(14).flatMap(({ from, bytes }) => (from === 'app' ? [`avdtp ${bytes}`] : [])),
      ),
    ).toEqual([READY, COMPLETE, 'upnp 23000000']);
  });

  it('of a scooter that is not paired is answered with e0', () => {
    expect(write(new Bench(), 'upnp 24000000', 'avdtp 0000000b0100')).toEqual(['upnp e0000000']);
  });

  it('on a connection that is logged in is answered with e2', () => {
    const bench = boundBench(LOGIN.deviceRandom);
    replay(bench, login);
    expect(write(bench, 'upnp 24000000')).toEqual(['upnp e2000000']);
  });

  it.each(['24000000', '15000000', 'a2000000', 'a4'])(
    'that is running goes on if the app starts %s, which is answered with BUSY',
    (opcode) => {
      const bench = boundBench(LOGIN.deviceRandom);
      expect(replay(bench, login.slice(0, 5))).toEqual(login.slice(0, 5).concat(login[5] ?? []));
      expect(write(bench, `upnp ${opcode}`)).toEqual([BUSY]);
      expect(replay(bench, login.slice(6))).toEqual(login.slice(6));
      expect(bench.eventTypes).toEqual(['loggedIn']);
    },
  );
});

describe('a registration', () => {
  it('whose device id was sealed with another key is answered with 12', () => {
    const bench = pressedBench(boundBench(PAIRING.devicePrivateKey));
    const agreed = registration.slice(0, 21);
    expect(replay(bench, agreed)).toEqual(agreed);
    const forged = [`0100${'07'.repeat(18)}`, `0200${'07'.repeat(6)}`];
    expect(
      write(bench, 'avdtp 000000000200', ...forged.map((bytes) => `avdtp ${bytes}`), 'upnp 13000000'),
    ).toEqual([READY, COMPLETE, 'upnp 12000000']);
  });

  it('that the app aborts with 14 is answered with 12', () => {
    const bench = pressedBench();
    expect(replay(bench, registration.slice(6, 8))).toHaveLength(3);
    expect(write(bench, 'upnp 14000000', 'upnp 14000000')).toEqual(['upnp 12000000']);
  });

  it('is not what 14 aborts during a login: the login goes on', () => {
    const bench = boundBench(LOGIN.deviceRandom);
    replay(bench, login.slice(0, 5));
    expect(write(bench, 'upnp 14000000')).toEqual([]);
    expect(replay(bench, login.slice(6))).toEqual(login.slice(6));
  });

  it('that is running goes on if the app starts a login, which is answered with BUSY', () => {
    const bench = pressedBench(boundBench(PAIRING.devicePrivateKey));
    replay(bench, registration.slice(0, 9));
    expect(write(bench, 'upnp 24000000')).toEqual([BUSY]);
    expect(replay(bench, registration.slice(9))).toEqual(registration.slice(9));
  });
});

describe('a parcel of the app', () => {
  it.each([
    ['announced with more chunks than its type has', 'avdtp 000000030500'],
    ['announced with 65535 chunks', 'avdtp 00000003ffff'],
    ['announced as one of another type', 'avdtp 0000000b0100'],
  ])('%s is answered with CANCEL, and ends the registration', (_, announcement) => {
    const bench = pressedBench();
    expect(write(bench, 'upnp 15000000', announcement)).toEqual([CANCEL]);
    expect(write(bench, 'avdtp 000000030400')).toEqual([]);
    expect(bench.events.at(-1)).toMatchObject({ type: 'registrationAborted', reason: 'rejected' });
  });

  it('of another type, sent as one packet, is answered with CANCEL, and ends the login', () => {
    const bench = boundBench();
    expect(write(bench, 'upnp 24000000', `avdtp 00000203${'00'.repeat(16)}`)).toEqual([CANCEL]);
    expect(bench.events.at(-1)).toMatchObject({ type: 'loginAborted', reason: 'rejected' });
  });

  it('is requested again by a LOST list 400 ms after its last chunk, three times, then answered with TIMEOUT', () => {
    const bench = pressedBench();
    const [start, announce, , first, , third] = offersPublicKey.map(
      ({ characteristic, bytes }) => `${characteristic} ${bytes}`,
    );
    expect(write(bench, start ?? '', announce ?? '', third ?? '', first ?? '')).toEqual([READY]);
    const log: string[] = [];
    for (let ms = 100; ms <= 2_000; ms += 100) {
      bench.advance(100);
      log.push(...sent(bench).map((bytes) => `${ms} ms: ${bytes}`));
    }
    const lost = 'avdtp 0000010502000400';
    expect(log).toEqual([`400 ms: ${lost}`, `800 ms: ${lost}`, `1200 ms: ${lost}`, `1600 ms: ${TIMEOUT}`]);
    expect(bench.events.at(-1)).toMatchObject({ type: 'registrationAborted', reason: 'chunksLost' });
  });
});

describe('a parcel of the scooter', () => {
  const requested = ['upnp a2000000', 'avdtp 00000101'];
  const chunks = ['avdtp 01000100000000626c742e332e31363339786430', 'avdtp 0200306669787475'];

  it('is resent in the parts that the app lists as LOST, and only in those', () => {
    const bench = boundBench();
    expect(write(bench, ...requested)).toEqual(['avdtp 000000000200', ...chunks]);
    expect(write(bench, 'avdtp 000001050100')).toEqual([chunks[0]]);
    expect(write(bench, 'avdtp 000001050200')).toEqual([chunks[1]]);
    expect(write(bench, 'avdtp 0000010501000200')).toEqual(chunks);
    expect(write(bench, 'avdtp 00000105ffff')).toEqual([]);
  });

  it.each(['00000103', '00000104'])('is not continued after %s of the app', (abort) => {
    const bench = boundBench(LOGIN.deviceRandom);
    replay(bench, login.slice(0, 5));
    expect(write(bench, `avdtp ${abort}`, 'avdtp 00000101')).toEqual([]);
    expect(bench.events.at(-1)).toMatchObject({ type: 'loginAborted', reason: 'cancelled' });
  });

  it('is sent once, however often the app says that it is busy', () => {
    const bench = boundBench();
    expect(write(bench, 'upnp a2000000', BUSY, BUSY, 'avdtp 00000101')).toEqual([
      'avdtp 000000000200',
      ...chunks,
    ]);
  });
});

describe('a procedure that the app leaves', () => {
  it.each([
    ['login', 'loginAborted', login.slice(0, 7)],
    ['registration', 'registrationAborted', registration.slice(6, 13)],
  ] as const)('is aborted after 30 s, in silence: a %s', (_, type, lines) => {
    const bench = pressedBench();
    replay(bench, lines);
    bench.advance(29_999);
    expect(bench.eventTypes).not.toContain(type);
    bench.advance(1);
    expect(bench.events.at(-1)).toMatchObject({ type, reason: 'timedOut' });
    expect(write(bench, 'avdtp 00000101')).toEqual([]);
    expect(bench.firmware.nextDeadlineMs).toBeUndefined();
    expect(bench.app.logIn(PAIRING.token, LOGIN.appRandom)).toBe('loggedIn');
  });

  it.each([
    ['before its first parcel', 1, { kind: 'receive', type: 'appRandom' }],
    ['after the random number of the scooter was announced', 5, { kind: 'send', type: 'deviceRandom' }],
    ['after the proof of the scooter', 14, { kind: 'receive', type: 'appConfirmation' }],
  ] as const)('with its connection is reported with the step it was at: a login %s', (_, lines, step) => {
    const bench = boundBench(LOGIN.deviceRandom);
    replay(bench, login.slice(0, lines));
    bench.reconnect();
    const aborted = bench.events.filter(({ type }) => type === 'loginAborted');
    expect(aborted).toMatchObject([{ reason: 'disconnected', step }]);
    expect(bench.app.logIn(PAIRING.token, LOGIN.appRandom)).toBe('loggedIn');
  });

  it('is not reported if it waits for the power button: the app will connect again', () => {
    const bench = boundBench();
    replay(bench, registration.slice(0, 8));
    bench.disconnect();
    expect(bench.eventTypes).toEqual(['beep']);
  });

  it('is not reported after its end', () => {
    const bench = boundBench(LOGIN.deviceRandom);
    replay(bench, login);
    bench.disconnect();
    expect(bench.eventTypes).toEqual(['loggedIn']);
  });
});
