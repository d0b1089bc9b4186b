import fc from 'fast-check';
import { DIALECTS } from '../modem/dialects.ts';
import { SENTENCE_TYPES } from '../nmea/sentence.ts';

/** Fields of sentences and responses, valid and nearly so, of any kind: each may come at any place. */
const FIELDS = [
  ...[
    '',
    '0',
    '1',
    '2',
    '3',
    'A',
    'V',
    'N',
    'E',
    'S',
    'W',
    'M',
    'T',
    'K',
    'D',
    'AN',
    'NN',
    '-',
    '+1',
    '.',
    '1e5',
  ],
  ...['162001.00', '235960', '240000', '1620', '162001.', '150724', '310224', '000000', '20240715162001.000'],
  ...[
    '4319.100001',
    '00824.498574',
    '9000.0000',
    '18000.0000',
    '0000.0000',
    '4399.1',
    '43.3189433',
    '-8.4083095',
  ],
  ...['17.5', '-17.5', '5.0', '084.40', '360.0', '361', '999999.9', '1000000', '2024', '07', '15', '1999'],
];

const field = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...FIELDS) },
  fc.string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    maxLength: 12,
  }),
);

/** Fields that are right in their places, by the type of the sentence; another field may replace each. */
const VALID_FIELDS: Readonly<Record<string, string>> = {
  RMC: '162001.00,A,4319.100001,N,00824.498574,W,5.0,84.40,150724,,,A',
  GGA: '162001.00,4319.100001,N,00824.498574,W,1,08,0.9,17.5,M,54.6,M,,',
  GNS: '162001.00,4319.100001,N,00824.498574,W,AA,08,0.9,17.5,54.6,,',
  GLL: '4319.100001,N,00824.498574,W,162001.00,A,A',
  VTG: '84.4,T,,M,5.0,N,9.3,K,A',
  ZDA: '162001.00,15,07,2024,00,00',
};

/** Replaces some of the fields, and adds or drops some at the end. */
function changed(text: string): fc.Arbitrary<string> {
  const fields = text.split(',');
  const changes = fc.array(fc.tuple(fc.nat(fields.length), field), { maxLength: 3 });
  const length = fc.oneof({ weight: 4, arbitrary: fc.constant(fields.length) }, fc.nat(fields.length + 3));
  return fc.tuple(changes, length).map(([all, count]) => {
    const result = [...fields];
    for (const [at, value] of all) result[at] = value;
    return Array.from({ length: count }, (_, at) => result[at] ?? '').join(',');
  });
}

/** A sentence with its checksum, which is usually right. */
export const sentence: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('GP', 'GN', 'GL', 'GA', 'BD', 'IN', 'P'),
    fc
      .constantFrom(...SENTENCE_TYPES, 'GSV', 'UBX')
      .chain((type) => fc.tuple(fc.constant(type), changed(VALID_FIELDS[type] ?? '1,1,02,02,45,120,38'))),
    fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.nat(0xff)),
  )
  .map(([talker, [type, fields], change]) => {
    const body = `${talker}${type},${fields}`;
    const sum = Buffer.from(body, 'latin1').reduce((xor, byte) => xor ^ byte, change);
    return `$${body}*${sum.toString(16).padStart(2, '0')}\r\n`;
  });

/** Responses of all families of modems to all commands, and what comes between them. */
const MODEM_LINES = [
  ...DIALECTS.flatMap(({ commands }) => Object.values(commands)),
  ...[
    '+CGPS: 1,1',
    '+CGPS: 0',
    '+CGNSSPWR: 1',
    '+CGNSSPWR: 0',
    '+CGNSPWR: 1',
    '+CGNSPWR: 0',
    '+QGPS: 1',
    '+QGPS: 0',
  ],
  ...['OK', 'ERROR', '+CME ERROR: 516', '+CME ERROR: Not fixed now', '+CMS ERROR: 1', 'SIMCOM_SIM7600E'],
  ...[
    'RING',
    '+CREG: 1,"0A2B"',
    'NO CARRIER',
    'PB DONE',
    '+CGPSINFO: ,,,,,,,,',
    '+CGNSINF: 1,0,,,,,,,,,,,,,,',
  ],
];
const POSITIONS: readonly string[] = [
  '+CGPSINFO: 4319.100001,N,00824.498574,W,150724,162001.0,17.5,5.0,84.4',
  '+CGNSINF: 1,1,20240715162001.000,43.318943,-8.408309,17.5,9.3,84.4,1,,0.9,1.2,0.8,,8,4,,,42,,',
  '+QGPSLOC: 162001.00,43.31894,-8.40831,0.9,17.5,3,084.40,9.3,5.0,150724,08',
];

