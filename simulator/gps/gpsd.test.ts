import { describe, expect, it } from 'vitest';
import { VirtualGpsd } from './gpsd.ts';

const position = { latitude: 43.385833, longitude: -8.406483, altitudeM: 57, courseDeg: 84, speedKmh: 18 };
const time = new Date('2026-03-01T12:00:00Z');
const WATCH = Buffer.from('?WATCH={"enable":true,"json":true};\n');

const parse = (bytes: Buffer | undefined) =>
  String(bytes ?? '')
    .split('\r\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as object);

describe('the virtual gpsd', () => {
  it('reports nothing before a client watches, and nothing to the next one before that watches too', () => {
    const gpsd = new VirtualGpsd();
    expect(gpsd.report({ position, time })).toBeUndefined();
    gpsd.receive(WATCH);
    expect(gpsd.report({ position, time })).toBeDefined();
    gpsd.connect();
    expect(gpsd.report({ position, time })).toBeUndefined();
  });

  it('lists its receiver when it is watched or asked, and refuses other commands', () => {
    const gpsd = new VirtualGpsd();
    expect(parse(gpsd.receive(WATCH))).toMatchObject([{ class: 'DEVICES' }, { class: 'WATCH' }]);
    expect(parse(gpsd.receive(Buffer.from('?DEVI')))).toEqual([]);
    expect(parse(gpsd.receive(Buffer.from('CES;\n')))).toMatchObject([{ class: 'DEVICES' }]);
    expect(parse(gpsd.receive(Buffer.from('?NONSENSE;\n')))).toMatchObject([{ class: 'ERROR' }]);
  });

  it('reports degrees, metres and metres a second', () => {
    const gpsd = new VirtualGpsd();
    gpsd.receive(WATCH);
    expect(parse(gpsd.report({ position, time }))).toMatchObject([
      { class: 'SKY', nSat: 12, uSat: 9 },
      { class: 'TPV', mode: 3, lat: 43.385833, lon: -8.406483, altMSL: 57, track: 84, speed: 5 },
    ]);
    expect(parse(gpsd.report({ position, time, isEstimated: true }))).toMatchObject([
      { class: 'SKY' },
      { status: 5, mode: 3 },
    ]);
    expect(parse(gpsd.report({ position: undefined, time }))).toEqual([
      { class: 'SKY', device: '/dev/ttyUSB1', nSat: 12, uSat: 0 },
      { class: 'TPV', device: '/dev/ttyUSB1', time: '2026-03-01T12:00:00.000Z', mode: 1 },
    ]);
  });

  it('leaves out what the receiver does not know', () => {
    const gpsd = new VirtualGpsd();
    gpsd.receive(WATCH);
    const unknown = { altitudeM: undefined, courseDeg: undefined, speedKmh: undefined };
    const [sky, tpv] = parse(gpsd.report({ position: { ...position, ...unknown, isFlat: true }, time }));
    expect(sky).toMatchObject({ uSat: 3 });
    expect(tpv).toMatchObject({ mode: 2, lat: 43.385833 });
    for (const name of ['altMSL', 'alt', 'speed', 'track']) expect(tpv).not.toHaveProperty(name);
  });

  it('greets, and tells by an empty list or an error that it has no receiver', () => {
    const gpsd = new VirtualGpsd();
    expect(parse(gpsd.connect())).toMatchObject([{ class: 'VERSION' }]);
    expect(parse(gpsd.receive(WATCH, 'list'))[0]).toEqual({ class: 'DEVICES', devices: [] });
    gpsd.connect();
    expect(parse(gpsd.receive(WATCH, 'error'))).toMatchObject([{ class: 'ERROR' }]);
    expect(gpsd.report({ position, time })).toBeUndefined();
  });
});
