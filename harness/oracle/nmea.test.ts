import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSentence } from './nmea.ts';
import { sentence } from './testing/sentence.ts';

describe('sentences of real receivers', () => {
  it('reads RMC', () => {
    // 26.5 knots are 49.078 km/h.
    const line = sentence('GPRMC,121042.00,A,4322.24585,N,00824.26785,W,26.5,229.98,010809,,,A');
    expect(readSentence(line)).toEqual({
      timeOfDayMs: 43_842_000,
      midnightMs: Date.UTC(2009, 7, 1),
      isFix: true,
      latitude: 43 + 22.24585 / 60,
      longitude: -(8 + 24.26785 / 60),
      altitudeM: null,
      speedKmh: expect.closeTo(49.078, 9) as number,
      courseDeg: 229.98,
      satellites: null,
      hdop: null,
    });
  });

  it('reads GGA', () => {
    // From gpsd's log of a BN-880.
    const line = '$GNGGA,171926.00,4404.14063,N,12118.85478,W,1,12,0.91,1147.2,M,-21.3,M,,*44';
    expect(readSentence(line)).toEqual({
      timeOfDayMs: 62_366_000,
      midnightMs: undefined,
      isFix: true,
      latitude: 44 + 4.14063 / 60,
      longitude: -(121 + 18.85478 / 60),
      altitudeM: 1147.2,
      speedKmh: null,
      courseDeg: null,
      satellites: 12,
      hdop: 0.91,
    });
  });

  it.each([
    ['$GNGNS,074155.799,3114.8770,N,12135.2463,E,ANNA,05,1.3,156.9,8.3,,0000*52', 27_715_799, 156.9],
    ['$GPGLL,3348.452,N,11821.142,W,142214,A*3B', 51_734_000, null],
    ['$GPGGA,094736,5251.0094,N,00518.8172,E,1,12,0.60,-4,M,46.8,M,,*4B', 35_256_000, -4],
  ])('reads %s', (line, timeOfDayMs, altitudeM) => {
    expect(readSentence(line)).toMatchObject({ timeOfDayMs, altitudeM, isFix: true });
  });

  it('takes what is missing or odd as unknown, by itself', () => {
    // From gpsd's log april6_2019.
    const line = '$GPRMC,000231.099,A,4829.0005,N,00022.0015,E,0.15,212.28,2208-1,,,A*73';
    expect(readSentence(line)).toMatchObject({ isFix: true, midnightMs: null, courseDeg: 212.28 });
    const odd = sentence('GPGGA,245959,4829.0005,N,00022.0015,X,1,,abc,1 m,M,,M,,');
    expect(readSentence(odd)).toMatchObject({
      timeOfDayMs: null,
      latitude: 48 + 29.0005 / 60,
      longitude: null,
      altitudeM: null,
      satellites: null,
      hdop: null,
    });
  });

  it.each(['4860.0000,N', '9000.0001,N', '4829.0005,', ',N', '4829,5,N', '-429.0005,N'])(
    'knows no latitude in %s',
    (text) => {
      expect(readSentence(sentence(`GPGLL,${text},00022.0015,E,120000,A`))?.latitude).toBeNull();
    },
  );

  it('reads a leap second, and cuts off more than milliseconds', () => {
    const timeIn = (time: string): number | null | undefined =>
      readSentence(sentence(`GPGLL,4829.0005,N,00022.0015,E,${time},A`))?.timeOfDayMs;
    expect(timeIn('235960')).toBe(86_400_000);
    expect(timeIn('000000.9999')).toBe(999);
    expect(timeIn('235961')).toBeNull();
    expect(timeIn('1200')).toBeNull();
  });

  it('reads years from 1980 on', () => {
    const dayIn = (date: string): number | null | undefined =>
      readSentence(sentence(`GPRMC,120000,A,4829.0005,N,00022.0015,E,0,0,${date},,,A`))?.midnightMs;
    expect(dayIn('311279')).toBe(Date.UTC(2079, 11, 31));
    expect(dayIn('060180')).toBe(Date.UTC(1980, 0, 6));
    expect(dayIn('290224')).toBe(Date.UTC(2024, 1, 29));
    expect(dayIn('290223')).toBeNull();
    expect(dayIn('011300')).toBeNull();
  });
});

