import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nmeaSentences, sentence } from './nmea-writer.ts';

const lighthouse = {
  latitude: 43.385833,
  longitude: -8.406483,
  altitudeM: 57,
  courseDeg: 84.4,
  speedKmh: 41.4848,
};
const time = new Date('2026-03-01T12:35:19.128Z');

/** Fields of a sentence, after verifying its checksum. */
function checkedFields(line: string): string[] {
  const [, body = '', checksum] = /^\$([^*$\r\n]*)\*([0-9A-F]{2})\r\n$/.exec(line) ?? [];
  let sum = 0;
  for (const character of body) sum ^= character.charCodeAt(0);
  expect(parseInt(checksum ?? '', 16)).toBe(sum);
  return body.split(',');
}

const degrees = (field = '', letter = '') => {
  const [, whole, minutes] = /^(\d{2,3})([0-5]\d\.\d{5,})$/.exec(field) ?? [];
  return (Number(whole) + Number(minutes) / 60) * (letter === 'S' || letter === 'W' ? -1 : 1);
};

describe('a sentence', () => {
  it('has the checksum of a well-known example', () => {
    const body = 'GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W';
    expect(sentence(body)).toBe(`$${body}*6A\r\n`);
  });
});

describe('a receiver with a fix', () => {
  const [rmc = [], gga = [], gsa = []] = nmeaSentences({ position: lighthouse, time }).map(checkedFields);

  it('has time, date, position, speed in knots and course in RMC', () => {
    expect(rmc.slice(0, 3)).toEqual(['GNRMC', '123519.12', 'A']);
    expect(rmc.slice(3, 7)).toEqual(['4323.149980', 'N', '00824.388980', 'W']);
    expect(rmc.slice(7, 10)).toEqual(['22.400', '84.40', '010326']);
    expect(rmc[12]).toBe('A');
  });

  it('has the same position, its altitude and quality 1 in GGA', () => {
    expect(gga.slice(0, 2)).toEqual(['GNGGA', '123519.12']);
    expect(gga.slice(2, 6)).toEqual(rmc.slice(3, 7));
    expect(gga.slice(6, 11)).toEqual(['1', '09', '0.9', '57.0', 'M']);
    expect(gga).toHaveLength(15);
  });

  it('has a 3D fix in GSA', () => {
    expect(gsa.slice(0, 3)).toEqual(['GNGSA', 'A', '3']);
    expect(gsa).toHaveLength(18);
  });

  it('uses the talker GP if configured', () => {
    expect(nmeaSentences({ position: lighthouse, time }, 'GP').map((line) => line.slice(0, 6))).toEqual([
      '$GPRMC',
      '$GPGGA',
      '$GPGSA',
    ]);
  });

  it('is accurate to a centimetre everywhere on earth, and never has 60 minutes', () => {
    const inBillionths = (min: number, max: number) =>
      fc.integer({ min: min * 1e9, max: max * 1e9 }).map((billionths) => billionths / 1e9);
    const anywhere = fc.record({
      latitude: inBillionths(-90, 90),
      longitude: inBillionths(-180, 180),
      altitudeM: inBillionths(-400, 8000),
      courseDeg: inBillionths(0, 359.999999999),
      speedKmh: inBillionths(0, 60),
    });
    const justBelow = { ...lighthouse, latitude: 42.99999999999, longitude: -9 + 1e-12, courseDeg: 359.999 };
    fc.assert(
      fc.property(
        anywhere,
        fc.date({ min: new Date(946684800000), max: new Date(2524608000000), noInvalidDate: true }),
        (position, when) => {
          const [fields = []] = nmeaSentences({ position, time: when }).map(checkedFields);
          expect(degrees(fields[3], fields[4])).toBeCloseTo(position.latitude, 7);
          expect(degrees(fields[5], fields[6])).toBeCloseTo(position.longitude, 7);
          expect(Number(fields[7]) * 1.852).toBeCloseTo(position.speedKmh, 2);
          expect(Number(fields[8])).toBeLessThan(360);
        },
      ),
      { examples: [[justBelow, time]] },
    );
  });
});

describe('a receiver without a fix', () => {
  it('has the time, status V, quality 0 and mode 1, and no position', () => {
    const [rmc = [], gga = [], gsa = []] = nmeaSentences({ position: undefined, time }).map(checkedFields);
    expect(rmc).toEqual(['GNRMC', '123519.12', 'V', '', '', '', '', '', '', '010326', '', '', 'N']);
    expect(gga.slice(0, 8)).toEqual(['GNGGA', '123519.12', '', '', '', '', '0', '00']);
    expect(gga).toHaveLength(15);
    expect(gsa.slice(0, 4)).toEqual(['GNGSA', 'A', '1', '']);
    expect(gsa).toHaveLength(18);
  });
});