/** A line of a modem. */
export const modemLine: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...MODEM_LINES) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...POSITIONS).chain((text) => {
      const [head = '', fields = ''] = text.split(': ');
      return changed(fields).map((others) => `${head}: ${others}`);
    }),
  },
);

const REPORT_NAMES = [
  'mode',
  'status',
  'time',
  'lat',
  'lon',
  'altMSL',
  'alt',
  'speed',
  'track',
  'nSat',
  '__proto__',
];
const REPORT = {
  class: 'TPV',
  mode: 3,
  time: '2024-07-15T16:20:01.000Z',
  lat: 43.318943,
  lon: -8.408309,
  altMSL: 17.5,
  speed: 2.5,
  track: 84.4,
};

/** Values of any type and size, at the limits of each field above all. */
const ODD_VALUES: readonly unknown[] = [
  ...[0, 1, 2, 3, 4, 5, 8, 90, 91, -90, 180, -180.0001, 360, 361, -1, 1e5, 1e300, 1.7e308, -1.7e308, 5e-324],
  ...[
    '',
    '1',
    'NaN',
    '2024-07-15T16:20:01.000Z',
    '1980-01-06T00:00:00Z',
    '275760-09-13T00:00:00Z',
    '2024-02-31',
  ],
  ...[null, true, [], [1], {}, { path: '/dev/ttyUSB0' }, [{ used: true }], [{ path: 'x' }, null]],
];

/** A line of gpsd: a report with any values. */
export const gpsdLine: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('TPV', 'TPV', 'TPV', 'SKY', 'DEVICES', 'ERROR', 'VERSION', 'toString'),
    fc.dictionary(fc.constantFrom(...REPORT_NAMES), fc.oneof(fc.constantFrom(...ODD_VALUES), fc.double()), {
      maxKeys: 3,
    }),
  )
  .map(([name, changes]) => JSON.stringify({ ...REPORT, ...changes, class: name }));

/** Frames of the binary protocols UBX, RTCM and SiRF, with any contents. */
const binary = fc
  .tuple(fc.constantFrom('b562', 'd300', 'a0a2'), fc.uint8Array({ maxLength: 60 }))
  .map(([head, content]) => Buffer.concat([Buffer.from(head, 'hex'), content]));
/** Characters of sentences and responses, in any order. */
const characters = fc
  .string({ unit: fc.constantFrom(...Array.from('$*,.\r\nGPRMCA0123456789+:OKERQL{"}')), maxLength: 60 })
  .map((text) => Buffer.from(text));
const anything = fc.uint8Array({ maxLength: 40 }).map((drawn) => Buffer.from(drawn));
/** A line that does not end. */
const endless = fc
  .tuple(fc.constantFrom('$', 'x', '$GPRMC,', '{"class":'), fc.nat(200))
  .map(([text, count]) => Buffer.from(text.repeat(count)));

/** What a receiver may send beside its protocol. */
export const noise: fc.Arbitrary<Buffer> = fc.oneof(binary, characters, anything, endless);

/** Lines of a protocol among noise, some of them cut. */
export function streamOf(line: fc.Arbitrary<string>, maxParts = 12): fc.Arbitrary<Buffer[]> {
  const whole = line.map((text) => Buffer.from(text.endsWith('\n') ? text : `${text}\r\n`, 'latin1'));
  const cut = fc.tuple(whole, fc.nat(100)).map(([all, at]) => all.subarray(0, at % all.length));
  return fc.array(fc.oneof({ weight: 6, arbitrary: whole }, cut, noise), { maxLength: maxParts });
}