describe('what is no position from satellites', () => {
  const rmc = (status: string, mode: string): string =>
    sentence(`GNRMC,120000,${status},4829.0005,N,00022.0015,E,0,0,010120,,,${mode}`);
  const gga = (quality: string): string =>
    sentence(`GPGGA,120000,4829.0005,N,00022.0015,E,${quality},08,0.9,1,M,,M,,`);
  const gns = (modes: string): string =>
    sentence(`GNGNS,120000,4829.0005,N,00022.0015,E,${modes},08,0.9,1,,,`);
  const gll = (status: string, mode: string): string =>
    sentence(`GPGLL,4829.0005,N,00022.0015,E,120000,${status},${mode}`);
  const isFix = (line: string): boolean | undefined => readSentence(line)?.isFix;

  it('goes by status and mode', () => {
    for (const mode of ['', 'A', 'D', 'F', 'P', 'R']) {
      expect([isFix(rmc('A', mode)), isFix(gll('A', mode))], mode).toEqual([true, true]);
      expect([isFix(rmc('V', mode)), isFix(gll('V', mode))], mode).toEqual([false, false]);
    }
    for (const mode of ['E', 'M', 'N', 'S', 'AA']) {
      expect([isFix(rmc('A', mode)), isFix(gll('A', mode))], mode).toEqual([false, false]);
    }
    expect(isFix(sentence('GPRMC,120000,A,4829.0005,N,00022.0015,E,0,0,010120,,'))).toBe(true);
  });

  it('goes by the quality', () => {
    const qualities = ['', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '11'];
    expect(qualities.filter((quality) => isFix(gga(quality)))).toEqual(['1', '2', '3', '4', '5']);
  });

  it('goes by the mode of any system of satellites', () => {
    const modes = ['', 'N', 'NNNN', 'ANNA', 'ND', 'R', 'EN', 'MM', 'S'];
    expect(modes.filter((each) => isFix(gns(each)))).toEqual(['ANNA', 'ND', 'R']);
  });
});

describe('what is no sentence', () => {
  const LINE = '$GPGLL,3348.452,N,11821.142,W,142214,A*3B';

  it.each([
    ['no checksum', LINE.slice(0, -3)],
    ['another type', sentence('GPVTG,77.5,T,93.3,M,5.2,N,9.7,K')],
    ['a proprietary type', sentence('PSRF151,3,6,0')],
    ['something before it', `x${LINE}`],
    ['something after it', `${LINE}x`],
    ['nothing', ''],
  ])('does not read %s', (_, line) => {
    expect(readSentence(line)).toBeUndefined();
  });

  it('reads a small checksum and an end of line', () => {
    expect(readSentence(`${LINE.replace('3B', '3b')}\r\n`)).toBeDefined();
  });

  it('does not read a line of which one character is damaged', () => {
    const index = fc.integer({ min: 0, max: LINE.length - 1 });
    const printable = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code));
    fc.assert(
      fc.property(index, printable, (at, character) => {
        fc.pre(character.toLowerCase() !== LINE[at]?.toLowerCase());
        expect(readSentence(LINE.slice(0, at) + character + LINE.slice(at + 1))).toBeUndefined();
      }),
    );
  });
});

it('reads any position to half of the last digit that is sent', () => {
  const degrees = (limit: number): fc.Arbitrary<number> =>
    fc.double({ min: -limit, max: limit, noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(degrees(90), degrees(180), fc.integer({ min: 3, max: 7 }), (latitude, longitude, digits) => {
      const text = (value: number, width: number): string => {
        const scale = 10 ** digits;
        const units = Math.round(Math.abs(value) * 60 * scale);
        const whole = Math.floor(units / (60 * scale));
        const minutes = ((units - whole * 60 * scale) / scale).toFixed(digits);
        return `${String(whole).padStart(width, '0')}${minutes.padStart(digits + 3, '0')}`;
      };
      const north = `${text(latitude, 2)},${latitude < 0 ? 'S' : 'N'}`;
      const east = `${text(longitude, 3)},${longitude < 0 ? 'W' : 'E'}`;
      const facts = readSentence(sentence(`GPGLL,${north},${east},120000,A`));
      const halfDigit = 0.5 / (60 * 10 ** digits) + 1e-12;
      expect(Math.abs((facts?.latitude ?? NaN) - latitude)).toBeLessThanOrEqual(halfDigit);
      expect(Math.abs((facts?.longitude ?? NaN) - longitude)).toBeLessThanOrEqual(halfDigit);
    }),
  );
});
