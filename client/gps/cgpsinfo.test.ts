import { describe, expect, it } from 'vitest';
import { parseCgpsInfo } from './cgpsinfo.ts';

const HERE = '+CGPSINFO: 4319.736021,N,00824.498574,W,150724,162016.0,176.0,11.2,84.4';
const parse = (line: string) => parseCgpsInfo(line, 'knots');

describe('a response with a fix', () => {
  it('contains position, altitude, speed in km/h, course and UTC', () => {
    expect(parse(HERE)).toEqual({
      latitude: 43.32893368333333,
      longitude: -8.408309566666667,
      altitudeM: 176,
      speedKmh: 20.7424,
      courseDeg: 84.4,
      time: new Date('2024-07-15T16:20:16Z'),
    });
  });

  it('contains a speed in km/h if the firmware reports it so', () => {
    expect(parseCgpsInfo(HERE, 'kmh')).toMatchObject({ speedKmh: 11.2 });
  });

  it.each([
    ['without a course, at rest', HERE.replace('84.4', ''), { courseDeg: null }],
    ['towards north', HERE.replace('84.4', '360.0'), { courseDeg: 0 }],
    ['with a course in whole degrees', HERE.replace('84.4', '145'), { courseDeg: 145 }],
    ['without the space', HERE.replace(' ', ''), { latitude: 43.32893368333333 }],
    ['with four decimals', HERE.replace('6021', '60').replace('8574', '85'), { latitude: 43 + 19.736 / 60 }],
    [
      'south and east',
      HERE.replace(',N,', ',S,').replace('W', 'E'),
      { latitude: -43.32893368333333, longitude: 8.408309566666667 },
    ],
    ['below sea level', HERE.replace('176.0', '-15.3'), { altitudeM: -15.3 }],
    [
      'a hundredth before midnight',
      HERE.replace('162016.0', '235959.99'),
      { time: new Date('2024-07-15T23:59:59.99Z') },
    ],
    [
      'on a leap day',
      HERE.replace('150724', '290224').replace('162016.0', '000000.0'),
      { time: new Date('2024-02-29T00:00:00Z') },
    ],
  ])('%s is parsed', (_, line, expected) => {
    expect(parse(line)).toMatchObject(expected);
  });
});

describe('no fix', () => {
  it.each([
    ['empty fields', '+CGPSINFO: ,,,,,,,,'],
    ['empty fields without the space', '+CGPSINFO:,,,,,,,,'],
    ['zeros', '+CGPSINFO: 0000.000000,N,00000.000000,E,150724,162016.0,0.0,0.0,0.0'],
  ])('is reported by %s', (_, line) => {
    expect(parse(line)).toBeNull();
  });
});

describe('no valid response', () => {
  it.each([
    ['its echo', 'AT+CGPSINFO'],
    ['another response', '+CGPS: 1,1'],
    ['text before it', `x${HERE}`],
    ['text after it', `${HERE} `],
    ['one field too many', `${HERE},`],
    ['one field too few', HERE.slice(0, HERE.lastIndexOf(','))],
    ['too few empty fields', '+CGPSINFO: ,,,,,,,'],
    ['half of its fields empty', '+CGPSINFO: 4319.736021,N,,,150724,162016.0,176.0,11.2,84.4'],
    ['zeros in place of the date', '+CGPSINFO: 0000.000000,N,00000.000000,E,000000,000000.0,0.0,0.0,0.0'],
    ['no altitude', HERE.replace('176.0', '')],
    ['no speed', HERE.replace('11.2', '')],
    ['a negative speed', HERE.replace('11.2', '-11.2')],
    ['no hemisphere', HERE.replace(',N,', ',,')],
    ['hemispheres that do not exist', HERE.replace(',N,', ',E,')],
    ['a latitude beyond the pole', HERE.replace('4319', '9019')],
    ['60 minutes of arc', HERE.replace('4319', '4360')],
    ['a longitude beyond the date line', HERE.replace('00824', '18024')],
    ['a lost digit of its minutes', HERE.replace('736021', '73602')],
    ['a lost digit of its degrees', HERE.replace('00824', '0824')],
    ['a lost point', HERE.replace('4319.', '4319')],
    ['the 31st of February', HERE.replace('150724', '310224')],
    ['the 13th month', HERE.replace('150724', '151324')],
    ['the year 1980', HERE.replace('150724', '060180')],
    ['25 o’clock', HERE.replace('162016', '252016')],
    ['61 seconds', HERE.replace('162016', '162061')],
    ['a course beyond the circle', HERE.replace('84.4', '361.0')],
    ['letters in a number', HERE.replace('736021', '73a021')],
    ['Arabic-Indic digits', HERE.replace('4319', '٤٣١٩')],
    ['nothing', ''],
  ])('is %s', (_, line) => {
    expect(parse(line)).toBeUndefined();
  });
});
