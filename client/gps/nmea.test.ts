import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fix } from './fix.ts';
import { NmeaReader } from './nmea.ts';

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

/** Returns the sentences of one measurement, with some fields replaced. */
function measurement(
  second: number,
  { rmc, gga }: Partial<Record<'rmc' | 'gga', Record<number, string>>> = {},
): string {
  const time = `1620${String(second).padStart(2, '0')}.00`;
  const minutes = `4319.${String(100_000 + second)}`;
  const rmcFields = [
    'GNRMC',
    time,
    'A',
    minutes,
    'N',
    '00824.498574',
    'W',
    '5.0',
    '84.40',
    '150724',
    '',
    '',
    'A',
  ];
  const ggaFields = [
    'GNGGA',
    time,
    minutes,
    'N',
    '00824.498574',
    'W',
    '1',
    '08',
    '0.9',
    '17.5',
    'M',
    '54.6',
    'M',
    '',
    '',
  ];
  return (
    sentence(Object.assign(rmcFields, rmc).join(',')) + sentence(Object.assign(ggaFields, gga).join(','))
  );
}

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

  it('has an age counted from the sentence that completed it', () => {
    const reader = new NmeaReader();
    reader.push(Buffer.from(RMC), 1000);
    expect(reader.push(Buffer.from(GGA), 1250).fixes).toMatchObject([{ receivedAtMs: 1250 }]);
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

describe('no fix', () => {
  it.each([
    ['a receiver that reports none', NO_FIX],
    ['an RMC alone', RMC + RMC],
    ['a GGA alone', GGA + GGA],
    ['sentences of different seconds', RMC + GGA.replace('2016.00', '2017.00').replace('*79', '*78')],
    ['status V, though the fields are filled', measurement(1, { rmc: { 2: 'V' } })],
    ['mode N, though the status is A', measurement(1, { rmc: { 12: 'N' } })],
    ['quality 0', measurement(1, { gga: { 6: '0' } })],
    ['an empty quality', measurement(1, { gga: { 6: '' } })],
    ['no hemisphere', measurement(1, { rmc: { 6: '' }, gga: { 5: '' } })],
    ['a hemisphere that does not exist', measurement(1, { rmc: { 4: 'E' }, gga: { 3: 'E' } })],
    ['a latitude beyond the pole', measurement(1, { rmc: { 3: '9100.0' }, gga: { 2: '9100.0' } })],
    ['a longitude beyond the date line', measurement(1, { rmc: { 5: '18100.0' }, gga: { 4: '18100.0' } })],
    ['60 minutes of arc', measurement(1, { rmc: { 3: '4360.0' }, gga: { 2: '4360.0' } })],
    ['a latitude with letters in it', measurement(1, { rmc: { 3: '4319.1x' }, gga: { 2: '4319.1x' } })],
    ['25 o’clock', measurement(1, { rmc: { 1: '250000.00' }, gga: { 1: '250000.00' } })],
    ['the 31st of February', measurement(1, { rmc: { 9: '310224' } })],
    ['the 13th month', measurement(1, { rmc: { 9: '011324' } })],
    ['the year 1980', measurement(1, { rmc: { 9: '060180' } })],
    ['no date', measurement(1, { rmc: { 9: '' } })],
    ['no time', measurement(1, { rmc: { 1: '' }, gga: { 1: '' } })],
    ['no speed', measurement(1, { rmc: { 7: '' } })],
    ['a course beyond the circle', measurement(1, { rmc: { 8: '361.0' } })],
    ['no altitude', measurement(1, { gga: { 9: '' } })],
    ['an altitude in another unit', measurement(1, { gga: { 10: 'F' } })],
    ['sentences with different positions', measurement(1, { rmc: { 3: '4320.100001' } })],
    ['an unknown mode', measurement(1, { rmc: { 12: 'Q' } })],
    ['too many fields', measurement(1, { rmc: { 13: 'V', 14: '', 15: '', 16: '' } })],
    ['no checksum', (RMC + GGA).replaceAll(/\*../g, '')],
    ['a wrong checksum', (RMC + GGA).replaceAll('*4', '*5')],
    [
      'a type named like a property of the parser’s prototype',
      sentence('GPtoString,1') + sentence('GPconstructor,1'),
    ],
    ['a type that only resembles RMC', measurement(1).replaceAll('GNRMC', 'GNXRMC')],
  ])('results from %s', (_, text) => {
    expect(read(text)).toEqual([]);
  });

  it('results from zeros in place of a position', () => {
    const zeros = { rmc: { 3: '0000.0000', 5: '00000.0000' }, gga: { 2: '0000.0000', 4: '00000.0000' } };
    expect(read(measurement(1, zeros))).toEqual([]);
    expect(read(sentence('GPRMC,000000.00,V,0000.0000,N,00000.0000,E,0.0,0.0,060180,,,N'))).toEqual([]);
  });

  it('results from sentences of the same second on different days', () => {
    const reader = new NmeaReader();
    expect(reader.push(Buffer.from(RMC), 0).fixes).toEqual([]);
    expect(reader.push(Buffer.from(GGA), 86_400_000).fixes).toEqual([]);
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
    expect(expected.map(({ time }) => time.getUTCSeconds())).toEqual([1, 2, 3, 4]);
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
        for (const fix of fixes) expect(expected).toContainEqual(fix);
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

/** Whether a character is one of the two after `*`, whose case does not matter. */
function isHexOfChecksum(text: string, at: number): boolean {
  return text[at - 1] === '*' || text[at - 2] === '*';
}
