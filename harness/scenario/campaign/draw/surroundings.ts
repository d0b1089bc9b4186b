import { DEFAULT_WORLD } from '../../format/default-world.ts';
import type { AirOptions, BrokerOptions, ClockOptions, GpsOptions } from '../../format/scenario.ts';
import { Draw } from './draw.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 1_440 * MINUTE_MS;
const YEAR_MS = 365 * DAY_MS;
/** Ends of a day, a month, a February and a leap day, and a year. */
const MIDNIGHTS = ['2026-05-05', '2026-06-01', '2027-03-01', '2028-02-29', '2028-03-01', '2027-01-01'].map(
  (day) => Date.parse(`${day}T00:00:00Z`),
);

const { gps, clock, broker, air } = DEFAULT_WORLD;

/** Sentences of common receivers. */
const OUTPUTS: readonly Partial<GpsOptions>[] = [
  {},
  {},
  { sentences: ['GGA', 'RMC', 'VTG', 'ZDA'], dateEvery: 1 },
  { sentences: ['ZDA', 'GNS', 'VTG', 'GLL'], dateEvery: 30 },
];

/** Draws the GPS receiver; its rate is that of many receivers in most seeds, because each fix takes time. */
export function drawGps(seed: number): GpsOptions {
  const draw = new Draw(seed, 'gps');
  if (draw.chance(0.2)) return gps;
  const receiver = draw.pick([
    'none',
    'nmea',
    'nmea',
    'nmea',
    'sim7600',
    'sim7600',
    'a7670',
    'sim7070',
    'quectel',
    'gpsd',
    'gpsd',
  ] as const);
  return {
    ...gps,
    receiver,
    rateHz: receiver === 'nmea' || receiver === 'gpsd' ? draw.pick([1, 1, 1, 5, 10]) : 1,
    angles: draw.pick(['minutes', 'degrees']),
    ...(receiver === 'nmea' && draw.pick(OUTPUTS)),
  };
}

/** Time zones with offsets of whole hours and others, to the west and the east, and at the limits. */
const ZONES = [
  'UTC',
  'Europe/Madrid',
  'America/St_Johns',
  'America/Los_Angeles',
  'Asia/Kathmandu',
  'Pacific/Kiritimati',
] as const;

/** Draws the time of the scenario, and how the Pi knows it. @param minutes duration of the faults */
export function drawClock(seed: number, minutes: number): ClockOptions {
  const draw = new Draw(seed, 'clock');
  const startMs = draw.chance(0.5)
    ? clock.startMs
    : draw.pick(MIDNIGHTS) - Math.round(draw.uniform(0, minutes * MINUTE_MS));
  const service = draw.pick(['kernel', 'kernel', 'kernel', 'timesyncd', 'none'] as const);
  const zone = new Draw(seed, 'zone').pick(ZONES);
  if (draw.chance(0.6)) return { ...clock, startMs, service, zone };
  return {
    startMs,
    zone,
    service,
    errorMs: -Math.round(
      draw.pick([draw.uniform(0, MINUTE_MS), draw.uniform(0, DAY_MS), draw.uniform(0, 5 * YEAR_MS)]),
    ),
    setAfterMs: Math.round(draw.uniform(SECOND_MS, minutes * MINUTE_MS)),
  };
}

/** Draws the broker: one of MQTT 3.1.1 in most seeds. */
export function drawBroker(seed: number): BrokerOptions {
  const draw = new Draw(seed, 'broker');
  if (draw.chance(0.65)) return broker;
  return {
    version: '5',
    login: 'address',
    retained: draw.chance(0.7),
    qos: draw.pick([2, 2, 1, 0]),
    ...(draw.chance(0.3) && { packetBytes: draw.logUniform(800, 20_000) }),
    ...(draw.chance(0.3) && { inFlight: Math.round(draw.logUniform(1, 100)) }),
    topicAlias: draw.pick([0, 0, 1, 10]),
  };
}

/** Draws what else is in the air. */
export function drawAir(seed: number): AirOptions {
  const draw = new Draw(seed, 'air');
  return draw.chance(0.7) ? air : { neighbours: draw.pick([1, 3, 10, 30]) };
}
