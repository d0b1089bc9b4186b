import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Fix } from '../fix.ts';
import { DIALECTS, type Dialect, type ModemName } from './dialects.ts';
import { ModemReader } from './modem-reader.ts';

/** Returns the response line to `AT+CGPSINFO` at the given second. */
function info(second: number): string {
  const utc = `1620${String(second).padStart(2, '0')}.0`;
  return `+CGPSINFO: 4319.736${String(second).padStart(3, '0')},N,00824.498574,W,150724,${utc},176.0,11.2,84.4`;
}
const NO_FIX = '+CGPSINFO: ,,,,,,,,';

/** A complete response as received from the port. */
const response = (line: string) => `\r\n${line}\r\n\r\nOK\r\n`;
const echoed = (line: string) => `AT+CGPSINFO\r${response(line)}`;

const seconds = (fixes: readonly Fix[]) => fixes.map(({ time }) => time?.getUTCSeconds());

/** Returns the fixes of a stream, without sending commands. */
function read(...chunks: (string | Uint8Array)[]): Fix[] {
  const reader = new ModemReader('knots');
  return chunks.flatMap(
    (chunk) =>
      reader.push(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : Buffer.from(chunk), 7).fixes,
  );
}

/** Starts a reader whose commands are answered by `reply`, with undefined for no response. */
function connectModem(reply: (command: string) => string | undefined) {
  const commands: string[] = [];
  const fixes: Fix[] = [];
  const reader = new ModemReader('knots');
  const send = (bytes: Buffer): void => {
    commands.push(bytes.toString());
    const received = reply(bytes.toString().trimEnd());
    if (received !== undefined) setTimeout(() => fixes.push(...reader.push(Buffer.from(received)).fixes), 20);
  };
  reader.start(send);
  return { commands, fixes, reader, send };
}

