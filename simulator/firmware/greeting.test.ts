import { describe, expect, it } from 'vitest';
import transcripts from '../../fixtures/protocol/transcripts.json' with { type: 'json' };
import { boundBench, LOGIN, PAIRING, replay, type Line } from '../testing/vectors.ts';

const app = (characteristic: string, bytes: string): Line => ({ from: 'app', characteristic, bytes });
const scooter = (characteristic: string, bytes: string): Line => ({ from: 'scooter', characteristic, bytes });

const GREETING: readonly Line[] = transcripts.greeting;

const deviceRandom = LOGIN.deviceRandom.toString('hex');
const before = transcripts.login.slice(0, 5);
const after = transcripts.login.slice(9);

describe('the greeting of the official app', () => {
  it('is answered, and followed by a login with the random number in a single packet', () => {
    const bench = boundBench(LOGIN.deviceRandom);
    expect(replay(bench, GREETING)).toEqual(GREETING);
    const login = [
      ...before,
      scooter('avdtp', `0000020d${deviceRandom}`),
      app('avdtp', '00000300'),
      ...after,
    ];
    expect(replay(bench, login)).toEqual(login);
    expect(bench.eventTypes).toEqual(['loggedIn']);
  });

  it('with four bytes gets the same answer', () => {
    const bench = boundBench();
    replay(bench, [app('upnp', 'a4000000')]);
    expect(replay(bench, [app('upnp', 'a4000000')])).toEqual([
      app('upnp', 'a4000000'),
      scooter('avdtp', '000004000612'),
    ]);
  });

  it.each([
    ['is skipped', []],
    ['is not completed', GREETING.slice(0, 3)],
    ['is accepted with another parameter', [GREETING[0], app('avdtp', '000005000613')]],
  ])('that %s is followed by a login as of any app', (_, lines) => {
    const bench = boundBench(LOGIN.deviceRandom);
    replay(
      bench,
      lines.flatMap((line) => line ?? []),
    );
    expect(replay(bench, transcripts.login)).toEqual(transcripts.login);
    expect(bench.eventTypes).toEqual(['loggedIn']);
  });

  it('does not go on until the app repeats the parameter as it is', () => {
    const bench = boundBench();
    replay(bench, GREETING.slice(0, 1));
    const others = ['000005000613', '000005010612', '0000050006', '000004000612'].map((bytes) =>
      app('avdtp', bytes),
    );
    expect(replay(bench, others)).toEqual(others);
    expect(replay(bench, GREETING.slice(2))).toEqual(GREETING.slice(2));
  });

  it('counts for its connection only', () => {
    const bench = boundBench(LOGIN.deviceRandom);
    replay(bench, GREETING);
    bench.reconnect();
    expect(replay(bench, transcripts.login)).toEqual(transcripts.login);
  });

  it('is not needed to send a single packet to the scooter', () => {
    const bench = boundBench(LOGIN.deviceRandom);
    const single = [
      app('upnp', '24000000'),
      app('avdtp', `0000020b${LOGIN.appRandom.toString('hex')}`),
      scooter('avdtp', '00000300'),
      ...transcripts.login.slice(5),
    ];
    expect(replay(bench, single)).toEqual(single);
    expect(bench.eventTypes).toEqual(['loggedIn']);
  });

  it('leaves a single packet unfinished if the app refuses it', () => {
    const bench = boundBench(LOGIN.deviceRandom);
    replay(bench, [...GREETING, ...before, app('avdtp', '00000301')]);
    expect(bench.events.at(-1)).toMatchObject({ type: 'loginAborted', reason: 'cancelled' });
    expect(bench.app.logIn(PAIRING.token, LOGIN.appRandom)).toBe('loggedIn');
  });
});
