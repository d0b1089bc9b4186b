import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fix } from '../fix.ts';
import { NmeaReader } from './nmea-reader.ts';

const RMC = '$GPRMC,162016.00,A,4319.736021,N,00824.498574,W,011.2,084.4,150724,,,A*42\r\n';
const GGA = '$GPGGA,162016.00,4319.736021,N,00824.498574,W,1,08,0.9,176.0,M,54.6,M,,*79\r\n';
const OTHERS =
  '$GPGSA,A,3,02,05,07,13,,,,,,,,,1.6,0.9,1.3*3C\r\n$GPGSV,1,1,02,02,45,120,38,05,12,310,22*74\r\n';
const NO_FIX = '$GNRMC,162016.00,V,,,,,,,150724,,,N*64\r\n$GNGGA,162016.00,,,,,0,00,99.9,,M,,M,,*43\r\n';

const EXPECTED_FIX: Fix = {
  latitude: 43.32893368333333,
  longitude: -8.408309566666667,
  altitudeM: 176,
  speedKmh: 20.7424,
  courseDeg: 84.4,
  time: new Date('2024-07-15T16:20:16Z'),
  receivedAtMs: 7,
};

/** Returns a sentence with the right checksum. */
function sentence(body: string): string {
  const sum = Buffer.from(body, 'latin1').reduce((xor, byte) => xor ^ byte, 0);
  return `$${body}*${sum.toString(16).padStart(2, '0')}\r\n`;
}

type Changes = Record<number, string>;

const RMC_FIELDS = 'GNRMC,162001.00,A,4319.100001,N,00824.498574,W,5.0,84.40,150724,,,A'.split(',');
const GGA_FIELDS = 'GNGGA,162001.00,4319.100001,N,00824.498574,W,1,08,0.9,17.5,M,54.6,M,,'.split(',');

const rmc = (changes: Changes = {}) => sentence(Object.assign([...RMC_FIELDS], changes).join(','));
const gga = (changes: Changes = {}) => sentence(Object.assign([...GGA_FIELDS], changes).join(','));

/** Returns the sentences of one measurement, with some fields replaced. */
function measurement(second: number, changes: { rmc?: Changes; gga?: Changes } = {}): string {
  const time = `1620${String(second).padStart(2, '0')}.00`;
  const minutes = `4319.${String(100_000 + second)}`;
  return rmc({ 1: time, 3: minutes, ...changes.rmc }) + gga({ 1: time, 2: minutes, ...changes.gga });
}

/** A sentence of a later measurement, without a fix: what a receiver sends afterwards. */
const LATER = sentence('GNRMC,162059.00,V,,,,,,,150724,,,N');

function read(...chunks: (string | Buffer)[]): Fix[] {
  const reader = new NmeaReader();
  return chunks.flatMap(
    (chunk) => reader.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk, 'latin1'), 7).fixes,
  );
}

describe('a fix', () => {
  it('is an RMC and a GGA of one measurement, with km/h, signed degrees and UTC', () => {
    expect(read(RMC, GGA)).toEqual([EXPECTED_FIX]);
  });

  it('is complete in either order, among other sentences, and with any line ends', () => {
    expect(read(GGA + RMC)).toEqual([EXPECTED_FIX]);
    expect(read(OTHERS + RMC + OTHERS + GGA + OTHERS)).toEqual([EXPECTED_FIX]);
    expect(read((RMC + GGA).replaceAll('\r\n', '\n'))).toEqual([EXPECTED_FIX]);
    expect(read((RMC + GGA).replaceAll('\r\n', '\r'))).toEqual([EXPECTED_FIX]);
    expect(read((RMC + GGA).replaceAll('\r\n', '\r\r\n\n'))).toEqual([EXPECTED_FIX]);
  });

  it('is reported once by a receiver that repeats its sentences for several satellite systems', () => {
    expect(read(RMC + RMC + GGA + GGA)).toEqual([EXPECTED_FIX]);
  });

  it('has an age counted from the sentence with its position', () => {
    const reader = new NmeaReader();
    reader.push(Buffer.from(RMC), 1000);
    expect(reader.push(Buffer.from(GGA), 1250).fixes).toMatchObject([{ receivedAtMs: 1000 }]);
  });

  it('needs no course: a receiver at rest leaves it out', () => {
    expect(read(measurement(1, { rmc: { 8: '' } }))).toMatchObject([{ courseDeg: null, speedKmh: 9.26 }]);
  });

  it('may be in any hemisphere and below sea level, with north as 0', () => {
    const southEast = { 4: 'S', 6: 'E', 8: '360.0' };
    expect(read(measurement(1, { rmc: southEast, gga: { 3: 'S', 5: 'E', 9: '-3.2' } }))).toMatchObject([
      { latitude: -43.31833335, longitude: 8.408309566666667, altitudeM: -3.2, courseDeg: 0 },
    ]);
  });

  it('has the date of the receiver, over midnight too, whatever the computer clock says', () => {
    const late = measurement(59, { rmc: { 1: '235959.50', 9: '290224' }, gga: { 1: '235959.50' } });
    expect(read(late)).toMatchObject([{ time: new Date('2024-02-29T23:59:59.5Z') }]);
  });
});