const advance = (ms: number) => vi.advanceTimersByTime(ms);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a modem', () => {
  it('has its GPS switched on if it is off, and is asked for the position every second', () => {
    let isOn = false;
    const { commands, reader } = connectModem((command) => {
      if (command === 'AT+CGPS=1') isOn = true;
      return command === 'AT+CGPS?' ? response(`+CGPS: ${isOn ? 1 : 0},1`) : '\r\nOK\r\n';
    });
    advance(100);
    expect(commands).toEqual(['AT+CGPS?\r', 'AT+CGPS=1\r', 'AT+CGPSINFO\r']);
    advance(10_000);
    expect(commands.slice(3)).toEqual(Array(10).fill('AT+CGPSINFO\r'));
    reader.stop();
  });

  it('is not told to switch the GPS on if it is on', () => {
    const { commands, reader } = connectModem(() => response('+CGPS: 1,1'));
    advance(1500);
    expect(commands).toEqual(['AT+CGPS?\r', 'AT+CGPSINFO\r', 'AT+CGPSINFO\r']);
    reader.stop();
  });

  it('yields fixes if it refuses to switch the GPS on, which is on', () => {
    let second = 0;
    const { fixes, reader } = connectModem((command) => {
      if (command === 'AT+CGPSINFO') return echoed(info(second++));
      return command === 'AT+CGPS?' ? response('+CGPS: 0,1') : `${command}\r\r\nERROR\r\n`;
    });
    advance(5500);
    expect(seconds(fixes)).toEqual([1, 2, 3, 4, 5]);
    reader.stop();
  });

  it.each(['ERROR', '+CME ERROR: 100', '+CMS ERROR: 500'])(
    'is asked for its state again after %s in response to a position request',
    (refusal) => {
      const { commands, reader } = connectModem((command) =>
        command === 'AT+CGPS?' ? response('+CGPS: 1,1') : `\r\n${refusal}\r\n`,
      );
      const round = ['AT+CGPS?\r', 'AT+CGPSINFO\r'];
      advance(900);
      expect(commands).toEqual(round);
      advance(1000);
      expect(commands).toEqual([...round, ...round]);
      reader.stop();
    },
  );

  it('is sent the same command again if it does not respond', () => {
    const { commands, reader } = connectModem(() => undefined);
    advance(3500);
    expect(commands).toEqual(Array(4).fill('AT+CGPS?\r'));
    reader.stop();
  });

  it('yields fixes again after lost responses', () => {
    let numberOfCommands = 0;
    const { fixes, reader } = connectModem((command) => {
      numberOfCommands += 1;
      if (numberOfCommands % 3 === 0) return undefined;
      return command === 'AT+CGPSINFO' ? echoed(info(numberOfCommands)) : response('+CGPS: 1,1');
    });
    advance(9500);
    expect(seconds(fixes)).toEqual([4, 5, 7, 8, 10, 11]);
    reader.stop();
  });

  it('has its GPS switched on again after it has restarted', () => {
    let isOn = true;
    let second = 0;
    const { commands, fixes, reader } = connectModem((command) => {
      second += 1;
      if (command === 'AT+CGPS?') return response(`+CGPS: ${isOn ? 1 : 0},1`);
      if (command === 'AT+CGPSINFO') return response(isOn ? info(second % 60) : NO_FIX);
      isOn = true;
      return '\r\nOK\r\n';
    });
    advance(5500);
    isOn = false;
    const before = fixes.length;
    advance(40_000);
    expect(commands.filter((command) => command === 'AT+CGPS=1\r')).toHaveLength(1);
    expect(fixes.length).toBeGreaterThan(before);
    reader.stop();
  });

  it('is rarely asked for its state while there are no satellites', () => {
    const { commands, reader } = connectModem((command) =>
      response(command === 'AT+CGPS?' ? '+CGPS: 1,1' : NO_FIX),
    );
    advance(100_000);
    expect(commands.filter((command) => command === 'AT+CGPS?\r')).toHaveLength(4);
    reader.stop();
  });

  it('is not flooded with commands if it sends OK endlessly', () => {
    const { commands, reader } = connectModem(() => undefined);
    for (let i = 0; i < 1000; i++) reader.push(Buffer.from('OK\r\nERROR\r\n+CGPS: 0,1\r\n'));
    expect(commands.length).toBeLessThanOrEqual(3);
    reader.stop();
  });

  it('is sent nothing after a stop, which leaves no timer, and again after the next start', () => {
    const { commands, reader, send } = connectModem(() => undefined);
    advance(10);
    reader.stop();
    expect(vi.getTimerCount()).toBe(0);
    advance(10_000);
    expect(commands).toHaveLength(1);
    reader.start(send);
    expect(commands).toHaveLength(1);
    advance(1000);
    expect(commands).toHaveLength(2);
    reader.stop();
  });

  it('is sent nothing after a stop, even if a response still arrives', () => {
    const { commands, reader } = connectModem(() => undefined);
    reader.stop();
    reader.push(Buffer.from(response('+CGPS: 1,1')));
    expect(commands).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is sent nothing more if the port streams NMEA', () => {
    const { commands, reader } = connectModem(() => '$GNGSA,A,1,,,,,,,,,,,,,,,*01\r\n');
    advance(5500);
    expect(commands).toHaveLength(6);
    reader.push(Buffer.from('$GNGGA,162016.00,,,,,0,00,99.9,,M,,M,,*43\r\n'));
    advance(60_000);
    expect(commands).toHaveLength(6);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is still sent commands if it also sends NMEA sentences', () => {
    const { commands, reader } = connectModem(() => response('+CGPS: 1,1'));
    advance(100);
    reader.push(Buffer.from('$GNGGA,162016.00,,,,,0,00,99.9,,M,,M,,*43\r\n'));
    advance(5000);
    expect(commands).toHaveLength(2 + 5);
    reader.stop();
  });
});

