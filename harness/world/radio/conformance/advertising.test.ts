import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConnection, HANDLE, PI_ADDRESS, Scene, SCOOTER_ADDRESS } from './scene.ts';

const RSSI = 'b9';
const DATA = '020106';
const RESPONSE = '0309ff';
const SET_ADDRESS = '0605040302c1';
const RANDOM = '01' + SET_ADDRESS;

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

/** LE Advertising Report of the peer. */
function report(type: string, data: string, address = SCOOTER_ADDRESS): string {
  const [whole, length] = [12 + data.length / 2, data.length / 2].map((bytes) =>
    Buffer.from([bytes]).toString('hex'),
  );
  return `043e${whole}0201${type}${address}${length}${data}${RSSI}`;
}

/** Lets the peer advertise every 100 ms. */
function advertise({ type = '00', own = '00', policy = '00' } = {}): void {
  scene.order(0x2006, 'a000a000' + type + own + '00'.repeat(7) + '07' + policy, scene.peer);
  scene.order(0x2008, '03' + DATA.padEnd(62, '0'), scene.peer);
  scene.order(0x2009, '03' + RESPONSE.padEnd(62, '0'), scene.peer);
  scene.order(0x200a, '01', scene.peer);
}

/** What an active scan hears in one interval. */
async function scan({ own = '00', policy = '00', filtered = false } = {}): Promise<string[]> {
  scene.order(0x200b, '01' + '10001000' + own + policy);
  scene.order(0x200c, '01' + (filtered ? '01' : '00'));
  await scene.after(0);
  const { host } = await scene.after(110);
  scene.order(0x200c, '0000');
  return host;
}

/** LE Create Connection. @param own type of the own address, in hex. */
const connect = (peer: string, own = '00', policy = '00'): void =>
  scene.order(
    0x200d,
    createConnection(peer)
      .replace(/^(.{8})00/, `$1${policy}`)
      .replace(/^(.{24})00/, `$1${own}`),
  );

/** Connection Complete, Disconnection Complete: what becomes of an attempt within a second. */
async function outcome(): Promise<{ host: string[]; peer: string[] }> {
  await scene.after(0);
  return scene.after(1000);
}

describe('advertising (Bluetooth Core Vol 4 Part E, 7.8.5)', () => {
  it.each([
    ['connectable', '00', [report('00', DATA), report('04', RESPONSE)]],
    ['scannable', '02', [report('02', DATA), report('04', RESPONSE)]],
    ['non-connectable', '03', [report('03', DATA)]],
  ])('that is %s is reported as such', async (_what, type, reports) => {
    advertise({ type });
    expect(await scan()).toEqual(reports);
  });

  it.each([
    ['scannable', '02'],
    ['non-connectable', '03'],
  ])('that is %s is nothing to connect to', async (_what, type) => {
    advertise({ type });
    connect(SCOOTER_ADDRESS);
    expect(await outcome()).toEqual({ host: [], peer: [] });
    expect(scene.host.controller.isInitiating).toBe(true);
  });

  it('is connectable, of 1.28 s, and empty after a reset', async () => {
    advertise({ type: '03' });
    scene.order(0x0c03, '', scene.peer);
    scene.order(0x200a, '01', scene.peer);
    expect(await scan()).toEqual([]);
    scene.order(0x200c, '0100');
    await scene.after(0);
    expect((await scene.after(1290)).host).toEqual([report('00', ''), report('04', '')]);
  });

  it('ends with the connection that it leads to', async () => {
    advertise();
    connect(SCOOTER_ADDRESS);
    await outcome();
    expect(scene.peer.controller.advertiser.isEnabled).toBe(false);
  });
});

describe('a random address (Bluetooth Core Vol 4 Part E, 7.8.4)', () => {
  beforeEach(() => {
    for (const host of [scene.host, scene.peer]) scene.order(0x2005, SET_ADDRESS, host);
  });

  it('is what others hear', async () => {
    advertise({ own: '01' });
    expect(await scan()).toEqual([report('00', DATA, RANDOM), report('04', RESPONSE, RANDOM)]);
  });

  it('is what others connect to', async () => {
    advertise({ own: '01' });
    connect(SCOOTER_ADDRESS);
    expect((await outcome()).host).toEqual([]);
    scene.order(0x200e);
    connect(RANDOM);
    expect((await outcome()).host).toEqual([expect.stringMatching(`^043e130100${HANDLE}00${RANDOM}`)]);
  });

  it('is what a central connects by', async () => {
    advertise();
    connect(SCOOTER_ADDRESS, '01');
    expect((await outcome()).peer).toEqual([expect.stringMatching(`^043e130100${HANDLE}01${RANDOM}`)]);
  });

  it('is forgotten by a reset', async () => {
    scene.say(0x0c03);
    connect(SCOOTER_ADDRESS, '01');
    expect(scene.host.takeReceived().at(-1)).toBe('040f0412010d20');
    await scene.after(0);
  });
});