describe('a position', () => {
  const HERE = { latitude: 43.31833335, longitude: -8.408309566666667 };

  it.each<[string, string, Partial<Fix>]>([
    ['GGA has one field more', gga({ 15: '' }), { altitudeM: 17.5 }],
    ['GGA has seven fields more', gga({ 21: 'x' }), { altitudeM: 17.5 }],
    ['RMC has four fields more', rmc({ 13: 'V', 14: '', 15: '', 16: '' }), { speedKmh: 9.26 }],
    ['RMC has no fields after the date', sentence(RMC_FIELDS.slice(0, 10).join(',')), {}],
    ['GGA lacks its last two fields', sentence(GGA_FIELDS.slice(0, 13).join(',')), { altitudeM: 17.5 }],
    ['GGA has no altitude', gga({ 9: '', 10: '', 11: '', 12: '' }), { altitudeM: null }],
    ['the altitude has another unit', gga({ 10: 'F' }), { altitudeM: null }],
    ['the altitude is odd', gga({ 9: '1x.5' }), { altitudeM: null }],
    ['RMC has no speed', rmc({ 7: '' }), { speedKmh: null, courseDeg: 84.4 }],
    ['the speed is negative', rmc({ 7: '-5.0' }), { speedKmh: null }],
    ['the course is beyond the circle', rmc({ 8: '361.0' }), { courseDeg: null, speedKmh: 9.26 }],
    ['RMC has no date', rmc({ 9: '' }), { time: null }],
    ['the date is the 31st of February', rmc({ 9: '310224' }), { time: null }],
    ['the date is in the 13th month', rmc({ 9: '011324' }), { time: null }],
    ['the date is that of a receiver without time', rmc({ 9: '060180' }), { time: null }],
    ['there is no time', rmc({ 1: '' }), { time: null, speedKmh: 9.26 }],
    ['the time is 25 o’clock', rmc({ 1: '250000.00' }), { time: null }],
    ['the mode is unknown', rmc({ 12: 'Q' }), {}],
    ['the status is D, as a receiver with corrections has it', rmc({ 2: 'D' }), {}],
    ['the quality is 9', gga({ 6: '9' }), {}],
    ['RMC is void beside a valid GGA', rmc({ 2: 'V' }) + gga(), { altitudeM: 17.5, speedKmh: null }],
    ['GGA is void beside a valid RMC', rmc() + gga({ 6: '0' }), { altitudeM: null, speedKmh: 9.26 }],
    ['GGA has another position', rmc() + gga({ 2: '4320.100001' }), { altitudeM: 17.5 }],
    ['only GLL has it', sentence('GPGLL,4319.100001,N,00824.498574,W,162001.00,A'), { time: null }],
    [
      'only GNS has it',
      sentence('GNGNS,162001.00,4319.100001,N,00824.498574,W,NA,08,0.9,17.5,54.6,,'),
      { altitudeM: 17.5 },
    ],
    ['its degrees have no leading zeros', rmc({ 5: '824.498574' }), {}],
    ['spaces follow the checksum', rmc().replace('\r\n', '  \r\n'), {}],
  ])('is taken although %s', (_, text, expected) => {
    expect(read(text + LATER)).toMatchObject([{ ...HERE, ...expected }]);
  });

  it('is kept in a leap second, as the first moment of the next day', () => {
    const leap = { 1: '235960.00' };
    expect(read(rmc({ ...leap, 9: '311216' }) + gga(leap))).toMatchObject([
      { ...HERE, time: new Date('2017-01-01T00:00:00Z') },
    ]);
  });

  it('is kept, with its time, in every second of a day that may exist', () => {
    const two = (value: number) => String(value).padStart(2, '0');
    fc.assert(
      fc.property(fc.nat(23), fc.nat(59), fc.nat(60), fc.nat(99), (hours, minutes, seconds, hundredths) => {
        const time = `${two(hours)}${two(minutes)}${two(seconds)}.${two(hundredths)}`;
        const expected = new Date(Date.UTC(2024, 6, 15, hours, minutes, seconds, hundredths * 10));
        expect(read(rmc({ 1: time }) + gga({ 1: time }))).toMatchObject([{ ...HERE, time: expected }]);
      }),
    );
  });

  it('has speed and course of VTG, and the date of ZDA', () => {
    const vtg = sentence('GPVTG,84.4,T,,M,5.0,N,9.3,K,A');
    const zda = sentence('GPZDA,162001.00,15,07,2024,00,00');
    expect(read(gga() + zda + vtg)).toMatchObject([
      { ...HERE, speedKmh: 9.26, courseDeg: 84.4, time: new Date('2024-07-15T16:20:01Z') },
    ]);
  });

  it('has no date of a ZDA from a receiver that does not know the time', () => {
    const zda = sentence('GPZDA,162001.00,06,01,1980,00,00');
    expect(read(gga() + zda, LATER)).toMatchObject([{ ...HERE, time: null }]);
  });

  it('has the date of an earlier sentence, over midnight too', () => {
    const before = rmc({ 1: '235959.00', 9: '310724' });
    const after = gga({ 1: '000001.00' });
    expect(read(before + after + LATER).map(({ time }) => time?.toISOString())).toEqual([
      '2024-07-31T23:59:59.000Z',
      '2024-08-01T00:00:01.000Z',
    ]);
  });

  it('is reported with the last sentence of its measurement, from the second one on', () => {
    const reader = new NmeaReader();
    const at = (second: number, text: string) =>
      reader.push(Buffer.from(text), second * 1000).fixes.map(({ receivedAtMs }) => receivedAtMs);
    const gll = (second: number) => sentence(`GPGLL,4319.100001,N,00824.498574,W,16200${second}.00,A`);
    expect(at(1, gll(1))).toEqual([]);
    expect(at(2, gll(2))).toEqual([1000, 2000]);
    expect(at(3, gll(3))).toEqual([3000]);
  });

  it('is reported at once, once each, by a receiver that sends one sentence a second, of changing types', () => {
    const reader = new NmeaReader();
    const delays = Array.from({ length: 12 }, (_, second) => {
      const time = { 1: `1620${String(second).padStart(2, '0')}.00` };
      const text = second % 2 === 0 ? rmc(time) : gga(time);
      const { fixes } = reader.push(Buffer.from(text), second * 1000);
      return fixes.map(({ receivedAtMs }) => second * 1000 - receivedAtMs);
    });
    // Each type has to be seen once to know that it ends a measurement.
    expect(delays.slice(0, 3)).toEqual([[], [1000], [1000, 0]]);
    expect(delays.slice(3)).toEqual(Array(9).fill([0]));
  });

  it('does not wait for a sentence that is lost, unless that is the last one', () => {
    const reader = new NmeaReader();
    const at = (second: number, text: string) =>
      reader.push(Buffer.from(text), second * 1000).fixes.map(({ time }) => time?.getUTCSeconds());
    expect(at(1, measurement(1))).toEqual([1]);
    expect(at(2, measurement(2))).toEqual([2]);
    expect(at(3, gga({ 1: '162003.00' }))).toEqual([3]);
    expect(at(4, rmc({ 1: '162004.00' }))).toEqual([]);
    expect(at(5, measurement(5))).toEqual([4, 5, 5]);
    expect(at(6, measurement(6))).toEqual([6]);
  });

  it('is reported once a measurement, and again if more of it becomes known', () => {
    const start = rmc({ 1: '162000.00' });
    const altitudes = read(start, rmc(), gga(), gga(), LATER).map(({ altitudeM }) => altitudeM);
    expect(altitudes).toEqual([null, null, 17.5]);
  });

  it('is new every few seconds if the clock of the receiver stands still', () => {
    const reader = new NmeaReader();
    const ages = Array.from({ length: 12 }, (_, second) =>
      reader.push(Buffer.from(rmc() + gga()), second * 1000).fixes.map(({ receivedAtMs }) => receivedAtMs),
    );
    expect(ages.flat()).toEqual([0, 3000, 6000, 9000]);
  });
});