describe('a modem whose family is not known', () => {
  const refuse = () => '\r\nERROR\r\n';
  const QUERIES = ['AT+CGPS?', 'AT+CGNSSPWR?', 'AT+CGNSPWR?', 'AT+QGPS?', 'AT+CGMM'];

  it('is asked as each family is asked, then for its model, one command a second', () => {
    const { commands, reader } = connectModem(refuse);
    advance(9_500);
    expect(commands).toEqual([...QUERIES, ...QUERIES].map((query) => `${query}\r`));
    reader.stop();
  });

  it('is asked for its state again if it refuses only a few times, as while it starts', () => {
    let refusals = 7;
    const { commands, reader } = connectModem((command) =>
      refusals-- > 0 || command !== 'AT+CGNSPWR?' ? refuse() : response('+CGNSPWR: 1'),
    );
    advance(8_500);
    expect(commands.slice(7, 9)).toEqual(['AT+CGNSPWR?\r', 'AT+CGNSINF\r']);
    reader.stop();
  });

  it('is found out anew if another one is plugged in', () => {
    let family: 'sim7600' | 'quectel' = 'sim7600';
    const { commands, reader } = connectModem((command) => {
      if (family === 'sim7600' && command === 'AT+CGPS?') return response('+CGPS: 1,1');
      if (family === 'sim7600' && command === 'AT+CGPSINFO') return response(NO_FIX);
      if (family === 'quectel' && command === 'AT+QGPS?') return response('+QGPS: 1');
      return family === 'quectel' && command === 'AT+QGPSLOC=2' ? '\r\n+CME ERROR: 516\r\n' : refuse();
    });
    advance(3_500);
    expect(commands.at(-1)).toBe('AT+CGPSINFO\r');
    family = 'quectel';
    advance(10_000);
    expect(commands.at(-1)).toBe('AT+QGPSLOC=2\r');
    reader.stop();
  });
});

describe('the explanation of a missing position', () => {
  const explained = (reply: (command: string) => string | undefined) => {
    const { reader } = connectModem(reply);
    advance(10_000);
    reader.stop();
    return reader.explain();
  };
  const respond = (position: string) => (command: string) =>
    command === 'AT+CGPS?' ? response('+CGPS: 1,1') : position;

  it.each<[string, (command: string) => string | undefined, string | undefined]>([
    ['is missing if the modem does not respond', () => undefined, undefined],
    ['tells that it has no fix', respond(response(NO_FIX)), 'the modem has no fix: check its GPS antenna'],
    [
      'tells what it refuses',
      respond('\r\n+CME ERROR: operation not allowed\r\n'),
      'the modem responds to AT+CGPSINFO with "+CME ERROR: operation not allowed"',
    ],
    ['tells that it repeats itself', respond(response(info(1))), 'the modem repeats its last measurement'],
    [
      'names an unknown modem',
      (command) => (command === 'AT+CGMM' ? response('LE910C1-EU') : '\r\nERROR\r\n'),
      'the modem LE910C1-EU refuses the GPS commands of the known ones (SIM7500, SIM7600, A7670',
    ],
    [
      'does without the name of a modem that refuses that too',
      () => '\r\nERROR\r\n',
      'the modem refuses the GPS commands of the known ones',
    ],
  ])('%s', (_, reply, expected) => {
    const explanation = explained(reply);
    if (expected === undefined) expect(explanation).toBeUndefined();
    else expect(explanation).toContain(expected);
  });

  it('is about the time since the one before', () => {
    const { reader } = connectModem(respond(response(NO_FIX)));
    advance(10_000);
    reader.stop();
    expect(reader.explain()).toBeDefined();
    expect(reader.explain()).toBeUndefined();
  });
});