describe('the filter accept list (Bluetooth Core Vol 4 Part E, 7.8.14 to 7.8.17)', () => {
  const accept = (device: string, host = scene.host): void => scene.order(0x2011, device, host);

  it('leaves all others out of a scan that uses it', async () => {
    advertise();
    expect(await scan({ policy: '01' })).toEqual([]);
    accept(SCOOTER_ADDRESS);
    expect(await scan({ policy: '01' })).toEqual([report('00', DATA), report('04', RESPONSE)]);
    scene.order(0x2012, SCOOTER_ADDRESS);
    expect(await scan({ policy: '01' })).toEqual([]);
  });

  it('tells a public address from the same random one', async () => {
    advertise();
    accept('00' + SCOOTER_ADDRESS.slice(2));
    expect(await scan({ policy: '01' })).toEqual([]);
  });

  it('is whom an attempt that uses it connects to', async () => {
    advertise();
    connect('00'.repeat(7), '00', '01');
    expect((await outcome()).host).toEqual([]);
    scene.order(0x200e);
    accept(SCOOTER_ADDRESS);
    connect('00'.repeat(7), '00', '01');
    expect((await outcome()).host).toEqual([
      expect.stringMatching(`^043e130100${HANDLE}00${SCOOTER_ADDRESS}`),
    ]);
  });

  it('does not lead an attempt to a device that is connected', async () => {
    accept(SCOOTER_ADDRESS);
    await scene.connect();
    connect('00'.repeat(7), '00', '01');
    advertise();
    expect(await outcome()).toEqual({ host: [], peer: [] });
  });

  it.each(['01', '03'])('keeps the scan response from all others, by policy %s', async (policy) => {
    advertise({ policy });
    expect(await scan()).toEqual([report('00', DATA)]);
    scene.order(0x200a, '00', scene.peer);
    accept(PI_ADDRESS, scene.peer);
    advertise({ policy });
    expect(await scan()).toEqual([report('00', DATA), report('04', RESPONSE)]);
  });

  it.each(['02', '03'])('keeps all others from connecting, by policy %s', async (policy) => {
    advertise({ policy });
    connect(SCOOTER_ADDRESS);
    expect(await outcome()).toEqual({
      host: [expect.stringMatching(`^043e130100${HANDLE}`), '040504' + '00' + HANDLE + '3e'],
      peer: [],
    });
    scene.order(0x200a, '00', scene.peer);
    accept(PI_ADDRESS, scene.peer);
    advertise({ policy });
    connect(SCOOTER_ADDRESS);
    expect((await outcome()).peer).toEqual([expect.stringMatching(/^043e130100/)]);
  });

  it('is empty after a reset', async () => {
    advertise();
    accept(SCOOTER_ADDRESS);
    scene.say(0x0c03);
    scene.say(0x0c01, 'ff'.repeat(8));
    expect(await scan({ policy: '01' })).toEqual([]);
  });
});

describe('a scan (Bluetooth Core Vol 4 Part E, 7.8.10 and 7.8.11)', () => {
  it('that filters duplicates reports everything once, and again once it is enabled anew', async () => {
    advertise();
    scene.order(0x200b, '01' + '10001000' + '0000');
    for (let round = 0; round < 2; round++) {
      scene.order(0x200c, '0101');
      await scene.after(0);
      expect((await scene.after(1000)).host).toEqual([report('00', DATA), report('04', RESPONSE)]);
    }
  });

  it('whose filter is switched off in the middle reports everything from then on', async () => {
    advertise();
    scene.order(0x200c, '0101');
    await scene.after(500);
    scene.order(0x200c, '0100');
    await scene.after(0);
    expect((await scene.after(1000)).host.length).toBeGreaterThan(5);
  });

  it('asks for no scan response where it is passive, as after a reset', async () => {
    advertise();
    await scan();
    scene.say(0x0c03);
    scene.say(0x0c01, 'ff'.repeat(8));
    scene.order(0x200c, '0100');
    await scene.after(0);
    expect(new Set((await scene.after(500)).host)).toEqual(new Set([report('00', DATA)]));
  });
});
