import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Fix } from '../fix.ts';
import { NmeaReader } from './nmea-reader.ts';
import type { SentenceType, Status } from './sentence.ts';

/** Values that are odd in every field but the status. */
const ODD = ['', 'x', '-', ' ', '1e5', '99999999', 'NaN', '+'];

/** What is right, missing or odd in one sentence. Each value says how the field of that name is. */
interface Sentence {
  readonly type: SentenceType;
  readonly talker: string;
  readonly status: Status;
  /** Picks one of the spellings of the status. */
  readonly spelling: number;
  readonly odd: Readonly<
    Record<'coordinates' | 'time' | 'altitude' | 'speed' | 'course' | 'date', string | undefined>
  >;
  readonly oddCoordinate: number;
  readonly extraFields: readonly string[];
}

/** Spellings of each status: status and mode, or quality, or modes. */
const STATUS_AND_MODE: Readonly<Record<Status, readonly string[]>> = {
  valid: ['A,A', 'A,D', 'D,D', 'A,P', 'A,R', 'A,F', 'A,', 'A,Q'],
  void: ['V,N', 'V,A', 'A,N', ',A', 'L,A', 'V,'],
  other: ['A,E', 'A,M', 'A,S', 'V,E'],
};
const QUALITY: Readonly<Record<Status, readonly string[]>> = {
  valid: ['1', '2', '3', '4', '5', '9'],
  void: ['0', '', 'x'],
  other: ['6', '7', '8'],
};
const MODES: Readonly<Record<Status, readonly string[]>> = {
  valid: ['AN', 'ANNA', 'D', 'NR', 'AE'],
  void: ['NN', '', 'NNNN'],
  other: ['EN', 'NM', 'SS'],
};

const spelled = (spellings: readonly string[], { spelling }: Sentence) =>
  spellings[spelling % spellings.length] ?? '';

/** Fields of a sentence at one second, before defects: the truth is derived from the second. */
function fieldsOf(sentence: Sentence, second: number): string[] {
  const { odd, status, oddCoordinate } = sentence;
  const time = odd.time ?? `1201${String(second).padStart(2, '0')}.00`;
  const place = [`4319.${100_000 + second}`, 'N', '00824.500000', 'W'];
  if (odd.coordinates !== undefined) place[oddCoordinate] = odd.coordinates;
  const altitude = odd.altitude ?? `${100 + second}.5`;
  const speed = odd.speed ?? `${second}.00`;
  const course = odd.course ?? `${10 + second}.0`;
  const [state = '', mode = ''] = spelled(STATUS_AND_MODE[status], sentence).split(',');
  switch (sentence.type) {
    case 'RMC':
      return [time, state, ...place, speed, course, odd.date ?? '010326', '', '', mode];
    case 'GGA':
      return [
        time,
        ...place,
        spelled(QUALITY[status], sentence),
        '08',
        '0.9',
        altitude,
        'M',
        '54.6',
        'M',
        '',
        '',
      ];
    case 'GNS':
      return [time, ...place, spelled(MODES[status], sentence), '08', '0.9', altitude, '54.6', '', ''];
    case 'GLL':
      return [...place, time, state, mode];
    case 'VTG':
      return [course, 'T', '', 'M', speed, 'N', '', 'K', 'A'];
    case 'ZDA':
      return [time, ...(odd.date === undefined ? ['01', '03', '2026'] : [odd.date, '', '']), '', ''];
  }
}

function lineOf(sentence: Sentence, second: number): string {
  const fields = [...fieldsOf(sentence, second), ...sentence.extraFields];
  const body = `${sentence.talker}${sentence.type},${fields.join(',')}`;
  const sum = Buffer.from(body, 'latin1').reduce((xor, byte) => xor ^ byte, 0);
  return `$${body}*${sum.toString(16).padStart(2, '0')}\r\n`;
}

