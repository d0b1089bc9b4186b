import { SECTIONS, type Overrides } from '../../../../client/config/schema.ts';
import type { GpsOptions } from '../../format/scenario.ts';
import { Draw, rounded } from './draw.ts';

/** How often a key has another value than its default, in a seed that changes the configuration. */
const SHARE = 0.3;
/** The client must be able to send more samples than it takes. */
const MIN_DRAIN_FACTOR = 4;

type Range = readonly [min: number, max: number];
type Choice = { readonly from: Range } | { readonly of: readonly unknown[] };

const CHOICES: { readonly [Name in keyof Overrides]: Readonly<Record<string, Choice>> } = {
  mqtt: {
    keep_alive: { of: [5, 10, 30, 60] },
    reconnect_min: { from: [0.2, 5] },
    reconnect_max: { from: [5, 60] },
    send_interval: { from: [1, 20] },
    live_interval: { of: ['off', 1, 5, 13, 60] },
    nofix: { of: ['null'] },
    drain_rate: { from: [2, 1_000] },
    connect_timeout: { from: [2, 30] },
    health_interval: { from: [5, 300] },
    base_topic: { of: ['vehicle/1', 'scooters/mine/1'] },
  },
  scooter: {
    search_window: { of: [20, 45, 90] },
    reconnect_window: { of: [20, 45, 120] },
    supervision_timeout: { from: [1, 12] },
    connect_timeout: { from: [4, 20] },
    request_timeout: { from: [0.5, 4] },
    retry_min: { from: [0.3, 4] },
    retry_max: { from: [4, 60] },
  },
  serial: { reopen_interval: { from: [1, 20] } },
  outbox: {
    max_count: { from: [3, 500] },
    max_bytes: { from: [10_000, 100_000] },
    max_age: { from: [20, 300] },
    sync_interval: { of: [1, 5, 20, 60] },
    when_full: { of: ['drop-newest'] },
  },
  log: { level: { of: ['debug', 'warn'] } },
};

/** Draws the configuration of the client: that of the example in some seeds, a few other values in the others. */
export function drawClient(seed: number, gps: GpsOptions): Overrides {
  const draw = new Draw(seed, 'client');
  const sections = draw.chance(0.25) ? {} : drawSections(draw);
  const serial = gps.receiver === 'none' ? {} : { ...sections['serial'], ...serialOf(draw, gps) };
  return withoutEmpty({ ...sections, serial });
}

function drawSections(draw: Draw): Record<string, Record<string, unknown>> {
  const drawn = Object.entries(CHOICES).map(([name, keys]) => [
    name,
    Object.fromEntries(
      draw
        .some(Object.entries<Choice>(keys), SHARE)
        .map(([key, choice]) => [key, valueOf(draw, name, key, choice)]),
    ),
  ]) as [string, Record<string, unknown>][];
  const sections = Object.fromEntries(drawn);
  return { ...sections, mqtt: drainable(sections['mqtt'] ?? {}) };
}

function valueOf(draw: Draw, section: string, key: string, choice: Choice): unknown {
  if ('of' in choice) return draw.pick(choice.of);
  const { keys } = SECTIONS[section as keyof typeof SECTIONS];
  const { kind } = keys[key as keyof typeof keys] as { kind: { isWhole?: true } };
  const value = draw.logUniform(...choice.from);
  return kind.isWhole ? Math.round(value) : rounded(value);
}

/** Raises the rate at which samples are sent to a multiple of that at which they are taken. */
function drainable({
  send_interval: sendS = 5,
  drain_rate: rate,
  ...others
}: Record<string, unknown>): Record<string, unknown> {
  const minRate = MIN_DRAIN_FACTOR / Number(sendS);
  return {
    ...others,
    ...(sendS !== 5 && { send_interval: sendS }),
    ...(rate !== undefined && { drain_rate: Math.max(Number(rate), rounded(minRate)) }),
  };
}

/** Settings that depend on the receiver. */
function serialOf(draw: Draw, { receiver = 'nmea' }: GpsOptions): Record<string, unknown> {
  const isModem = receiver !== 'nmea' && receiver !== 'gpsd' && receiver !== 'none';
  return {
    ...(isModem && draw.chance(0.5) && { protocol: 'sim7600' }),
    ...(receiver === 'nmea' && draw.chance(0.2) && { protocol: 'nmea' }),
    ...(isModem && draw.chance(0.5) && { speed_unit: 'kmh' }),
  };
}

function withoutEmpty(sections: Record<string, Record<string, unknown>>): Overrides {
  return Object.fromEntries(Object.entries(sections).filter(([, keys]) => Object.keys(keys).length > 0));
}
