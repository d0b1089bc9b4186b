import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Fix } from '../fix.ts';
import { GpsdReader } from './gpsd-reader.ts';

/** Reports of gpsd 3.22. */
const VERSION = '{"class":"VERSION","release":"3.22","rev":"3.22","proto_major":3,"proto_minor":14}';
const DEVICES =
  '{"class":"DEVICES","devices":[{"class":"DEVICE","path":"/dev/ttyACM0","driver":"u-blox","activated":"2024-07-15T16:20:00.000Z"}]}';
const SKY =
  '{"class":"SKY","device":"/dev/ttyACM0","hdop":1.1,"nSat":12,"uSat":8,"satellites":[{"PRN":2,"el":45.0,"az":120.0,"ss":38.0,"used":true}]}';
const TPV = {
  class: 'TPV',
  device: '/dev/ttyACM0',
  status: 2,
  mode: 3,
  time: '2024-07-15T16:20:16.000Z',
  lat: 43.328933683,
  lon: -8.408309567,
  altHAE: 230.6,
  altMSL: 176,
  alt: 176,
  track: 84.4,
  speed: 5.7618,
};

const EXPECTED: Fix = {
  latitude: 43.328933683,
  longitude: -8.408309567,
  altitudeM: 176,
  speedKmh: expect.closeTo(20.74248, 9) as number,
  courseDeg: 84.4,
  time: new Date('2024-07-15T16:20:16Z'),
  receivedAtMs: 7,
};

const tpv = (changes: Readonly<Record<string, unknown>> = {}) => JSON.stringify({ ...TPV, ...changes });

function read(...lines: readonly string[]): Fix[] {
  return new GpsdReader().push(Buffer.from(lines.map((line) => `${line}\r\n`).join('')), 7).fixes as Fix[];
}

function explained(...lines: readonly string[]): string {
  const reader = new GpsdReader();
  reader.push(Buffer.from(lines.map((line) => `${line}\r\n`).join('')));
  return reader.explain();
}

describe('a report of gpsd', () => {
  it('is a fix with position, height above the sea, speed in km/h, course and time', () => {
    expect(read(VERSION, DEVICES, SKY, tpv())).toEqual([EXPECTED]);
  });

  it.each<[string, Readonly<Record<string, unknown>>, Partial<Fix>]>([
    ['of gpsd before 3.20', { altHAE: undefined, altMSL: undefined }, { altitudeM: 176 }],
    ['in two dimensions', { mode: 2, altMSL: undefined, alt: undefined }, { altitudeM: null }],
    ['without a status', { status: undefined }, {}],
    ['of a combination with dead reckoning', { status: 6 }, {}],
    ['without speed and course', { speed: undefined, track: undefined }, { speedKmh: null, courseDeg: null }],
    ['with a speed that is text', { speed: 'fast' }, { speedKmh: null }],
    ['with a speed below zero', { speed: -1 }, { speedKmh: null }],
    ['with a course of 360°', { track: 360 }, { courseDeg: 0 }],
    ['without a time', { time: undefined }, { time: null }],
    ['with a time that does not exist', { time: '2024-13-32T25:00:00Z' }, { time: null }],
    ['with a name that is new', { jam: 12 }, {}],
  ])('%s is a fix', (_, changes, expected) => {
    expect(read(tpv(changes))).toEqual([{ ...EXPECTED, ...expected }]);
  });

  it.each([
    ['without a mode', { mode: undefined }],
    ['without a fix', { mode: 1 }],
    ['of dead reckoning', { status: 5 }],
    ['of a surveyed position', { status: 7 }],
    ['of a simulator', { status: 8 }],
    ['without a latitude', { lat: undefined }],
    ['with a longitude beyond the date line', { lon: 180.1 }],
    ['with a latitude that is text', { lat: '43.3' }],
    ['with zeros in place of a position', { lat: 0, lon: 0 }],
  ])('%s is none', (_, changes) => {
    expect(read(tpv(changes))).toEqual([]);
  });

  it('is read with any chunk boundaries, and among whatever is no report', () => {
    const stream = [VERSION, tpv(), 'noise', '{"class":"TPV"', '[1]', 'null', SKY, `~~${tpv()}`, ''].join(
      '\r\n',
    );
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 20 }), (cuts) => {
        const ends = [...cuts.sort((a, b) => a - b), stream.length];
        const reader = new GpsdReader();
        const fixes = ends.flatMap(
          (end, i) => reader.push(Buffer.from(stream.slice(ends[i - 1] ?? 0, end)), 7).fixes,
        );
        expect(fixes).toEqual([EXPECTED, EXPECTED]);
      }),
    );
  });

  it('never throws, and is never a fix outside of the earth, whatever its values', () => {
    const names = fc.constantFrom(...Object.keys(TPV), 'devices', 'satellites', 'nSat', '__proto__');
    const classes = fc.constantFrom('TPV', 'SKY', 'DEVICES', 'ERROR', 'toString', '');
    fc.assert(
      fc.property(classes, fc.dictionary(names, fc.jsonValue()), (name, changes) => {
        for (const fix of read(tpv({ ...changes, class: name }))) {
          expect(Math.abs(fix.latitude)).toBeLessThanOrEqual(90);
          expect(Math.abs(fix.longitude)).toBeLessThanOrEqual(180);
        }
      }),
    );
  });

  it('does not accumulate an endless line in memory', () => {
    const reader = new GpsdReader();
    const chunk = Buffer.alloc(65_536, 'x');
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 2000; i++) reader.push(chunk);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000);
    expect(reader.push(Buffer.from(`\r\n${tpv()}\r\n`)).fixes).toHaveLength(1);
  });
});