describe('a fix', () => {
  it.each([
    ['with echo', echoed],
    ['without echo', response],
    ['with lone line feeds', (line: string) => echoed(line).replaceAll('\r\n', '\n')],
    ['with lone carriage returns', (line: string) => echoed(line).replaceAll('\r\n', '\r')],
    ['with too many line ends', (line: string) => echoed(line).replaceAll('\r\n', '\r\r\n\n')],
    [
      'with unsolicited lines between its lines',
      (line: string) => `RING\r\n${line}\r\n+CREG: 1\r\n\r\nOK\r\n*PSUTTZ: 1\r\n`,
    ],
    ['with amplitudes after it', (line: string) => `${line}\r\n\r\nAmpI/AmpQ: 443/434\r\n\r\nOK\r\n`],
  ])('is parsed %s', (_, respond) => {
    expect(seconds(read(respond(NO_FIX), respond(info(1)), respond(info(2))))).toEqual([1, 2]);
  });

  it('has an age counted from its response', () => {
    const reader = new ModemReader('knots');
    reader.push(Buffer.from(response(info(1))), 1000);
    expect(reader.push(Buffer.from(response(info(2))), 2000).fixes).toMatchObject([{ receivedAtMs: 2000 }]);
  });

  it('is not reported again while the modem repeats its last measurement', () => {
    const frozen = response(info(2));
    expect(seconds(read(response(info(1)), frozen, frozen, frozen, response(info(3))))).toEqual([2, 3]);
  });

  it('is not reported again if it is repeated after a response without a fix', () => {
    expect(seconds(read(response(info(1)), response(info(2)), response(NO_FIX), response(info(2))))).toEqual([
      2,
    ]);
  });

  it('is not taken from the first response, which may be old', () => {
    expect(read(response(info(1)), response(info(1)))).toEqual([]);
    expect(seconds(read(response(NO_FIX), response(info(1))))).toEqual([1]);
  });

  it('is not reported before its OK', () => {
    const reader = new ModemReader('knots');
    reader.push(Buffer.from(response(NO_FIX)));
    expect(reader.push(Buffer.from(`\r\n${info(1)}\r\n`)).fixes).toEqual([]);
    expect(reader.push(Buffer.from('\r\nO')).fixes).toEqual([]);
    expect(reader.push(Buffer.from('K\r\n')).fixes).toHaveLength(1);
  });

  it('is not reported if its OK is lost and the next response is damaged', () => {
    expect(read(response(NO_FIX), `\r\n${info(1)}\r\n`, response(info(2).slice(0, 40)))).toEqual([]);
  });

  it('is not reported if ERROR follows instead of OK', () => {
    expect(read(response(NO_FIX), `\r\n${info(1)}\r\n\r\nERROR\r\n\r\nOK\r\n`)).toEqual([]);
  });
});

describe('a valid response', () => {
  it.each([
    ['\r\nOK\r\n', 'modem'],
    ['\r\nERROR\r\n', 'modem'],
    ['+CME ERROR: no network service\r\n', 'modem'],
    ['+CGPS: 0,1\r\n', 'sim7600'],
    [`${NO_FIX}\r\n`, 'sim7600'],
  ])('is %j, of a %s', (text, protocol) => {
    expect(new ModemReader('knots').push(Buffer.from(text)).protocol).toBe(protocol);
  });

  it.each(['AT+CGPSINFO\r\r\n', 'OK', 'RING\r\n', 'login: \r\n', '+CGPSINFO: 4319.7\r\n', ' OK \r\n'])(
    'is not %j',
    (text) => {
      expect(new ModemReader('knots').push(Buffer.from(text)).protocol).toBeUndefined();
    },
  );
});

/** Responses of each family with a fix, at a second: the last digit of a coordinate is that of the second. */
const POSITIONS: Readonly<Record<ModemName, (second: number) => string>> = {
  sim7600: info,
  a7670: info,
  sim7070: (second) =>
    `+CGNSINF: 1,1,2024071516200${second}.000,43.32893${second},-8.408310,176.000,11.20,84.4,1,,1.1,1.4,0.9,,11,,3.5,4.1`,
  quectel: (second) =>
    `+QGPSLOC: 16200${second}.0,43.3289${second},-8.40831,1.2,176.0,3,84.24,11.2,6.0,150724,09`,
};

/** A reader that has found out the family of its modem, and sends nothing more. */
function readerOf({ commands }: Dialect): ModemReader {
  const reader = new ModemReader('knots');
  let sent = '';
  reader.start((bytes) => (sent = bytes.toString().trimEnd()));
  for (const _ of DIALECTS) {
    if (sent === commands.state) break;
    reader.push(Buffer.from('\r\nERROR\r\n'));
    advance(1_000);
  }
  expect(sent).toBe(commands.state);
  const [, name = ''] = /^AT(.*)\?$/.exec(commands.state) ?? [];
  reader.push(Buffer.from(response(`${name}: 1`)));
  expect(sent).toBe(commands.position);
  reader.stop();
  return reader;
}

