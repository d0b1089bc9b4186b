import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConnection, HANDLE, PI_ADDRESS, Rig, SCOOTER_ADDRESS } from './rig.ts';

const RSSI = 'b9';
const DATA = '020106';
const RESPONSE = '0309ff';
const SET_ADDRESS = '0605040302c1';
const RANDOM = '01' + SET_ADDRESS;

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});
afterEach(() => rig.close());

/** An LE Advertising Report of the peer. */
function report(type: string, data: string, address = SCOOTER_ADDRESS): string {
  const [whole, length] = [12 + data.length / 2, data.length / 2].map((bytes) =>
    Buffer.from([bytes]).toString('hex'),
  );
  return `043e${whole}0201${type}${address}${length}${data}${RSSI}`;
}

/** Makes the peer advertise every 100 ms. */
function advertise({ type = '00', own = '00', policy = '00' } = {}): void {
  rig.sendCommand(0x2006, 'a000a000' + type + own + '00'.repeat(7) + '07' + policy, rig.peer);
  rig.sendCommand(0x2008, '03' + DATA.padEnd(62, '0'), rig.peer);
  rig.sendCommand(0x2009, '03' + RESPONSE.padEnd(62, '0'), rig.peer);
  rig.sendCommand(0x200a, '01', rig.peer);
}

/** Reports of an active scan in one interval. */
async function scan({ own = '00', policy = '00', filtered = false } = {}): Promise<string[]> {
  rig.sendCommand(0x200b, '01' + '10001000' + own + policy);
  rig.sendCommand(0x200c, '01' + (filtered ? '01' : '00'));
  await rig.advance(0);
  const { host } = await rig.advance(110);
  rig.sendCommand(0x200c, '0000');
  return host;
}

/** Sends LE Create Connection. @param own own address type, in hex */
const connect = (peer: string, own = '00', policy = '00'): void =>
  rig.sendCommand(
    0x200d,
    createConnection(peer)
      .replace(/^(.{8})00/, `$1${policy}`)
      .replace(/^(.{24})00/, `$1${own}`),
  );

/** Events of a connection attempt within a second. */
async function outcome(): Promise<{ host: string[]; peer: string[] }> {
  await rig.advance(0);
  return rig.advance(1000);
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
  ])('that is %s cannot be connected to', async (_what, type) => {
    advertise({ type });
    connect(SCOOTER_ADDRESS);
    expect(await outcome()).toEqual({ host: [], peer: [] });
    expect(rig.host.controller.isInitiating).toBe(true);
  });

  it('is connectable, without data, and has an interval of 1.28 s after a reset', async () => {
    advertise({ type: '03' });
    rig.sendCommand(0x0c03, '', rig.peer);
    rig.sendCommand(0x200a, '01', rig.peer);
    expect(await scan()).toEqual([]);
    rig.sendCommand(0x200c, '0100');
    await rig.advance(0);
    expect((await rig.advance(1290)).host).toEqual([report('00', ''), report('04', '')]);
  });

  it('ends with a connection', async () => {
    advertise();
    connect(SCOOTER_ADDRESS);
    await outcome();
    expect(rig.peer.controller.advertiser.isEnabled).toBe(false);
  });
});

describe('a random address (Bluetooth Core Vol 4 Part E, 7.8.4)', () => {
  beforeEach(() => {
    for (const host of [rig.host, rig.peer]) rig.sendCommand(0x2005, SET_ADDRESS, host);
  });

  it('is the address in reports', async () => {
    advertise({ own: '01' });
    expect(await scan()).toEqual([report('00', DATA, RANDOM), report('04', RESPONSE, RANDOM)]);
  });

  it('is the address that others connect to', async () => {
    advertise({ own: '01' });
    connect(SCOOTER_ADDRESS);
    expect((await outcome()).host).toEqual([]);
    rig.sendCommand(0x200e);
    connect(RANDOM);
    expect((await outcome()).host).toEqual([expect.stringMatching(`^043e130100${HANDLE}00${RANDOM}`)]);
  });

  it('is the address of a central in a connection', async () => {
    advertise();
    connect(SCOOTER_ADDRESS, '01');
    expect((await outcome()).peer).toEqual([expect.stringMatching(`^043e130100${HANDLE}01${RANDOM}`)]);
  });

  it('is cleared by a reset', async () => {
    rig.exchange(0x0c03);
    connect(SCOOTER_ADDRESS, '01');
    expect(rig.host.takeReceived().at(-1)).toBe('040f0412010d20');
    await rig.advance(0);
  });
});