describe('a receiver that people report', () => {
  it.each([
    ['Quectel L76K', '$GNRMC,060512.00,A,3150.788156,N,11711.922383,E,0.0,,311019,,,A,V*1B', 31.846469],
    ['u-blox NEO-6M', '$GPRMC,193517.00,A,4837.99895,N,01301.58584,E,0.793,,111020,,,A*7D', 48.633316],
    ['with GGA of 13 fields', '$GPGGA,033016,1227.2470,S,13050.8514,E,2,6,0.9,11.8,M,,M*4A', -12.454117],
    [
      'with many decimals',
      '$GPGGA,172720.00,4654.4699364,N,11944.6111656,W,2,10,1.0,371.191,M,-17.542,M,6.0,0131*78',
      46.907832,
    ],
    ['with GLL of NMEA 2.2', '$GPGLL,5000.05254,N,04500.02356,E,090037.059,A*35', 50.000876],
    ['with the status L', '$GPRMC,150449.000,L,4239.5210,N,02318.7727,E,39.75,326.93,040915,,*38', undefined],
    ['SIMCom A7670 without a fix', '$GNGGA,172922.00,,,,,0,00,99.99,,,,,,*75', undefined],
  ])('%s is read', (_, line, latitude) => {
    const [fix] = read(`${line}\r\n`, LATER);
    if (latitude === undefined) expect(fix).toBeUndefined();
    else expect(fix?.latitude).toBeCloseTo(latitude, 6);
  });
});

