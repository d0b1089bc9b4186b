import { describe, expect, it } from 'vitest';
import { receivedSamples } from './testing/received-samples.ts';

const place = (latitude: number, longitude: number): string =>
  `[scooter]\nroute = "generated"\nlatitude = ${latitude}\nlongitude = ${longitude}\n`;

describe('the position of a scenario', () => {
  it.each([
    ['nmea', 'minutes', 52.5, 13.4],
    ['nmea', 'minutes', -33.9, 151.2],
    ['gpsd', 'minutes', -34.6, -58.4],
    ['sim7600', 'minutes', 37.8, -122.4],
    ['sim7600', 'degrees', -34.6, -58.4],
    ['a7670', 'degrees', 52.5, 13.4],
    ['sim7070', 'minutes', -33.9, 151.2],
    ['quectel', 'minutes', 37.8, -122.4],
  ])(
    'is published, with the receiver %s and angles in %s: %d, %d',
    async (receiver, angles, latitude, longitude) => {
      const gps = `[gps]\nreceiver = "${receiver}"\nangles = "${angles}"\n`;
      const { gpsinfo } =
        (await receivedSamples(place(latitude, longitude) + gps)).at(-1) ?? expect.unreachable();
      expect(gpsinfo.fix).toBe(true);
      expect(Math.abs(gpsinfo.latitude - latitude)).toBeLessThan(0.2);
      expect(Math.abs(gpsinfo.longitude - longitude)).toBeLessThan(0.4);
    },
  );

  it('is that of a receiver with ten fixes in a second', async () => {
    const samples = await receivedSamples('[gps]\nrate = 10\n');
    expect(samples.filter(({ gpsinfo }) => gpsinfo.time.endsWith('.000Z')).length).toBeLessThan(
      samples.length / 2,
    );
  });

  it('is missing without a receiver', async () => {
    const samples = await receivedSamples('[gps]\nreceiver = "none"\n');
    expect(samples.length).toBeGreaterThan(5);
    expect(samples.filter(({ gpsinfo }) => gpsinfo.fix)).toEqual([]);
  });
});

describe('a crowd of other devices', () => {
  it('does not keep the client from its scooter', async () => {
    expect((await receivedSamples('[air]\nneighbours = 100\n')).length).toBeGreaterThan(5);
  });
});

describe('a broker of MQTT 5', () => {
  it.each([
    ['retained = false\nqos = 1', 5],
    ['qos = 0', 5],
    ['in_flight = 1\ntopic_alias = 3', 5],
  ])('gets all samples with %s', async (limits, count) => {
    expect((await receivedSamples(`[broker]\nversion = "5"\n${limits}\n`)).length).toBeGreaterThan(count);
  });
});