describe('an estimate of a receiver before NMEA 2.3', () => {
  it('shows in GGA alone, and the others have no mode', () => {
    const types = ['GGA', 'RMC', 'GLL', 'VTG'] as const;
    const measurement = { position: lighthouse, time, isEstimated: true, isOnlyInGga: true };
    const [gga, rmc, gll, vtg] = nmeaSentences(measurement, 'GP', types).map(checkedFields);
    expect(gga?.[6]).toBe('6');
    expect([rmc?.length, gll?.length, vtg?.length]).toEqual([12, 7, 9]);
    expect([rmc?.[2], gll?.[6]]).toEqual(['A', 'A']);
  });
});

describe('a fix of a receiver', () => {
  const read = (measurement: Parameters<typeof nmeaSentences>[0], hasModes = true) =>
    nmeaSentences(measurement, 'GN', ['RMC', 'GGA', 'GSA', 'GNS', 'GLL', 'VTG'], hasModes).map(checkedFields);

  it('in two dimensions has no altitude, and without speed and course leaves both out', () => {
    const flat = {
      ...lighthouse,
      altitudeM: undefined,
      speedKmh: undefined,
      courseDeg: undefined,
      isFlat: true,
    };
    const [rmc, gga, gsa, gns, , vtg] = read({ position: { ...flat, isFlat: true }, time });
    expect([gga?.[9], gns?.[9], gsa?.[2]]).toEqual(['', '', '2']);
    expect(rmc?.slice(7, 9)).toEqual(['', '']);
    expect(vtg).toEqual(['GNVTG', '', 'T', '', 'M', '', 'N', '', 'K', 'A']);
  });

  it('that is the last known one has a status that says so', () => {
    const [rmc, gga, , gns, gll, vtg] = read({
      position: lighthouse,
      time,
      isEstimated: true,
      isLastKnown: true,
    });
    expect([rmc?.[2], rmc?.[12], rmc?.[3]]).toEqual(['V', 'N', '4323.149980']);
    expect([gga?.[6], gns?.[6], gll?.[6], gll?.[7], vtg?.[9]]).toEqual(['0', 'NN', 'V', 'N', 'N']);
  });

  it('before NMEA 2.3 has no modes but in GNS', () => {
    const [rmc, , , gns, gll, vtg] = read({ position: lighthouse, time }, false);
    expect([rmc?.length, gll?.length, vtg?.length]).toEqual([12, 7, 9]);
    expect(gns?.[6]).toBe('AA');
    const [noFix, , , , noGll, noVtg] = read({ position: undefined, time }, false);
    expect([noFix?.length, noGll?.length, noVtg?.length]).toEqual([12, 7, 9]);
  });
});

describe('other sentences', () => {
  const types = ['ZDA', 'GNS', 'GLL', 'VTG'] as const;

  it('have date, position, altitude, speed and course', () => {
    const lines = nmeaSentences({ position: lighthouse, time }, 'GN', types).map(checkedFields);
    const [zda = [], gns = [], gll = [], vtg = []] = lines;
    expect(zda).toEqual(['GNZDA', '123519.12', '01', '03', '2026', '00', '00']);
    expect(gns.slice(1, 10)).toEqual([
      '123519.12',
      '4323.149980',
      'N',
      '00824.388980',
      'W',
      'AA',
      '09',
      '0.9',
      '57.0',
    ]);
    expect(gns).toHaveLength(13);
    expect(gll).toEqual(['GNGLL', '4323.149980', 'N', '00824.388980', 'W', '123519.12', 'A', 'A']);
    expect(vtg).toEqual(['GNVTG', '84.40', 'T', '', 'M', '22.400', 'N', '41.485', 'K', 'A']);
  });

  it('have no position without a fix, and the mode of an estimate', () => {
    const noFix = nmeaSentences({ position: undefined, time }, 'GN', types).map(checkedFields);
    expect(noFix.map((fields) => fields[6])).toEqual(['00', 'NN', 'V', 'N']);
    const all = ['RMC', 'GGA', ...types] as const;
    const estimated = nmeaSentences({ position: lighthouse, time, isEstimated: true }, 'GN', all).map(
      checkedFields,
    );
    expect([
      estimated[0]?.[12],
      estimated[1]?.[6],
      estimated[3]?.[6],
      estimated[4]?.[7],
      estimated[5]?.[9],
    ]).toEqual(['E', '6', 'EE', 'E', 'E']);
  });
});