describe('gpsd', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is asked for reports, and every few seconds for its devices until the connection ends', () => {
    const sent: string[] = [];
    const reader = new GpsdReader();
    reader.start((bytes) => sent.push(bytes.toString()));
    vi.advanceTimersByTime(10_000);
    reader.stop();
    vi.advanceTimersByTime(10_000);
    expect(sent).toEqual(['?WATCH={"enable":true,"json":true};\n', '?DEVICES;\n', '?DEVICES;\n']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['any report', VERSION, 'gpsd'],
    ['NMEA', '$GNRMC,162016.00,V,,,,,,,150724,,,N*64', undefined],
    ['JSON of something else', '{"type":"TPV"}', undefined],
  ])('is recognised by %s as %s', (_, line, expected) => {
    expect(new GpsdReader().push(Buffer.from(`${line}\r\n`)).protocol).toBe(expected);
  });
});

describe('the explanation of a missing position', () => {
  it.each([
    ['SSH-2.0-OpenSSH_9.2', 'what responds is not gpsd: check host and port in serial_port'],
    [
      '{"class":"DEVICES","devices":[]}',
      'gpsd has no receiver: plug it in, or add it to DEVICES in /etc/default/gpsd',
    ],
    [DEVICES, 'gpsd receives nothing from its receiver /dev/ttyACM0: is it switched on?'],
    ['{"class":"ERROR","message":"Device is busy"}', 'gpsd reports an error: Device is busy'],
    [tpv({ mode: 1 }), 'the receiver of gpsd has no fix: 12 satellites in view, 8 used: check its antenna'],
    [tpv({ status: 8 }), 'the position of gpsd is estimated, entered by hand or simulated'],
    [tpv({ lat: undefined }), 'gpsd reports a fix without a latitude and longitude'],
  ])('after %s is: %s', (line, expected) => {
    expect(explained(...(line.includes('TPV') ? [SKY] : []), line)).toContain(expected);
  });

  it('counts the satellites of gpsd before 3.20', () => {
    const sky = '{"class":"SKY","satellites":[{"PRN":2,"used":true},{"PRN":5,"used":false},{"PRN":7}]}';
    expect(explained(sky, tpv({ mode: 1 }))).toContain('3 satellites in view, 1 used');
  });
});