describe.each(DIALECTS)('a damaged stream of the family $name', (dialect) => {
  const position = POSITIONS[dialect.name];
  const echoed = (line: string): string => `${dialect.commands.position}\r${response(line)}`;
  const read = (...chunks: (string | Uint8Array)[]): Fix[] => {
    const reader = readerOf(dialect);
    return chunks.flatMap(
      (chunk) =>
        reader.push(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : Buffer.from(chunk), 7).fixes,
    );
  };
  const stream = [0, 1, 2, 3, 4].map((second) => echoed(position(second))).join('');
  let expected: Fix[] = [];
  beforeEach(() => {
    expected = read(stream);
  });
  const report = fc.constantFrom(
    'RING',
    '+CREG: 1,"0A2B"',
    '*PSUTTZ: 24,7,15',
    'PB DONE',
    '^DSCI: 1',
    'NO CARRIER',
  );

  it('contains four fixes when undamaged', () => {
    expect(seconds(expected)).toEqual([1, 2, 3, 4]);
  });

  it('yields the same fixes with any chunk boundaries', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 40 }), (cuts) => {
        const ends = [...cuts.sort((a, b) => a - b), stream.length];
        expect(read(...ends.map((end, i) => stream.slice(ends[i - 1] ?? 0, end)))).toEqual(expected);
      }),
    );
    expect(read(...Array.from(stream))).toEqual(expected);
  });

  it('loses no fix and gains none by unsolicited lines between its lines', () => {
    const lines = stream.split(/(?<=\r\n)/);
    fc.assert(
      fc.property(
        fc.array(fc.option(report), { minLength: lines.length, maxLength: lines.length }),
        (reports) => {
          const received = lines.map((line, i) => (reports[i] ? `\r\n${reports[i]}\r\n${line}` : line));
          expect(read(received.join(''))).toEqual(expected);
        },
      ),
    );
  });

  it('yields no wrong fix if an unsolicited line splits another line', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(stream.length), report), { maxLength: 6 }), (reports) => {
        let received = stream;
        for (const [at, text] of reports)
          received = `${received.slice(0, at)}\r\n${text}\r\n${received.slice(at)}`;
        for (const fix of read(received)) expect(expected).toContainEqual(fix);
      }),
      { numRuns: 2000 },
    );
    for (let at = 0; at <= stream.length; at++) {
      const fixes = read(`${stream.slice(0, at)}\r\nRING\r\n${stream.slice(at)}`);
      for (const fix of fixes) expect(expected).toContainEqual(fix);
      expect(fixes.length).toBeGreaterThanOrEqual(expected.length - 1);
    }
  });

  it('yields no wrong fix if a response is truncated anywhere and another follows', () => {
    for (let length = 0; length < echoed(position(1)).length; length++) {
      const fixes = read(echoed(position(0)), echoed(position(1)).slice(0, length), echoed(position(2)));
      for (const fix of fixes) expect(expected).toContainEqual(fix);
      expect(seconds(fixes)).toContain(2);
    }
  });

  it('yields no wrong fix if the end of a line is lost', () => {
    const line = position(1);
    for (let length = 0; length < line.length; length++) {
      const fixes = read(echoed(position(0)), response(line.slice(0, length)), echoed(position(2)));
      expect(seconds(fixes)).toContain(2);
      for (const { courseDeg: _, ...fix } of fixes)
        expect(expected).toContainEqual(expect.objectContaining(fix));
    }
  });

  it('yields no wrong fix and no error with garbage between responses', () => {
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .string({
          unit: fc.constantFrom(...Array.from('+CGPSINFQL:OKERAT?=.,\r\n NSEW0123456789')),
          maxLength: 300,
        })
        .map((text) => Buffer.from(text)),
    );
    const responses = [0, 1, 2, 3, 4].map((second) => echoed(position(second)));
    fc.assert(
      fc.property(
        fc.array(garbage, { minLength: responses.length, maxLength: responses.length }),
        (between) => {
          const fixes = read(...responses.flatMap((received, i) => [between[i] ?? '', '\r\n', received]));
          for (const fix of fixes) expect(expected).toContainEqual(fix);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('yields no fix and no error if it is random', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), (chunks) => {
        expect(read(...chunks)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('endless garbage', () => {
  it('does not accumulate in memory, and yields the next fix', () => {
    const reader = new ModemReader('knots');
    const chunk = Buffer.alloc(65_536, info(1));
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 2000; i++) expect(reader.push(chunk, 0).fixes).toEqual([]);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000_000);
    reader.push(Buffer.from(`\r\n${echoed(NO_FIX)}`), 0);
    expect(reader.push(Buffer.from(echoed(info(2))), 0).fixes).toHaveLength(1);
  });
});
