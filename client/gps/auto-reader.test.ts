import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AutoReader } from './auto-reader.ts';
import type { ReadResult } from './reader.ts';

const NO_FIX = '$GNRMC,162016.00,V,,,,,,,150724,,,N*64\r\n$GNGGA,162016.00,,,,,0,00,99.9,,M,,M,,*43\r\n';
const FIX =
  '$GPRMC,162016.00,A,4319.736021,N,00824.498574,W,011.2,084.4,150724,,,A*42\r\n' +
  '$GPGGA,162016.00,4319.736021,N,00824.498574,W,1,08,0.9,176.0,M,54.6,M,,*79\r\n';
const RESPONSE = '\r\n+CGPS: 1,1\r\n\r\nOK\r\n';
const SILENCE_MS = 2000;

function openReader() {
  const written: string[] = [];
  const reader = new AutoReader('knots');
  reader.start((bytes) => written.push(bytes.toString()));
  const push = (text: string): ReadResult => reader.push(Buffer.from(text, 'latin1'));
  return { reader, written, push };
}

const advance = (ms: number) => vi.advanceTimersByTime(ms);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a port that streams NMEA', () => {
  it('is never written to', () => {
    const { written, push } = openReader();
    for (let second = 0; second < 600; second++) {
      push(second % 2 === 0 ? NO_FIX : FIX);
      advance(1000);
    }
    expect(written).toEqual([]);
    expect(push(FIX)).toMatchObject({ fixes: [{ latitude: 43.32893368333333 }], protocol: 'nmea' });
  });

  it('is not written to if it falls silent later', () => {
    const { written, push } = openReader();
    push(NO_FIX);
    advance(60_000);
    push('\r\nOK\r\n');
    advance(60_000);
    expect(written).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not written to after its first byte, even if it was silent before', () => {
    const { written, push } = openReader();
    advance(SILENCE_MS + 500);
    expect(written).toEqual(['AT+CGPS?\r']);
    for (const byte of NO_FIX) {
      push(byte);
      advance(SILENCE_MS - 1);
    }
    advance(60_000);
    expect(written).toHaveLength(1);
    expect(push(FIX).fixes.at(-1)).toMatchObject({ latitude: 43.32893368333333, altitudeM: 176 });
  });

  it('is not written to while it sends only garbage, as at a wrong baud rate', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(SILENCE_MS - 1), fc.uint8Array({ minLength: 1, maxLength: 80 })), {
          maxLength: 30,
        }),
        (chunks) => {
          const { reader, written } = openReader();
          for (const [afterMs, bytes] of chunks) {
            advance(afterMs);
            reader.push(Buffer.from(bytes));
          }
          expect(written).toEqual([]);
          reader.stop();
        },
      ),
    );
  });
});

describe('a port that is silent', () => {
  it('is sent a command after two seconds, and then every second', () => {
    const { reader, written } = openReader();
    advance(SILENCE_MS - 1);
    expect(written).toEqual([]);
    advance(1 + 2500);
    expect(written).toEqual(Array(3).fill('AT+CGPS?\r'));
    reader.stop();
  });

  it('and responds is a modem from then on, whatever it sends later', () => {
    const { reader, written, push } = openReader();
    advance(SILENCE_MS);
    for (const byte of `AT+CGPS?\r${RESPONSE}`) push(byte);
    push(NO_FIX);
    advance(3500);
    expect(written).toEqual(['AT+CGPS?\r', ...Array<string>(4).fill('AT+CGPSINFO\r')]);
    reader.stop();
  });

  it('and only echoes is sent commands at longer intervals', () => {
    const { reader, written, push } = openReader();
    advance(SILENCE_MS);
    push('AT+CGPS?\r');
    advance(SILENCE_MS + 999);
    expect(written).toHaveLength(1);
    advance(1);
    expect(written).toHaveLength(2);
    reader.stop();
  });
});

describe('a modem that sends first', () => {
  it('at boot is sent a command once it is silent', () => {
    const { reader, written, push } = openReader();
    advance(1500);
    push('\r\nRDY\r\n');
    advance(1500);
    push('\r\n+CPIN: READY\r\n\r\nPB DONE\r\n');
    advance(SILENCE_MS - 1);
    expect(written).toEqual([]);
    advance(1);
    expect(written).toEqual(['AT+CGPS?\r']);
    reader.stop();
  });

  it('with a response to an earlier command is detected at once', () => {
    const { reader, written, push } = openReader();
    expect(push('\r\nOK\r\n').protocol).toBe('modem');
    expect(written).toEqual(['AT+CGPS?\r']);
    reader.stop();
  });
});

it('a port that is lost leaves no timer behind, whatever was detected', () => {
  for (const text of ['', 'noise', 'OK\r\n', NO_FIX]) {
    for (const afterMs of [0, SILENCE_MS + 1]) {
      const { reader, push } = openReader();
      advance(afterMs);
      push(text);
      reader.stop();
      expect(vi.getTimerCount()).toBe(0);
    }
  }
});
