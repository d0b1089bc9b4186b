import { describe, expect, it } from 'vitest';
import { VirtualSim7600, type Measurement, type VirtualSim7600Options } from './sim7600.ts';

const lighthouse: Measurement = {
  position: { latitude: 43.385833, longitude: -8.406483, altitudeM: 57, courseDeg: 84.4, speedKmh: 41.4848 },
  time: new Date('2026-03-01T12:35:19.128Z'),
};

function typed(...texts: string[]) {
  return withOptions({ echo: false }, ...texts);
}

function withOptions(options: VirtualSim7600Options, ...texts: string[]) {
  const modem = new VirtualSim7600(options);
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

  it('reports empty fields while it is off, has no fix, or has not measured yet', () => {
    expect(typed('AT+CGPSINFO\r')).toEqual([NO_FIX]);
    for (const newest of [undefined, { position: undefined, time: lighthouse.time }]) {
      const modem = new VirtualSim7600({ echo: false });
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