describe('no position', () => {
  const nowhere = { rmc: { 3: '0000.0000', 5: '00000.0000' }, gga: { 2: '0000.0000', 4: '00000.0000' } };

  it.each([
    ['a receiver that reports none', NO_FIX],
    ['status V, though the fields are filled', rmc({ 2: 'V' })],
    ['an unknown status', rmc({ 2: 'L' })],
    ['mode N, though the status is A', rmc({ 12: 'N' })],
    ['an estimate by dead reckoning', rmc({ 12: 'E' })],
    ['a position entered by hand', rmc({ 12: 'M' })],
    ['a simulator', rmc({ 12: 'S' })],
    ['quality 0', gga({ 6: '0' })],
    ['an empty quality', gga({ 6: '' })],
    ['quality 6, estimated', gga({ 6: '6' })],
    ['quality 7, manual', gga({ 6: '7' })],
    ['quality 8, simulated', gga({ 6: '8' })],
    [
      'quality 6 beside a status A without a mode',
      sentence(RMC_FIELDS.slice(0, 10).join(',')) + gga({ 6: '6' }),
    ],
    ['quality 8 before a status A', gga({ 6: '8' }) + rmc()],
    ['GNS without a satellite system in use', sentence('GNGNS,162001.00,4319.1,N,00824.4,W,NN,00,9.9,,,,')],
    ['GNS that is estimated', sentence('GNGNS,162001.00,4319.1,N,00824.4,W,EN,00,9.9,,,,')],
    ['GLL that is void', sentence('GPGLL,4319.1,N,00824.4,W,162001.00,V,N')],
    ['GLL without a status', sentence('GPGLL,4319.1,N,00824.4,W')],
    ['no hemisphere', rmc({ 6: '' })],
    ['a hemisphere that does not exist', rmc({ 4: 'E' })],
    ['a latitude beyond the pole', rmc({ 3: '9000.1' })],
    ['a longitude beyond the date line', rmc({ 5: '18000.1' })],
    ['60 minutes of arc', rmc({ 3: '4360.0' })],
    ['a latitude with letters in it', rmc({ 3: '4319.1x' })],
    ['zeros in place of a position', rmc(nowhere.rmc) + gga(nowhere.gga)],
    ['no checksum', (rmc() + gga()).replaceAll(/\*../g, '')],
    ['a wrong checksum', (RMC + GGA).replaceAll('*4', '*5').replaceAll('*7', '*8')],
    ['a type named like a property of every object', sentence('GPtoString,1') + sentence('GPCONSTRUCTOR,1')],
    ['a type that only resembles RMC', measurement(1).replaceAll('GNRMC', 'GNXRMC').replaceAll('GGA', 'GGB')],
  ])('results from %s', (_, text) => {
    expect(read(text, text, LATER)).toEqual([]);
  });
});

describe('valid NMEA', () => {
  it.each([
    ['a fix', RMC + GGA],
    ['a sentence without a fix', NO_FIX],
    ['a sentence of another type', OTHERS],
    ['a proprietary sentence', sentence('PUBX,00,162016.00')],
  ])('is %s', (_, text) => {
    expect(new NmeaReader().push(Buffer.from(text)).protocol).toBe('nmea');
  });

  it.each([
    ['half a sentence', RMC.slice(0, 40)],
    ['a damaged sentence', OTHERS.replaceAll('GSA,A', 'GSA,B').replaceAll('GSV,1', 'GSV,2')],
    ['a response of a modem', 'AT+CGPS?\r\r\n+CGPS: 1,1\r\n\r\nOK\r\n'],
    ['a login prompt', '\r\nraspberrypi login: $ *00\r\n'],
  ])('is not %s', (_, text) => {
    expect(new NmeaReader().push(Buffer.from(text)).protocol).toBeUndefined();
  });
});

