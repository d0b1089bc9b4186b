import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModemReader } from '../../../client/gps/modem/modem-reader.ts';
import { VirtualModem } from '../../../simulator/gps/modem.ts';
import type { ModemName } from '../../../simulator/gps/modem-families.ts';
import type { MeasuredPosition } from '../../../simulator/gps/measured-position.ts';
import { TestRide, TOKEN } from './testing/test-ride.ts';

/** The client waits for NMEA, switches the GPS on, and uses the second answer. */
const FIRST_FIX_MS = 2_000 + 4_000;
const REOPEN_MS = 5_000;

describe('a client with a modem', () => {
  let ride: TestRide;
  beforeEach(() => {
    ride = new TestRide();
    ride.configure();
  });
  afterEach(() => ride.close());

  /** What the client writes to the port. */
  function written(): string[] {
    const texts: string[] = [];
    const { gps } = ride.world;
    const receive = gps.receive.bind(gps);
    gps.receive = (bytes) => {
      texts.push(bytes.toString('latin1'));
      receive(bytes);
    };
    return texts;
  }

  const fixesSince = (index: number) => ride.payloads.slice(index).map(({ gpsinfo }) => gpsinfo.fix);

  it.each<[ModemName, string[], number]>([
    ['sim7600', ['AT+CGPS?', 'AT+CGPS=1', 'AT+CGPSINFO', 'AT+CGPSINFO'], 6],
    ['a7670', ['AT+CGPS?', 'AT+CGNSSPWR?', 'AT+CGNSSPWR=1', 'AT+CGPSINFO'], 6],
    ['sim7070', ['AT+CGPS?', 'AT+CGNSSPWR?', 'AT+CGNSPWR?', 'AT+CGNSPWR=1', 'AT+CGNSINF'], 5],
    ['quectel', ['AT+CGPS?', 'AT+CGNSSPWR?', 'AT+CGNSPWR?', 'AT+QGPS?', 'AT+QGPS=1', 'AT+QGPSLOC=2'], 4],
  ])(
    '%s detects its family by asking, and publishes the position of the scooter',
    async (family, commands, digits) => {
      await ride.start({ token: TOKEN, gps: family });
      const texts = written();
      const truth = new Map<string, MeasuredPosition>();
      ride.world.gps.behaviours.add({
        position: (position) => {
          if (position) truth.set(new Date().toISOString(), position);
          return position;
        },
      });
      const run = ride.command('run');
      await ride.clock.advance(60_000);
      ride.stop();
      expect(await ride.clock.until(run)).toBe(0);

      expect(texts.slice(0, commands.length)).toEqual(commands.map((command) => `${command}\r`));
      const fixes = ride.payloads.map(({ gpsinfo }) => gpsinfo).filter(({ fix }) => fix);
      expect(fixes.length).toBeGreaterThanOrEqual(9);
      for (const { latitude, longitude, time, age_sec: age, gps_speed: speed } of fixes) {
        const then = truth.get(time);
        expect(latitude).toBeCloseTo(then?.latitude ?? 0, digits);
        expect(longitude).toBeCloseTo(then?.longitude ?? 0, digits);
        expect(speed).toBeCloseTo(then?.speedKmh ?? 0, 0);
        expect(age).toBeLessThan(1.1);
      }
      expect(ride.output.match(/GPS receiver detected.*/g)).toEqual([expect.stringContaining(family)]);
    },
  );

  it('of no known family is named every minute, with what to do instead', async () => {
    await ride.start({ token: TOKEN, gps: 'sim800' });
    const run = ride.command('run');
    await ride.clock.advance(130_000);
    ride.stop();
    await ride.clock.until(run);
    const lines = ride.output.match(/no position for \d+ s: .*/g) ?? [];
    expect(lines.map((line) => line.slice(0, 'no position for 120 s'.length))).toEqual([
      'no position for 60 s:',
      'no position for 120 s',
    ]);
    for (const line of lines) {
      expect(line).toContain('the modem SIMCOM_SIM800C refuses the GPS commands of the known ones (SIM7500');
      expect(line).toContain('set serial_port to that and protocol to "nmea"');
    }
    expect(ride.output).not.toMatch(/no GPS receiver|GPS receiver detected/);
    expect(ride.payloads.length).toBeGreaterThanOrEqual(20);
  });

  it('reports no fix without satellites, and a fix when they are back', async () => {
    await ride.start({ token: TOKEN, gps: 'sim7600' });
    const run = ride.command('run');
    await ride.clock.advance(20_000);
    const noSatellites = { position: () => undefined };
    ride.world.gps.behaviours.add(noSatellites);
    await ride.clock.advance(5_000);
    const without = ride.payloads.length;
    await ride.clock.advance(60_000);
    ride.world.gps.behaviours.delete(noSatellites);
    const withFix = ride.payloads.length;
    await ride.clock.advance(20_000);
    ride.stop();
    await ride.clock.until(run);
    expect(fixesSince(without).slice(0, withFix - without)).not.toContain(true);
    expect(fixesSince(withFix + 1)).not.toContain(false);
    expect(fixesSince(withFix + 1).length).toBeGreaterThanOrEqual(2);
  });

  it('does not report a fix that the modem repeats forever, before or after a restart', async () => {
    await ride.start({ token: TOKEN, gps: 'sim7600' });
    const run = ride.command('run');
    await ride.clock.advance(20_000);
    ride.world.gps.stop();
    await ride.clock.advance(5_000);
    const frozen = ride.payloads.length;
    ride.world.serial?.unplug();
    ride.world.serial?.plug();
    await ride.clock.advance(60_000);
    ride.stop();
    await ride.clock.until(run);
    expect(fixesSince(0)).toContain(true);
    expect(fixesSince(frozen).length).toBeGreaterThanOrEqual(10);
    expect(fixesSince(frozen)).not.toContain(true);
  });

  it('detects the modem again after it was unplugged and restarted, and logs each once', async () => {
    await ride.start({ token: TOKEN, gps: 'sim7600' });
    const run = ride.command('run');
    await ride.clock.advance(20_000);
    ride.world.serial?.unplug();
    await ride.clock.advance(60_000);
    ride.world.serial?.plug();
    ride.world.gps.receive(Buffer.from('AT+CGPS=0\r'));
    await ride.clock.advance(REOPEN_MS + FIRST_FIX_MS);
    const back = ride.payloads.length;
    await ride.clock.advance(20_000);
    ride.stop();
    await ride.clock.until(run);
    expect(fixesSince(back).length).toBeGreaterThanOrEqual(3);
    expect(fixesSince(back)).not.toContain(false);
    expect(ride.output.match(/GPS receiver detected/g)).toHaveLength(2);
    // One when it is unplugged, one while it stays away.
    expect(ride.output.match(/no GPS receiver/g)).toHaveLength(2);
  });

  it('takes samples at the same rate while the port receives garbage or nothing', async () => {
    await ride.start({ token: TOKEN, gps: 'sim7600' });
    const run = ride.command('run');
    for (const bytes of [() => Buffer.from('\xff\x00~$+CGPSI'), () => undefined]) {
      const fault = { bytes };
      ride.world.gps.behaviours.add(fault);
      await ride.clock.advance(60_000);
      ride.world.gps.behaviours.delete(fault);
      await ride.clock.advance(30_000);
      expect(fixesSince(ride.payloads.length - 1)).toEqual([true]);
    }
    ride.stop();
    await ride.clock.until(run);
    expect(ride.payloads.length).toBeGreaterThanOrEqual(180 / 5 - 2);
    expect(ride.payloads.map(({ seq }) => seq)).toEqual(ride.payloads.map((_, index) => index + 1));
  });

  it('writes nothing to an NMEA receiver, despite garbage and unplugging', async () => {
    await ride.start({ token: TOKEN });
    const texts = written();
    const run = ride.command('run');
    await ride.clock.advance(20_000);
    const garbage = { bytes: (bytes: Buffer) => bytes.map((byte) => byte ^ 0x5a) as Buffer };
    ride.world.gps.behaviours.add(garbage);
    await ride.clock.advance(60_000);
    ride.world.gps.behaviours.delete(garbage);
    await ride.clock.advance(20_000);
    ride.world.serial?.unplug();
    await ride.clock.advance(20_000);
    ride.world.serial?.plug();
    await ride.clock.advance(20_000);
    ride.stop();
    await ride.clock.until(run);
    expect(texts).toEqual([]);
    expect(fixesSince(ride.payloads.length - 1)).toEqual([true]);
    expect(ride.output.match(/no GPS receiver.*received only garbage/g)).toHaveLength(1);
  });
});

