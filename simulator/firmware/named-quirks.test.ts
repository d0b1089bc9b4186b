import { describe, expect, it } from 'vitest';
import captures from '../../fixtures/protocol/captures.json' with { type: 'json' };
import transcripts from '../../fixtures/protocol/transcripts.json' with { type: 'json' };
import { type Device, readRequest, writeRequest } from '../../protocol/message.ts';
import { Bench } from '../testing/bench.ts';
import { boundBench, LOGIN, OTHER, PAIRING, pressedBench, sent } from '../testing/vectors.ts';
import { MODELS } from '../models/models.ts';
import { canHaveQuirk, type QuirkName, QUIRKS, WHOLE_READS } from './named-quirks.ts';

/** A scooter with one quirk, whose random numbers are 0, 0.25, 0.5, 0.75, 0, … */
function benchWith(name: QuirkName, token = PAIRING.token): Bench {
  let count = 0;
  const unit = (): number => (count++ % 4) / 4;
  return new Bench({ did: PAIRING.did, token, quirks: new Set([QUIRKS[name].create(unit, MODELS.pro2)]) });
}

function loggedIn(name: QuirkName): Bench {
  const bench = benchWith(name);
  for (let attempts = 1; bench.app.logIn(PAIRING.token, LOGIN.appRandom) !== 'loggedIn'; attempts++) {
    if (attempts === 3) expect.unreachable('no login');
  }
  return bench;
}

const LIVE = readRequest('esc', 0xb0, 32);

describe('the quirk', () => {
  it.each(Object.entries(QUIRKS))('%s says what it is, and where it was seen', (_, { about, source }) => {
    expect(about).toMatch(/^[A-Z].*\.$/);
    expect(source).toMatch(/\w+ \w+/);
  });

  const ofMiAuth = (Object.keys(QUIRKS) as QuirkName[]).filter((name) => canHaveQuirk(MODELS.pro2, name));

  it.each(ofMiAuth)('%s lets an app log in, and read the live block', (name) => {
    const bench = loggedIn(name);
    bench.write('uart', Buffer.alloc(0));
    bench.app.request(LIVE);
    bench.advance(100);
    expect(bench.events.at(-1)).toMatchObject({ type: 'replied', register: 0xb0 });
  });
});

describe('a scooter that replies slowly', () => {
  it('answers after 60 to 90 ms, in the order of the requests', () => {
    const bench = loggedIn('slow-replies');
    const answeredAt: Record<number, number> = {};
    const start = bench.nowMs;
    for (const register of [0x10, 0x25, 0xb0]) bench.app.request(readRequest('esc', register, 2));
    expect(sent(bench)).toEqual([]);
    for (let ms = 1; ms <= 100; ms++) {
      bench.advance(1);
      sent(bench);
      const last = bench.events.at(-1);
      if (last?.type === 'replied') answeredAt[last.register] ??= bench.nowMs - start;
    }
    expect(answeredAt).toEqual({ 0x10: 60, 0x25: 68, 0xb0: 75 });
  });

  it('answers in the order of the requests, even if a later one takes less time', () => {
    const delays = new Map([
      [0x10, 50],
      [0x25, 0],
      [0xb0, 10],
    ]);
    const delayMs = ({ register }: { register: number }): number => delays.get(register) ?? 0;
    const bench = new Bench({ token: PAIRING.token, quirks: new Set([{ delayMs }]) });
    bench.app.logIn(PAIRING.token, LOGIN.appRandom);
    for (const register of delays.keys()) {
      bench.app.request(readRequest('esc', register, 2));
      bench.advance(10);
    }
    bench.advance(20);
    const answered = bench.events.flatMap((event) =>
      event.type === 'replied' ? [[event.register, event.nowMs - event.askedMs]] : [],
    );
    expect(answered).toEqual([
      [0x10, 50],
      [0x25, 40],
      [0xb0, 30],
    ]);
  });

  it('answers nothing that was asked before the connection ended', () => {
    const bench = loggedIn('slow-replies');
    bench.app.request(LIVE);
    bench.reconnect();
    expect(bench.firmware.nextDeadlineMs).toBeUndefined();
    bench.advance(1_000);
    expect(sent(bench)).toEqual([]);
  });
});

describe('a scooter with a chattering dashboard', () => {
  it('sends the captured frames of zeros until the login', () => {
    const bench = benchWith('chatter');
    bench.advance(2_000);
    const bytes = sent(bench).map((line) => line.replace('uart ', ''));
    expect(bytes.join('')).toBe(captures.chatter.flatMap(({ frames }) => frames).join(''));
    expect(bench.app.logIn(PAIRING.token, LOGIN.appRandom)).toBe('loggedIn');
    bench.advance(5_000);
    expect(sent(bench)).toEqual([]);
  });

  it('starts again on the next connection', () => {
    const bench = loggedIn('chatter');
    bench.disconnect();
    bench.advance(5_000);
    expect(sent(bench)).toEqual([]);
    bench.reconnect();
    bench.advance(500);
    expect(sent(bench)).not.toEqual([]);
  });
});

