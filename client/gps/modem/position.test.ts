import { describe, expect, it } from 'vitest';
import { DIALECTS, parsePosition, type ModemName } from './dialects.ts';
import type { SpeedUnit } from './position.ts';

const HERE = '+CGPSINFO: 4319.736021,N,00824.498574,W,150724,162016.0,176.0,11.2,84.4';
function parse(line: string, name: ModemName = 'sim7600', speedUnit: SpeedUnit = 'knots') {
  const dialect = DIALECTS.find((one) => one.name === name);
  if (!dialect) throw new Error(`There is no ${name}.`);
  return parsePosition(dialect, line, speedUnit);
}

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
    expect(parse(HERE, 'sim7600', 'kmh')).toMatchObject({ speedKmh: 11.2 });
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
    [
      'with five decimals',
      HERE.replace('6021', '602').replace('8574', '857'),
      { longitude: -(8 + 24.49857 / 60) },
    ],
    [
      'in degrees',
      HERE.replace('4319.736021', '43.3289337').replace('00824.498574', '8.4083096'),
      { longitude: -8.4083096 },
    ],
    ['without an altitude', HERE.replace('176.0', ''), { altitudeM: null, speedKmh: 20.7424 }],
    ['without a speed', HERE.replace('11.2', ''), { speedKmh: null }],
    ['with a negative speed', HERE.replace('11.2', '-11.2'), { speedKmh: null }],
    ['with a course beyond the circle', HERE.replace('84.4', '361.0'), { courseDeg: null }],
    ['on the 31st of February', HERE.replace('150724', '310224'), { time: null }],
    ['in the 13th month', HERE.replace('150724', '151324'), { time: null }],
    ['in 1980', HERE.replace('150724', '060180'), { time: null }],
    ['at 25 o’clock', HERE.replace('162016', '252016'), { time: null }],
    ['without date and time', HERE.replace('150724,162016.0', ','), { time: null }],
    ['with a field more', `${HERE},0.9`, { altitudeM: 176 }],
    ['in a leap second', HERE.replace('162016.0', '235960.0'), { time: new Date('2024-07-16T00:00:00Z') }],
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
    ['zeros in each field', '+CGPSINFO: 0000.000000,N,00000.000000,E,000000,000000.0,0.0,0.0,0.0'],
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
    ['one field too few', HERE.slice(0, HERE.lastIndexOf(','))],
    ['too few empty fields', '+CGPSINFO: ,,,,,,,'],
    ['half of its fields empty', '+CGPSINFO: 4319.736021,N,,,150724,162016.0,176.0,11.2,84.4'],
    ['no hemisphere', HERE.replace(',N,', ',,')],
    ['hemispheres that do not exist', HERE.replace(',N,', ',E,')],
    ['a latitude beyond the pole', HERE.replace('4319', '9019')],
    ['60 minutes of arc', HERE.replace('4319', '4360')],
    ['a longitude beyond the date line', HERE.replace('00824', '18024')],
    ['a lost digit of its minutes', HERE.replace('736021', '73602')],
    ['a lost digit of its degrees', HERE.replace('00824', '0824')],
    ['a lost point', HERE.replace('4319.', '4319')],
    ['letters in a number', HERE.replace('736021', '73a021')],
    ['Arabic-Indic digits', HERE.replace('4319', '٤٣١٩')],
    ['nothing', ''],
  ])('is %s', (_, line) => {
    expect(parse(line)).toBeUndefined();
  });
});

describe('a response of another family of modems', () => {
  it.each<[string, ModemName, string, object | null | undefined]>([
    [
      'an A7670 with a fix',
      'a7670',
      '+CGPSINFO: 3113.343286,N,12121.234064,E,250311,072809.3,44.1,10.0,0',
      {
        latitude: 31.2223881,
        longitude: 121.35390107,
        altitudeM: 44.1,
        speedKmh: 18.52,
        courseDeg: 0,
        time: new Date('2011-03-25T07:28:09.3Z'),
      },
    ],
    ['an A7670 without a fix', 'a7670', '+CGPSINFO: ,,,,,,,,', null],
    [
      'a SIM7070 with a fix',
      'sim7070',
      '+CGNSINF: 1,1,20221021130421.000,42.674884,23.289787,592.877,,,1,,3.5,3.6,1.0,,3,,11864.6,143.4',
      {
        latitude: 42.674884,
        longitude: 23.289787,
        altitudeM: 592.877,
        speedKmh: null,
        courseDeg: null,
        time: new Date('2022-10-21T13:04:21Z'),
      },
    ],
    [
      'a SIM7000 south and west',
      'sim7070',
      '+CGNSINF: 1,1,20210705003045.000,-34.887747,-56.159689,139.200,0.69,110.9,1,,11.9,11.9,1.0,,7,3,,,32,,',
      { latitude: -34.887747, longitude: -56.159689, speedKmh: 0.69, courseDeg: 110.9 },
    ],
    [
      'a SIM7070 with a guess instead of a fix',
      'sim7070',
      '+CGNSINF: 1,,,44.060004,20.920002,-37.592,,,1,,0.1,0.1,0.1,,,,155976.0,6000.0',
      null,
    ],
    ['a SIM868 without a fix', 'sim7070', '+CGNSINF: 1,0,,,,,,,0,,,,,,9,0,,,,,', null],
    ['a SIM7000 that is switched off', 'sim7070', '+CGNSINF: 0,,,,,,,,,,,,,,,,,,,,', null],
    [
      'a SIM7070 with a lost digit',
      'sim7070',
      '+CGNSINF: 1,1,20221021130421.000,42.67484,23.289787,592.877,,,1,,3.5,3.6,1.0,,3,,11864.6,143.4',
      undefined,
    ],
    [
      'a SIM7070 whose response breaks off',
      'sim7070',
      '+CGNSINF: 1,1,20221021130421.000,42.674884,23.289787,592',
      undefined,
    ],
    [
      'a Quectel with a fix',
      'quectel',
      '+QGPSLOC: 113355.0,44.74770,-85.56527,1.2,192.0,2,277.30,18.5,10.0,250420,10',
      {
        latitude: 44.7477,
        longitude: -85.56527,
        altitudeM: 192,
        speedKmh: 18.5,
        courseDeg: 277.5,
        time: new Date('2020-04-25T11:33:55Z'),
      },
    ],
    [
      'a Quectel without a mode',
      'quectel',
      '+QGPSLOC: 113355.0,44.74770,-85.56527,1.2,192.0,,277.30,18.5,10.0,250420,10',
      undefined,
    ],
  ])('of %s is read as its manual says', (_, name, line, expected) => {
    const measurement = parse(line, name);
    if (expected === null || expected === undefined) expect(measurement).toBe(expected);
    else expect(measurement).toMatchObject(closeTo(expected));
  });
});

/** Expects numbers to seven decimals. */
function closeTo(expected: object): object {
  return Object.fromEntries(
    Object.entries(expected).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'number' ? expect.closeTo(value, 7) : value,
    ]),
  );
}