describe('the filter accept list (Bluetooth Core Vol 4 Part E, 7.8.14 to 7.8.17)', () => {
  const accept = (device: string, host = rig.host): void => rig.sendCommand(0x2011, device, host);

  it('filters the reports of a scan', async () => {
    advertise();
    expect(await scan({ policy: '01' })).toEqual([]);
    accept(SCOOTER_ADDRESS);
    expect(await scan({ policy: '01' })).toEqual([report('00', DATA), report('04', RESPONSE)]);
    rig.sendCommand(0x2012, SCOOTER_ADDRESS);
    expect(await scan({ policy: '01' })).toEqual([]);
  });

  it('distinguishes a public address from the same random one', async () => {
    advertise();
    accept('00' + SCOOTER_ADDRESS.slice(2));
    expect(await scan({ policy: '01' })).toEqual([]);
  });

  it('selects the peer of a connection attempt', async () => {
    advertise();
    connect('00'.repeat(7), '00', '01');
    expect((await outcome()).host).toEqual([]);
    rig.sendCommand(0x200e);
    accept(SCOOTER_ADDRESS);
    connect('00'.repeat(7), '00', '01');
    expect((await outcome()).host).toEqual([
      expect.stringMatching(`^043e130100${HANDLE}00${SCOOTER_ADDRESS}`),
    ]);
  });

  it('does not select a device that is connected already', async () => {
    accept(SCOOTER_ADDRESS);
    await rig.connect();
    connect('00'.repeat(7), '00', '01');
    advertise();
    expect(await outcome()).toEqual({ host: [], peer: [] });
  });

  it.each(['01', '03'])('filters scan requests with policy %s', async (policy) => {
    advertise({ policy });
    expect(await scan()).toEqual([report('00', DATA)]);
    rig.sendCommand(0x200a, '00', rig.peer);
    accept(PI_ADDRESS, rig.peer);
    advertise({ policy });
    expect(await scan()).toEqual([report('00', DATA), report('04', RESPONSE)]);
  });

  it.each(['02', '03'])('filters connection requests with policy %s', async (policy) => {
    advertise({ policy });
    connect(SCOOTER_ADDRESS);
    expect(await outcome()).toEqual({
      host: [expect.stringMatching(`^043e130100${HANDLE}`), '040504' + '00' + HANDLE + '3e'],
      peer: [],
    });
    rig.sendCommand(0x200a, '00', rig.peer);
    accept(PI_ADDRESS, rig.peer);
    advertise({ policy });
    connect(SCOOTER_ADDRESS);
    expect((await outcome()).peer).toEqual([expect.stringMatching(/^043e130100/)]);
  });

  it('is empty after a reset', async () => {
    advertise();
    accept(SCOOTER_ADDRESS);
    rig.exchange(0x0c03);
    rig.exchange(0x0c01, 'ff'.repeat(8));
    expect(await scan({ policy: '01' })).toEqual([]);
  });
});

describe('a scan (Bluetooth Core Vol 4 Part E, 7.8.10 and 7.8.11)', () => {
  it('that filters duplicates reports each device once, and again when it is re-enabled', async () => {
    advertise();
    rig.sendCommand(0x200b, '01' + '10001000' + '0000');
    for (let round = 0; round < 2; round++) {
      rig.sendCommand(0x200c, '0101');
      await rig.advance(0);
      expect((await rig.advance(1000)).host).toEqual([report('00', DATA), report('04', RESPONSE)]);
    }
  });

  it('reports duplicates as soon as their filter is switched off', async () => {
    advertise();
    rig.sendCommand(0x200c, '0101');
    await rig.advance(500);
    rig.sendCommand(0x200c, '0100');
    await rig.advance(0);
    expect((await rig.advance(1000)).host.length).toBeGreaterThan(5);
  });

  it('requests no scan response if it is passive, as after a reset', async () => {
    advertise();
    await scan();
    rig.exchange(0x0c03);
    rig.exchange(0x0c01, 'ff'.repeat(8));
    rig.sendCommand(0x200c, '0100');
    await rig.advance(0);
    expect(new Set((await rig.advance(500)).host)).toEqual(new Set([report('00', DATA)]));
  });
});
