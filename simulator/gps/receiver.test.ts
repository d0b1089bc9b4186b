import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { VirtualGps, type VirtualGpsOptions, type WrittenMeasurement } from './receiver.ts';
import { VirtualModem } from './modem.ts';

const position = { latitude: 43.385833, longitude: -8.406483, altitudeM: 57, courseDeg: 84, speedKmh: 20 };
const START = new Date('2026-03-01T12:00:00.300Z');

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

function receiver(options: { intervalMs?: number } = {}) {
  const written: { atMs: number; text: string }[] = [];
  const gps = new VirtualGps({
    position: () => position,
    sink: (bytes) => written.push({ atMs: Date.now() - START.getTime(), text: bytes.toString('ascii') }),
    ...options,
  });
  return { gps, written };
}

describe('the virtual receiver', () => {
  it('writes its sentences at every whole second', () => {
    const { gps, written } = receiver();
    gps.start();
    vi.advanceTimersByTime(3000);
    expect(written.map(({ atMs }) => atMs)).toEqual([700, 1700, 2700]);
    expect(written.map(({ text }) => text.slice(0, 16))).toEqual([
      '$GNRMC,120001.00',
      '$GNRMC,120002.00',
      '$GNRMC,120003.00',
    ]);
    expect(written[0]?.text.match(/\$GN(RMC|GGA|GSA),[^\r\n]*\*[0-9A-F]{2}\r\n/g)).toHaveLength(3);
    gps.stop();
  });

  it('measures five times per second if configured', () => {
    const { gps, written } = receiver({ intervalMs: 200 });
    gps.start();
    vi.advanceTimersByTime(1000);
    expect(written.map(({ atMs }) => atMs)).toEqual([100, 300, 500, 700, 900]);
    gps.stop();
  });

  it('has one timer even if started repeatedly, and none once stopped', () => {
    const { gps } = receiver();
    gps.start();
    gps.start();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(5000);
    gps.start();
    expect(vi.getTimerCount()).toBe(1);
    gps.stop();
    gps.stop();
    expect(vi.getTimerCount()).toBe(0);
    expect(gps.running).toBe(false);
  });

  it('writes nothing once stopped, and measures again after another start', () => {
    const { gps, written } = receiver();
    gps.start();
    vi.advanceTimersByTime(1000);
    gps.stop();
    vi.advanceTimersByTime(5000);
    expect(written).toHaveLength(1);
    gps.start();
    vi.advanceTimersByTime(1000);
    expect(written).toHaveLength(2);
    gps.stop();
  });

  it('can be stopped by its sink', () => {
    const gps = new VirtualGps({ position: () => position, sink: () => gps.stop() });
    gps.start();
    vi.advanceTimersByTime(1000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps satellite time when the computer clock is stepped', () => {
    const satelliteTime = performance.timeOrigin + performance.now();
    const texts: string[] = [];
    const gps = new VirtualGps({
      position: () => position,
      sink: (bytes) => texts.push(bytes.toString('ascii')),
      now: () => new Date(START.getTime() + performance.timeOrigin + performance.now() - satelliteTime),
    });
    gps.start();
    vi.setSystemTime(0);
    vi.advanceTimersByTime(700);
    expect(texts[0]).toContain('$GNRMC,120001.00');
    gps.stop();
  });
});

describe('a receiver at a low baud rate', () => {
  function slow(options: Partial<VirtualGpsOptions> = {}) {
    const written: { atMs: number; text: string; measurement: WrittenMeasurement | undefined }[] = [];
    const gps = new VirtualGps({
      position: () => position,
      baudRate: 9600,
      sink: (bytes, measurement) =>
        written.push({
          atMs: Date.now() - START.getTime(),
          text: bytes.toString('ascii').slice(3, 6),
          measurement,
        }),
      ...options,
    });
    gps.start();
    return { gps, written };
  }

  it('writes one sentence after the other, and the measurement is over with the last one about it', () => {
    const { gps, written } = slow();
    vi.advanceTimersByTime(1500);
    expect(written.map(({ text }) => text)).toEqual(['RMC', 'GGA', 'GSA']);
    const [rmc = 0, gga = 0] = written.map(({ atMs }) => atMs);
    expect(rmc).toBeGreaterThan(770);
    expect(gga - rmc).toBeGreaterThan(70);
    expect(written.map(({ measurement }) => measurement !== undefined)).toEqual([false, true, false]);
    expect(written[1]?.measurement?.ageMs).toBeCloseTo(gga - rmc, -1);
    gps.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tells all of the first measurement as soon as nothing can follow, and later ones with their last sentence', () => {
    const { gps, written } = slow({ sentences: ['ZDA', 'GNS', 'VTG', 'GLL'] });
    vi.advanceTimersByTime(2500);
    const ends = (): string[] => written.filter(({ measurement }) => measurement).map(({ text }) => text);
    expect(ends()).toEqual(['VTG', 'GLL']);
    gps.onPortOpened();
    vi.advanceTimersByTime(1000);
    expect(ends()).toEqual(['VTG', 'GLL', 'VTG']);
    gps.stop();
  });

  it('leaves out the rest of a measurement if the port is opened meanwhile', () => {
    const { gps, written } = slow();
    vi.advanceTimersByTime(800);
    gps.onPortOpened();
    vi.advanceTimersByTime(500);
    expect(written.map(({ text }) => text)).toEqual(['RMC']);
    gps.stop();
  });
});

describe('a receiver that seldom sends its date', () => {
  it('says what the client can know of each measurement', () => {
    let hasFix = false;
    const written: (WrittenMeasurement | undefined)[] = [];
    const texts: string[] = [];
    const gps = new VirtualGps({
      position: () => (hasFix ? position : undefined),
      sentences: ['ZDA', 'GLL', 'VTG'],
      dateEvery: 3,
      sink: (bytes, measurement) => {
        texts.push(bytes.toString('ascii').slice(3, 6));
        written.push(measurement);
      },
    });
    gps.start();
    vi.advanceTimersByTime(1000);
    hasFix = true;
    vi.advanceTimersByTime(4000);
    gps.onPortOpened();
    vi.advanceTimersByTime(1000);
    expect(texts).toEqual(['ZDA', 'GLL', 'GLL', 'ZDA', 'GLL', 'GLL']);
    expect(written.map((each) => each?.isDated)).toEqual([false, false, false, true, true, false]);
    expect(written.map((each) => each?.isEndKnown)).toEqual([false, true, true, true, true, false]);
    expect(written.every((each) => each?.hasSpeed === true && !each.hasAltitude)).toBe(true);
    gps.stop();
  });
});

describe('a receiver in a modem', () => {
  function modem(measuringMs = 1000) {
    const reported: (WrittenMeasurement | undefined)[] = [];
    const texts: string[] = [];
    const gps = new VirtualGps({
      position: () => position,
      modem: new VirtualModem({ echo: false }),
      sink: (bytes, measurement) => {
        texts.push(bytes.toString('ascii'));
        reported.push(measurement);
      },
    });
    const send = (text: string): void => gps.receive(Buffer.from(text));
    gps.start();
    send('AT+CGPS=1\r');
    vi.advanceTimersByTime(measuringMs);
    return { gps, reported, texts, send };
  }

  it('writes only replies, which contain its latest measurement', () => {
    const { gps, reported, texts, send } = modem();
    expect(texts).toEqual(['\r\nOK\r\n']);
    send('AT+CGPSINFO\r');
    vi.advanceTimersByTime(2000);
    send('AT+CGPSINFO\r');
    expect(texts).toHaveLength(3);
    expect(texts[1]).toContain(',010326,120001.0,');
    expect(texts[2]).toContain(',010326,120003.0,');
    expect(reported[2]).toMatchObject({ position, time: new Date('2026-03-01T12:00:03Z'), isIntact: true });
    gps.stop();
  });

  it('reports a measurement as new only once, and not the first one after the port was opened', () => {
    const { gps, reported, send } = modem();
    send('AT+CGPSINFO\r');
    send('AT+CGPSINFO\r');
    vi.advanceTimersByTime(1000);
    send('AT+CGPSINFO\r');
    send('AT+CGPSINFO\r');
    gps.onPortOpened();
    vi.advanceTimersByTime(1000);
    send('AT+CGPSINFO\r');
    expect(reported.map((measurement) => measurement?.time.getUTCSeconds())).toEqual([
      undefined,
      undefined,
      undefined,
      2,
      undefined,
      undefined,
    ]);
    gps.stop();
  });

  it('reports the first measurement as new if it had none when it was asked before', () => {
    const { gps, reported, send } = modem(0);
    send('AT+CGPSINFO\r');
    vi.advanceTimersByTime(1000);
    send('AT+CGPSINFO\r');
    expect(reported.map((measurement) => measurement?.time.getUTCSeconds())).toEqual([
      undefined,
      undefined,
      1,
    ]);
    gps.stop();
  });

  it('is subject to the same faults as any receiver', () => {
    const { gps, reported, texts, send } = modem();
    send('AT+CGPSINFO\r');
    const noise = { bytes: () => Buffer.from('~~~') };
    gps.behaviours.add(noise);
    vi.advanceTimersByTime(1000);
    send('AT+CGPSINFO\r');
    expect(texts.at(-1)).toBe('~~~');
    expect(reported.at(-1)).toMatchObject({ isIntact: false });
    gps.behaviours.delete(noise);
    gps.behaviours.add({ position: () => undefined });
    vi.advanceTimersByTime(1000);
    send('AT+CGPSINFO\r');
    expect(texts.at(-1)).toContain('+CGPSINFO: ,,,,,,,,\r\n');
    gps.behaviours.add({ bytes: () => undefined });
    send('AT+CGPSINFO\r');
    expect(texts).toHaveLength(4);
    gps.stop();
  });

  it('repeats its latest measurement, which is not new, until that fault ends', () => {
    const { gps, reported, texts, send } = modem();
    send('AT+CGPSINFO\r');
    const repeating = { isRepeating: true };
    gps.behaviours.add(repeating);
    vi.advanceTimersByTime(2000);
    send('AT+CGPSINFO\r');
    expect(texts.at(-1)).toBe(texts.at(-2));
    expect(reported.at(-1)).toBeUndefined();
    gps.behaviours.delete(repeating);
    vi.advanceTimersByTime(1000);
    send('AT+CGPSINFO\r');
    expect(reported.at(-1)).toBeDefined();
    gps.stop();
  });

  it('has no position after a restart until it is switched on, and none while it estimates', () => {
    const { gps, texts, send } = modem();
    gps.restart();
    vi.advanceTimersByTime(1000);
    send('AT+CGPSINFO\r');
    expect(texts.at(-1)).toContain('+CGPSINFO: ,,,,,,,,\r\n');
    send('AT+CGPS=1\r');
    send('AT+CGPSINFO\r');
    expect(texts.at(-1)).toContain(',N,00824.');
    gps.behaviours.add({ isEstimated: true });
    vi.advanceTimersByTime(1000);
    send('AT+CGPSINFO\r');
    expect(texts.at(-1)).toContain('+CGPSINFO: ,,,,,,,,\r\n');
    gps.stop();
  });

  it('is required to reply to commands', () => {
    const { gps, written } = receiver();
    gps.receive(Buffer.from('AT+CGPSINFO\r'));
    expect(written).toEqual([]);
  });
});

describe('a fault of the receiver', () => {
  it.each([
    ['no fix', { position: () => undefined }, /^\$GNRMC,120001\.00,V,/],
    ['garbage', { bytes: () => Buffer.from('~~~') }, /^~~~$/],
  ])('%s affects the output while it is active', (_, fault, expected) => {
    const { gps, written } = receiver();
    gps.behaviours.add(fault);
    gps.start();
    vi.advanceTimersByTime(1000);
    gps.behaviours.delete(fault);
    vi.advanceTimersByTime(1000);
    expect(written[0]?.text).toMatch(expected);
    expect(written[1]?.text).toMatch(/^\$GNRMC,120002\.00,A,/);
    gps.stop();
  });

  it('silence suppresses all output, and measuring continues', () => {
    const { gps, written } = receiver();
    const silence = { bytes: () => undefined };
    gps.behaviours.add(silence);
    gps.start();
    vi.advanceTimersByTime(2000);
    expect(written).toHaveLength(0);
    gps.behaviours.delete(silence);
    vi.advanceTimersByTime(1000);
    expect(written.map(({ atMs }) => atMs)).toEqual([2700]);
    gps.stop();
  });
});