describe('a scooter that loses logins', () => {
  it('gives no answer to some, and completes the others', () => {
    const bench = benchWith('lost-logins');
    const results = Array.from({ length: 4 }, () => {
      bench.reconnect();
      return bench.app.logIn(PAIRING.token, LOGIN.appRandom);
    });
    expect(results).toEqual([undefined, 'loggedIn', 'loggedIn', 'loggedIn']);
  });
});

describe('a scooter that interrupts logins', () => {
  it('answers the first parcel of some with TIMEOUT, and completes the next one', () => {
    const bench = benchWith('interrupted-logins');
    bench.app.sendOpcode('loginStart');
    bench.write('avdtp', Buffer.from('0000000b0100', 'hex'));
    expect(sent(bench)).toEqual(['avdtp 00000103']);
    expect(bench.events.at(-1)).toMatchObject({ type: 'loginAborted', reason: 'rejected' });
    expect(bench.app.logIn(PAIRING.token, LOGIN.appRandom)).toBe('loggedIn');
  });
});

describe('a scooter with silent registers', () => {
  it('answers the blocks whole that any scooter answers', () => {
    const bench = loggedIn('silent-registers');
    for (const { device, register, bytes } of WHOLE_READS) {
      expect(bench.app.request(readRequest(device, register, bytes))?.message.data).toHaveLength(bytes);
    }
  });

  it.each<[Device, number]>([
    ['esc', 0x1a],
    ['esc', 0x25],
    ['esc', 0x3a],
    ['esc', 0x67],
    ['esc', 0x7b],
    ['esc', 0x7c],
    ['esc', 0x7d],
    ['esc', 0xb5],
    ['bms', 0x30],
    ['bms', 0x40],
  ])('does not answer a read that begins at %s %i', (device, register) => {
    const bench = loggedIn('silent-registers');
    expect(bench.app.request(readRequest(device, register, 2))).toBeUndefined();
    expect(bench.events.at(-1)).toMatchObject({ type: 'withheld', register });
  });

  it('answers those that its own model is not known to leave silent', () => {
    const scooter = new Bench({
      token: PAIRING.token,
      quirks: new Set([QUIRKS['silent-registers'].create(() => 0, { silentBlocks: [] })]),
    });
    scooter.app.logIn(PAIRING.token, LOGIN.appRandom);
    expect(scooter.app.request(readRequest('esc', 0x25, 2))).toBeDefined();
  });

  it('still accepts settings', () => {
    const bench = loggedIn('silent-registers');
    const reply = bench.app.request(writeRequest('esc', 0x7c, Buffer.of(1, 0)));
    expect(reply?.message.data).toEqual(Buffer.of(1));
  });

  it('of the battery answers most reads of the cells, and all others', () => {
    const bench = loggedIn('silent-cells');
    const answers = Array.from(
      { length: 4 },
      () => bench.app.request(readRequest('bms', 0x40, 20)) !== undefined,
    );
    expect(answers).toEqual([false, false, true, true]);
    expect(bench.app.request(readRequest('bms', 0x31, 10))).toBeDefined();
  });

  it('of the whole battery answers again after a minute', () => {
    const bench = loggedIn('silent-battery');
    const read = (): boolean => bench.app.request(readRequest('bms', 0x31, 10)) !== undefined;
    expect(read()).toBe(false);
    expect(bench.app.request(LIVE)).toBeDefined();
    bench.advance(60_000);
    expect(read()).toBe(true);
  });
});

describe('a scooter whose answers differ', () => {
  it('answers a login with another token with 22, and one without a valid parcel with 23', () => {
    const bench = benchWith('wrong-token-code', OTHER.token);
    expect(bench.app.logIn(PAIRING.token, LOGIN.appRandom)).toBe('wrongToken');
    bench.app.sendOpcode('loginStart');
    bench.app.send('appRandom', Buffer.alloc(5));
    expect(bench.app.receiveOpcode()).toBe('loginFailed');
    expect(bench.eventTypes).toEqual(['loginFailed', 'loginFailed']);
  });

  it.each([
    ['pairs-once', 'upnp e1000000'],
    ['out-of-band', 'upnp e3000000'],
  ] as const)('with %s answers a pairing with %s, and keeps its token', (name, answer) => {
    const bench = pressedBench(benchWith(name));
    bench.app.sendOpcode('registerStart');
    expect(sent(bench)).toEqual([answer]);
    expect(bench.app.logIn(PAIRING.token, LOGIN.appRandom)).toBe('loggedIn');
  });

  it('ignores a procedure that is started while another one runs', () => {
    const bench = benchWith('silent-when-busy');
    for (const { characteristic, bytes } of transcripts.login.slice(0, 2)) {
      bench.write(characteristic === 'upnp' ? 'upnp' : 'avdtp', Buffer.from(bytes, 'hex'));
    }
    sent(bench);
    bench.app.sendOpcode('loginStart');
    expect(sent(bench)).toEqual([]);
    bench.write('avdtp', Buffer.from(transcripts.login[3]?.bytes ?? '', 'hex'));
    expect(sent(bench)).toEqual(['avdtp 00000100', 'avdtp 0000000d0100']);
  });

  it('requests 15 to 30 ms and a supervision timeout of 0.9 s', () => {
    expect(benchWith('own-parameters').firmware.connectionParameters).toMatchObject({
      supervisionTimeoutMs: 900,
    });
    expect(boundBench().firmware.connectionParameters).toBeUndefined();
  });
});
