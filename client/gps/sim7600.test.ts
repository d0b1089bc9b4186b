import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Fix } from './fix.ts';
import { Sim7600Reader } from './sim7600.ts';

/** What a modem says to `AT+CGPSINFO` a number of seconds after a full minute. */
function info(second: number): string {
  const utc = `1620${String(second).padStart(2, '0')}.0`;
  return `+CGPSINFO: 4319.736${String(second).padStart(3, '0')},N,00824.498574,W,150724,${utc},176.0,11.2,84.4`;
}
const NO_FIX = '+CGPSINFO: ,,,,,,,,';

/** A whole answer as it comes out of the port. */
const response = (line: string) => `\r\n${line}\r\n\r\nOK\r\n`;
const echoed = (line: string) => `AT+CGPSINFO\r${response(line)}`;

const seconds = (fixes: readonly Fix[]) => fixes.map(({ time }) => time.getUTCSeconds());

/** Fixes of a stream that nobody has commands for. */
function read(...chunks: (string | Uint8Array)[]): Fix[] {
  const reader = new Sim7600Reader('knots');
  return chunks.flatMap(
    (chunk) =>
      reader.push(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : Buffer.from(chunk), 7).fixes,
  );
}

/** A reader whose numberOfCommands are answered at once, or not. */
function connectModem(reply: (command: string) => string | undefined) {
  const commands: string[] = [];
  const fixes: Fix[] = [];
  const reader = new Sim7600Reader('knots');
  const send = (bytes: Buffer): void => {
    commands.push(bytes.toString());
    const said = reply(bytes.toString().trimEnd());
    if (said !== undefined) setTimeout(() => fixes.push(...reader.push(Buffer.from(said)).fixes), 20);
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

describe('a conversation', () => {
  it('switches the GPS on where it is off, and asks for the position every second', () => {
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

  it('leaves it alone where it is on', () => {
    const { commands, reader } = connectModem(() => response('+CGPS: 1,1'));
    advance(1500);
    expect(commands).toEqual(['AT+CGPS?\r', 'AT+CGPSINFO\r', 'AT+CGPSINFO\r']);
    reader.stop();
  });

  it('takes no harm from a modem that is on, does not say so, and refuses to be switched on', () => {
    let second = 0;
    const { fixes, reader } = connectModem((command) =>
      command === 'AT+CGPSINFO' ? echoed(info(second++)) : `${command}\r\r\nERROR\r\n`,
    );
    advance(5500);
    expect(seconds(fixes)).toEqual([1, 2, 3, 4, 5]);
    reader.stop();
  });

  it.each(['ERROR', '+CME ERROR: 100', '+CMS ERROR: 500'])('begins again where it is told %s', (refusal) => {
    const { commands, reader } = connectModem(() => `\r\n${refusal}\r\n`);
    const round = ['AT+CGPS?\r', 'AT+CGPS=1\r', 'AT+CGPSINFO\r'];
    advance(900);
    expect(commands).toEqual(round);
    advance(1000);
    expect(commands).toEqual([...round, ...round]);
    reader.stop();
  });

  it('asks the same again where there is no answer', () => {
    const { commands, reader } = connectModem(() => undefined);
    advance(3500);
    expect(commands).toEqual(Array(4).fill('AT+CGPS?\r'));
    reader.stop();
  });

  it('goes on after answers that were lost', () => {
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

  it('switches the GPS on again after the modem has restarted by itself', () => {
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

  it('does not ask whether it is on again and again while there are no satellites', () => {
    const { commands, reader } = connectModem((command) =>
      response(command === 'AT+CGPS?' ? '+CGPS: 1,1' : NO_FIX),
    );
    advance(100_000);
    expect(commands.filter((command) => command === 'AT+CGPS?\r')).toHaveLength(4);
    reader.stop();
  });

  it('is not driven to ask by whoever says OK without an end', () => {
    const { commands, reader } = connectModem(() => undefined);
    for (let i = 0; i < 1000; i++) reader.push(Buffer.from('OK\r\nERROR\r\n+CGPS: 0,1\r\n'));
    expect(commands.length).toBeLessThanOrEqual(3);
    reader.stop();
  });

  it('ends with all its timers, and can be taken up again', () => {
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

  it('asks nothing more once it is stopped, though an answer still comes', () => {
    const { commands, reader } = connectModem(() => undefined);
    reader.stop();
    reader.push(Buffer.from(response('+CGPS: 1,1')));
    expect(commands).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('falls silent on a port that streams NMEA', () => {
    const { commands, reader } = connectModem(() => '$GNGSA,A,1,,,,,,,,,,,,,,,*01\r\n');
    advance(5500);
    expect(commands).toHaveLength(6);
    reader.push(Buffer.from('$GNGGA,162016.00,,,,,0,00,99.9,,M,,M,,*43\r\n'));
    advance(60_000);
    expect(commands).toHaveLength(6);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('goes on with a modem that reports NMEA among its answers', () => {
    const { commands, reader } = connectModem(() => response('+CGPS: 1,1'));
    advance(100);
    reader.push(Buffer.from('$GNGGA,162016.00,,,,,0,00,99.9,,M,,M,,*43\r\n'));
    advance(5000);
    expect(commands).toHaveLength(2 + 5);
    reader.stop();
  });
});

describe('a fix', () => {
  it.each([
    ['with echo', echoed],
    ['without', response],
    ['with lone line feeds', (line: string) => echoed(line).replaceAll('\r\n', '\n')],
    ['with lone carriage returns', (line: string) => echoed(line).replaceAll('\r\n', '\r')],
    ['with too many line ends', (line: string) => echoed(line).replaceAll('\r\n', '\r\r\n\n')],
    [
      'with reports between its lines',
      (line: string) => `RING\r\n${line}\r\n+CREG: 1\r\n\r\nOK\r\n*PSUTTZ: 1\r\n`,
    ],
    ['with amplitudes behind it', (line: string) => `${line}\r\n\r\nAmpI/AmpQ: 443/434\r\n\r\nOK\r\n`],
  ])('is read %s', (_, said) => {
    expect(seconds(read(said(NO_FIX), said(info(1)), said(info(2))))).toEqual([1, 2]);
  });

  it('has its age counted from its answer', () => {
    const reader = new Sim7600Reader('knots');
    reader.push(Buffer.from(response(info(1))), 1000);
    expect(reader.push(Buffer.from(response(info(2))), 2000).fixes).toMatchObject([{ receivedAtMs: 2000 }]);
  });

  it('is not told again while the receiver repeats its last measurement', () => {
    const frozen = response(info(2));
    expect(seconds(read(response(info(1)), frozen, frozen, frozen, response(info(3))))).toEqual([2, 3]);
  });

  it('is not told again when it comes back after there was none', () => {
    expect(seconds(read(response(info(1)), response(info(2)), response(NO_FIX), response(info(2))))).toEqual([
      2,
    ]);
  });

  it('is not what the modem says first: it may be from long before', () => {
    expect(read(response(info(1)), response(info(1)))).toEqual([]);
    expect(seconds(read(response(NO_FIX), response(info(1))))).toEqual([1]);
  });

  it('is none before its OK has come', () => {
    const reader = new Sim7600Reader('knots');
    reader.push(Buffer.from(response(NO_FIX)));
    expect(reader.push(Buffer.from(`\r\n${info(1)}\r\n`)).fixes).toEqual([]);
    expect(reader.push(Buffer.from('\r\nO')).fixes).toEqual([]);
    expect(reader.push(Buffer.from('K\r\n')).fixes).toHaveLength(1);
  });

  it('is none where its OK is lost and the next answer is damaged', () => {
    expect(read(response(NO_FIX), `\r\n${info(1)}\r\n`, response(info(2).slice(0, 40)))).toEqual([]);
  });

  it('is none where an ERROR takes the place of its OK', () => {
    expect(read(response(NO_FIX), `\r\n${info(1)}\r\n\r\nERROR\r\n\r\nOK\r\n`)).toEqual([]);
  });
});

describe('what is understood', () => {
  it.each([
    '\r\nOK\r\n',
    '\r\nERROR\r\n',
    '+CME ERROR: no network service\r\n',
    '+CGPS: 0,1\r\n',
    `${NO_FIX}\r\n`,
  ])('is %j', (text) => {
    expect(new Sim7600Reader('knots').push(Buffer.from(text)).protocol).toBe('sim7600');
  });

  it.each(['AT+CGPSINFO\r\r\n', 'OK', 'RING\r\n', 'login: \r\n', '+CGPSINFO: 4319.7\r\n', ' OK \r\n'])(
    'is not %j',
    (text) => {
      expect(new Sim7600Reader('knots').push(Buffer.from(text)).protocol).toBeUndefined();
    },
  );
});

describe('whatever the wire does to it', () => {
  const stream = [NO_FIX, ...[1, 2, 3, 4].map(info)].map(echoed).join('');
  const expected = read(stream);
  const report = fc.constantFrom(
    'RING',
    '+CREG: 1,"0A2B"',
    '*PSUTTZ: 24,7,15',
    'PB DONE',
    '^DSCI: 1',
    'NO CARRIER',
  );

  it('the stream of the following tests has four fixes', () => {
    expect(seconds(expected)).toEqual([1, 2, 3, 4]);
  });

  it('cut anywhere it gives the same fixes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 40 }), (cuts) => {
        const ends = [...cuts.sort((a, b) => a - b), stream.length];
        expect(read(...ends.map((end, i) => stream.slice(ends[i - 1] ?? 0, end)))).toEqual(expected);
      }),
    );
    expect(read(...Array.from(stream))).toEqual(expected);
  });

  it('reports between its lines cost no fix and make none', () => {
    const lines = stream.split(/(?<=\r\n)/);
    fc.assert(
      fc.property(
        fc.array(fc.option(report), { minLength: lines.length, maxLength: lines.length }),
        (reports) => {
          const said = lines.map((line, i) => (reports[i] ? `\r\n${reports[i]}\r\n${line}` : line));
          expect(read(said.join(''))).toEqual(expected);
        },
      ),
    );
  });

  it('a report that tears a line apart makes no wrong fix', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(stream.length), report), { maxLength: 6 }), (reports) => {
        let said = stream;
        for (const [at, text] of reports) said = `${said.slice(0, at)}\r\n${text}\r\n${said.slice(at)}`;
        for (const fix of read(said)) expect(expected).toContainEqual(fix);
      }),
      { numRuns: 2000 },
    );
    for (let at = 0; at <= stream.length; at++) {
      const fixes = read(`${stream.slice(0, at)}\r\nRING\r\n${stream.slice(at)}`);
      for (const fix of fixes) expect(expected).toContainEqual(fix);
      expect(fixes.length).toBeGreaterThanOrEqual(expected.length - 1);
    }
  });

  it('an answer that breaks off anywhere, followed by another, makes no wrong fix', () => {
    const before = echoed(NO_FIX);
    for (let length = 0; length < echoed(info(1)).length; length++) {
      const fixes = read(before, echoed(info(1)).slice(0, length), echoed(info(2)));
      for (const fix of fixes) expect(expected).toContainEqual(fix);
      expect(seconds(fixes)).toContain(2);
    }
  });

  it('garbage between the answers makes no fix, and nothing is ever thrown', () => {
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .string({
          unit: fc.constantFrom(...Array.from('+CGPSINFO:OKERAT?=.,\r\n NSEW0123456789')),
          maxLength: 300,
        })
        .map((text) => Buffer.from(text)),
    );
    const answers = [NO_FIX, ...[1, 2, 3, 4].map(info)].map(echoed);
    fc.assert(
      fc.property(fc.array(garbage, { minLength: answers.length, maxLength: answers.length }), (between) => {
        const fixes = read(...answers.flatMap((said, i) => [between[i] ?? '', '\r\n', said]));
        for (const fix of fixes) expect(expected).toContainEqual(fix);
      }),
      { numRuns: 1000 },
    );
  });

  it('any bytes at all, in any chunks, are survived', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), (chunks) => {
        expect(read(...chunks)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('garbage without an end takes no memory, and the next answers are read', () => {
    const reader = new Sim7600Reader('knots');
    const chunk = Buffer.alloc(65_536, info(1));
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 2000; i++) expect(reader.push(chunk, 0).fixes).toEqual([]);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000_000);
    reader.push(Buffer.from(`\r\n${echoed(NO_FIX)}`), 0);
    expect(reader.push(Buffer.from(echoed(info(2))), 0).fixes).toHaveLength(1);
  });
});