/** What a fix of these sentences has to be; undefined if there must be none. */
function expectedFix(sentences: readonly Sentence[], second: number): Omit<Fix, 'receivedAtMs'> | undefined {
  const hasPosition = ({ type }: Sentence): boolean => type !== 'VTG' && type !== 'ZDA';
  const positions = sentences.filter(hasPosition);
  if (positions.some(({ status }) => status === 'other')) return undefined;
  const valid = positions.filter(({ status }) => status === 'valid');
  if (!valid.some(({ odd }) => odd.coordinates === undefined)) return undefined;
  const tells = (types: readonly SentenceType[], from: readonly Sentence[], field: keyof Sentence['odd']) =>
    from.some(({ type, odd }) => types.includes(type) && odd[field] === undefined);
  const measured = [...valid, ...sentences.filter(({ type }) => type === 'VTG')];
  const isTimed = tells(['RMC', 'GGA', 'GNS', 'GLL', 'ZDA'], sentences, 'time');
  return {
    latitude: expect.closeTo(43 + (19.1 + second / 1e6) / 60, 9) as number,
    longitude: expect.closeTo(-(8 + 24.5 / 60), 9) as number,
    altitudeM: tells(['GGA', 'GNS'], valid, 'altitude') ? 100.5 + second : null,
    speedKmh: tells(['RMC', 'VTG'], measured, 'speed') ? (expect.closeTo(second * 1.852, 6) as number) : null,
    courseDeg: tells(['RMC', 'VTG'], measured, 'course') ? 10 + second : null,
    time: isTimed ? new Date(Date.UTC(2026, 2, 1, 12, 1, second)) : null,
  };
}

const odd = fc.option(fc.constantFrom(...ODD), { nil: undefined, freq: 3 });
const sentenceOf = (type: SentenceType): fc.Arbitrary<Sentence> =>
  fc.record({
    type: fc.constant(type),
    talker: fc.constantFrom('GP', 'GN', 'GL', 'GA', 'BD', 'IN'),
    status: fc.oneof(
      { weight: 6, arbitrary: fc.constant<Status>('valid') },
      { weight: 1, arbitrary: fc.constantFrom<Status>('void', 'other') },
    ),
    spelling: fc.nat(20),
    odd: fc.record({ coordinates: odd, time: odd, altitude: odd, speed: odd, course: odd, date: odd }),
    oddCoordinate: fc.nat(3),
    extraFields: fc.array(fc.constantFrom(...ODD, 'V', '1', 'A'), { maxLength: 6 }),
  });

/** A receiver sends the same sentences in the same order; VTG, which has no time, follows one that has. */
const receiver = fc
  .shuffledSubarray<SentenceType>(['RMC', 'GGA', 'GNS', 'GLL', 'ZDA', 'VTG'], { minLength: 1 })
  .filter(([first]) => first !== 'VTG');
const epochs = receiver.chain((types) =>
  fc.array(fc.tuple<Sentence[]>(...types.map(sentenceOf)), { minLength: 1, maxLength: 4 }),
);

const INTACT: Omit<Sentence, 'type'> = {
  talker: 'GP',
  status: 'valid',
  spelling: 0,
  odd: {
    coordinates: undefined,
    time: undefined,
    altitude: undefined,
    speed: undefined,
    course: undefined,
    date: undefined,
  },
  oddCoordinate: 0,
  extraFields: [],
};

it('takes a position from whatever sentence has it, and nothing else that is missing or odd', () => {
  fc.assert(
    fc.property(epochs, fc.boolean(), (measurements, isOneChunk) => {
      const types = measurements[0]?.map(({ type }) => type) ?? [];
      // The first measurement is intact, and tells the date; another one ends the last.
      const first: Sentence[] = [
        { type: 'ZDA', ...INTACT },
        ...types.filter((type) => type !== 'ZDA').map((type) => ({ type, ...INTACT })),
      ];
      const all = [first, ...measurements, [], [], [{ type: 'RMC' as const, ...INTACT }]];
      const reader = new NmeaReader();
      const received = all.flatMap((sentences, second) => {
        const lines = sentences.map((sentence) => lineOf(sentence, second));
        const chunks = isOneChunk ? [lines.join('')] : lines;
        return chunks.flatMap((chunk) => reader.push(Buffer.from(chunk), second * 1000).fixes);
      });
      measurements.forEach((sentences, index) => {
        const second = index + 1;
        const latest = received.findLast(
          ({ latitude }) => Math.abs(latitude - 43 - (19.1 + second / 1e6) / 60) < 1e-9,
        );
        const expected = expectedFix(sentences, second);
        expect(latest).toEqual(expected && { ...expected, receivedAtMs: second * 1000 });
      });
    }),
    { numRuns: 2000 },
  );
});
