import { describe, expect, it } from 'vitest';
import type { Measurement, ModemName } from './modem-families.ts';
import { VirtualModem, type VirtualModemOptions } from './modem.ts';

const lighthouse: Measurement = {
  position: { latitude: 43.385833, longitude: -8.406483, altitudeM: 57, courseDeg: 84.4, speedKmh: 41.4848 },
  time: new Date('2026-03-01T12:35:19.128Z'),
};

function typed(...texts: string[]) {
  return withOptions({ echo: false }, ...texts);
}

function withOptions(options: VirtualModemOptions, ...texts: string[]) {
  const modem = new VirtualModem(options);
  return texts.map((text) => modem.receive(Buffer.from(text), () => lighthouse).toString());
}

const OK = '\r\nOK\r\n';
const ERROR = '\r\nERROR\r\n';
const NO_FIX = `\r\n+CGPSINFO: ,,,,,,,,\r\n${OK}`;

describe('the virtual modem', () => {
  it('is initially off, and rejects a second switch-on', () => {
    expect(
      typed('AT+CGPS?\r', 'AT+CGPS=1\r', 'AT+CGPS=1\r', 'AT+CGPS?\r', 'AT+CGPS=0\r', 'AT+CGPS?\r'),
    ).toEqual([
      `\r\n+CGPS: 0,1\r\n${OK}`,
      OK,
      ERROR,
      `\r\n+CGPS: 1,1\r\n${OK}`,
      OK,
      `\r\n+CGPS: 0,1\r\n${OK}`,
    ]);
  });

  it('reports its position in the documented fields, with knots', () => {
    expect(typed('AT+CGPS=1\r', 'AT+CGPSINFO\r')[1]).toBe(
      `\r\n+CGPSINFO: 4323.149980,N,00824.388980,W,010326,123519.1,57.0,22.4,84.4\r\n${OK}`,
    );
  });

  it('reports km/h with other firmware', () => {
    const [, answer] = withOptions({ echo: false, speedUnit: 'kmh' }, 'AT+CGPS=1\r', 'AT+CGPSINFO\r');
    expect(answer).toContain(',57.0,41.5,84.4\r\n');
  });

  it('reports degrees with decimals with other firmware', () => {
    const [, answer] = withOptions({ echo: false, angles: 'degrees' }, 'AT+CGPS=1\r', 'AT+CGPSINFO\r');
    expect(answer).toContain('+CGPSINFO: 43.38583300,N,8.40648300,W,010326,');
  });

  it('is off after a restart, and echoes again', () => {
    const modem = new VirtualModem();
    const send = (text: string): string => modem.receive(Buffer.from(text), () => lighthouse).toString();
    send('ATE0\rAT+CGPS=1\rAT+CG');
    modem.restart();
    expect(send('AT+CGPS?\r')).toBe(`AT+CGPS?\r\r\n+CGPS: 0,1\r\n${OK}`);
  });

  it('reports empty fields while it is off, has no fix, or has not measured yet', () => {
    expect(typed('AT+CGPSINFO\r')).toEqual([NO_FIX]);
    for (const newest of [undefined, { position: undefined, time: lighthouse.time }]) {
      const modem = new VirtualModem({ echo: false });
      modem.isOn = true;
      expect(modem.receive(Buffer.from('AT+CGPSINFO\r'), () => newest).toString()).toBe(NO_FIX);
    }
  });

  it('echoes commands until echo is switched off', () => {
    expect(withOptions({}, 'AT+CGPS?\r', 'ATE0\r', 'AT\r', 'ATE1\r', 'AT\r')).toEqual([
      `AT+CGPS?\r\r\n+CGPS: 0,1\r\n${OK}`,
      `ATE0\r${OK}`,
      OK,
      OK,
      `AT\r${OK}`,
    ]);
  });

  it('accepts commands in parts, in lower case, several at once and with line feeds', () => {
    expect(typed('a', 't+cg', 'ps', '?\r', 'AT\r\nAT\r\n')).toEqual([
      '',
      '',
      '',
      `\r\n+CGPS: 0,1\r\n${OK}`,
      OK + OK,
    ]);
  });

  it('rejects unknown commands, and ignores other input', () => {
    expect(typed('AT+FOO\r', 'ATtoString\r', 'hello\r', '\r')).toEqual([ERROR, ERROR, '', '']);
  });

  it('recovers from long garbage', () => {
    const [, refusal, answer] = typed('x'.repeat(100_000), '\r', 'AT\r');
    expect([refusal, answer]).toEqual(['', OK]);
  });

  it('inserts unsolicited result codes between its lines', () => {
    const reports = ['RING', undefined];
    const [answer] = withOptions({ echo: false, unsolicited: () => reports.shift() }, 'AT+CGPS?\r');
    expect(answer).toBe(`\r\nRING\r\n\r\n+CGPS: 0,1\r\n${OK}`);
  });
});

describe('a modem of another family', () => {
  it.each<[ModemName, string[], string[]]>([
    [
      'a7670',
      ['AT+CGPS?', 'AT+CGNSSPWR?', 'AT+CGPSINFO', 'AT+CGNSSPWR=1', 'AT+CGPSINFO'],
      [
        'ERROR',
        '+CGNSSPWR: 0|OK',
        '+CGPSINFO: ,,,,,,,,|OK',
        'OK|+CGNSSPWR: READY!',
        '+CGPSINFO: 4323.149980,N,00824.388980,W,010326,123519.1,57.0,22.4,84.4|OK',
      ],
    ],
    [
      'sim7070',
      ['AT+CGNSPWR?', 'AT+CGNSINF', 'AT+CGNSPWR=1', 'AT+CGNSINF'],
      [
        '+CGNSPWR: 0|OK',
        '+CGNSINF: 0,,,,,,,,,,,,,,,,,|OK',
        'OK',
        '+CGNSINF: 1,1,20260301123519.128,43.385833,-8.406483,57.000,41.48,84.4,1,,1.1,1.4,0.9,,11,,3.5,4.1|OK',
      ],
    ],
    [
      'quectel',
      ['AT+QGPS?', 'AT+QGPSLOC=2', 'AT+QGPS=1', 'AT+QGPS=1', 'AT+QGPSLOC=2'],
      [
        '+QGPS: 0|OK',
        '+CME ERROR: 505',
        'OK',
        '+CME ERROR: 504',
        '+QGPSLOC: 123519.12,43.38583,-8.40648,1.2,57.0,3,84.24,41.5,22.4,010326,09|OK',
      ],
    ],
    ['sim800', ['AT', 'AT+CGPS?', 'AT+CGMM'], ['OK', 'ERROR', 'SIMCOM_SIM800C|OK']],
  ])('%s responds as its manual says', (family, commands, expected) => {
    const replies = withOptions({ echo: false, family }, ...commands.map((command) => `${command}\r`));
    expect(
      replies.map((reply) =>
        reply
          .split(/[\r\n]+/)
          .filter(Boolean)
          .join('|'),
      ),
    ).toEqual(expected);
  });
});