describe('a damaged stream', () => {
  const stream = [1, 2, 3, 4].map((second) => measurement(second) + OTHERS).join('');
  const expected = read(stream);
  /** Garbage of arbitrary bytes, and of characters used in sentences. */
  const garbage = fc.oneof(
    fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
    fc
      .string({ unit: fc.constantFrom(...Array.from('$*,.\r\nGPRMCA0123456789')), maxLength: 400 })
      .map((text) => Buffer.from(text)),
  );

  it('contains four fixes when undamaged', () => {
    expect(expected.map(({ time }) => time?.getUTCSeconds())).toEqual([1, 2, 3, 4]);
  });

  it('yields the same fixes with any chunk boundaries', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 40 }), (cuts) => {
        const ends = [...cuts.sort((a, b) => a - b), stream.length];
        const chunks = ends.map((end, i) => stream.slice(ends[i - 1] ?? 0, end));
        expect(read(...chunks)).toEqual(expected);
      }),
    );
    expect(read(...Array.from(stream))).toEqual(expected);
  });

  it('loses no fix and gains none by garbage between sentences', () => {
    const sentences = stream.split(/(?<=\r\n)/).map((line) => Buffer.from(line));
    fc.assert(
      fc.property(
        fc.array(garbage, { minLength: sentences.length, maxLength: sentences.length }),
        (between) => {
          const dirty = Buffer.concat(sentences.flatMap((line, i) => [between[i] ?? Buffer.alloc(0), line]));
          expect(read(dirty)).toEqual(expected);
        },
      ),
    );
  });

  it('yields no wrong fix if a character is changed, lost or inserted', () => {
    const bytes = Buffer.from(stream);
    const damage = fc.record({ at: fc.nat(bytes.length - 1), cut: fc.nat(1), put: fc.option(fc.nat(255)) });
    fc.assert(
      fc.property(damage, ({ at, cut, put }) => {
        const middle = Buffer.from(put === null ? [] : [put]);
        const damaged = Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(at + cut)]);
        const fixes = read(damaged);
        for (const fix of fixes) expectPartOf(expected, fix);
        expect(fixes.length).toBeGreaterThanOrEqual(expected.length - 1);
      }),
      { numRuns: 3000 },
    );
  });

  it('yields no fix with any single wrong character in a sentence', () => {
    const text = RMC + GGA;
    for (let at = 0; at < text.length; at++) {
      for (const flip of [1, 2, 4, 8, 16, 32, 64, 128, 0x0f, 0x55, 0xff]) {
        const bytes = Buffer.from(text);
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        const fixes = read(bytes);
        if (fixes.length > 0) expect(fixes).toEqual([EXPECTED_FIX]);
        if (/[\dA-Z,.$]/.test(text[at] ?? '') && !isHexOfChecksum(text, at)) expect(fixes).toEqual([]);
      }
    }
  });

  it('does not accumulate endless garbage in memory, and yields the next fix', () => {
    const reader = new NmeaReader();
    const chunk = Buffer.alloc(65_536, 'x').fill('$GNRMC', 0, 6);
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 6000; i++) reader.push(chunk, 0);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000_000);
    expect(reader.push(Buffer.from(measurement(5)), 0).fixes).toHaveLength(1);
  });

  it('yields no fix from an overlong sentence, with any chunk boundaries', () => {
    const long = sentence(
      `GNRMC,162001.00,A,4319.100001,N,00824.498574,W,5.0,84.40,150724,${'0'.repeat(80)},,A`,
    );
    const gga = measurement(1).split(/(?<=\r\n)/)[1] ?? '';
    expect(read(long + gga)).toEqual([]);
    expect(read(...Array.from(long), gga)).toEqual([]);
  });
});

/** Expects a fix of the list, or a part of one: a sentence that is lost leaves what it tells unknown. */
function expectPartOf(fixes: readonly Fix[], fix: Fix): void {
  const known = Object.entries(fix).filter(([, value]) => value !== null);
  expect(fixes).toContainEqual(expect.objectContaining(Object.fromEntries(known)));
}

/** Whether a character is one of the two after `*`, whose case does not matter. */
function isHexOfChecksum(text: string, at: number): boolean {
  return text[at - 1] === '*' || text[at - 2] === '*';
}