it('the configuration of the earlier client has no key for the protocol of the GPS receiver', () => {
  expect(readFileSync('fixtures/legacy/martinete.toml', 'utf8')).not.toMatch(/protocol|speed_unit/);
});

describe('the client’s reader and the virtual modem', () => {
  const measured = fc.record({
    // Zeros stand for no position.
    latitude: fc.double({ min: -89.9, max: 89.9, noNaN: true }).filter((degrees) => Math.abs(degrees) > 1e-6),
    longitude: fc.double({ min: -179.9, max: 179.9, noNaN: true }),
    altitudeM: fc.double({ min: -400, max: 8000, noNaN: true }),
    courseDeg: fc.double({ min: 0, max: 359.99, noNaN: true }),
    speedKmh: fc.double({ min: 0, max: 120, noNaN: true }),
  });
  const report = fc.option(fc.constantFrom('RING', '+CREG: 1', '*PSUTTZ: 24,7,15'), { nil: undefined });

  it('agree on every position, with and without echo, in either unit, despite unsolicited messages', () => {
    fc.assert(
      fc.property(
        fc.array(measured, { minLength: 2, maxLength: 6 }),
        fc.array(report, { maxLength: 12 }),
        fc.boolean(),
        fc.constantFrom('knots', 'kmh'),
        fc.integer({ min: 1, max: 40 }),
        (positions, reports, echo, speedUnit, chunkLength) => {
          const modem = new VirtualModem({ echo, speedUnit, unsolicited: () => reports.shift() });
          modem.isOn = true;
          const reader = new ModemReader(speedUnit);
          const fixes = positions.flatMap((position, second) => {
            const time = new Date(Date.UTC(2026, 2, 1, 12, 0, second));
            const response = modem.receive(Buffer.from('AT+CGPSINFO\r'), () => ({ position, time }));
            const chunks = Array.from({ length: Math.ceil(response.length / chunkLength) }, (_, index) =>
              response.subarray(index * chunkLength, (index + 1) * chunkLength),
            );
            return chunks.flatMap((chunk) => reader.push(chunk).fixes);
          });
          expect(fixes).toHaveLength(positions.length - 1);
          fixes.forEach((fix, index) => {
            const expected = positions[index + 1];
            expect(fix.time?.getUTCSeconds()).toBe(index + 1);
            expect(fix.latitude).toBeCloseTo(expected?.latitude ?? NaN, 7);
            expect(fix.longitude).toBeCloseTo(expected?.longitude ?? NaN, 7);
            expect(Math.abs((fix.altitudeM ?? NaN) - (expected?.altitudeM ?? NaN))).toBeLessThanOrEqual(
              0.051,
            );
            expect(Math.abs((fix.speedKmh ?? NaN) - (expected?.speedKmh ?? NaN))).toBeLessThanOrEqual(0.1);
          });
        },
      ),
    );
  });
});
