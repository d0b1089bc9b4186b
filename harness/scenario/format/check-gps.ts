import { wrongValue, type Finding } from '../../../client/config/finding.ts';
import type { Typed } from '../../../client/config/key.ts';
import type { Overrides } from '../../../client/config/schema.ts';
import { isGpsdUrl } from '../../../client/gps/gpsd/address.ts';
import { type SentenceType, tells, tellsAnything } from '../../../simulator/gps/nmea-writer.ts';
import { GPS } from './world-schema.ts';

type GpsKeys = Partial<Typed<typeof GPS.keys>>;

/** Length of a long sentence, in characters of ten bits. */
const SENTENCE_BITS = 820;

/** Values of `[gps]` that contradict each other or the configuration of the client. */
export function checkGps(
  gps: GpsKeys,
  { serial }: Overrides,
  headers: { readonly gps: string; readonly client: string },
): Finding[] {
  const { sentences = GPS.keys.sentences.default, dateEvery = 1, rateHz = 1, baudRate = Infinity } = gps;
  const wrong = (key: keyof typeof GPS.keys, expected: string, got: unknown): Finding =>
    wrongValue([headers.gps, key], expected, got);
  const hasPosition = (type: SentenceType): boolean => tells(type, 'position');
  const lastDated = sentences.findLastIndex((type) => tells(type, 'date'));
  const isEndKnown = dateEvery === 1 || sentences.slice(lastDated + 1).some(hasPosition);
  const first = sentences.find(tellsAnything);
  const maxRateHz = Math.floor(baudRate / SENTENCE_BITS / sentences.length);
  return [
    ...(sentences.some(hasPosition)
      ? []
      : [wrong('sentences', 'at least one of RMC, GGA, GNS and GLL', sentences)]),
    ...(new Set(sentences).size === sentences.length
      ? []
      : [wrong('sentences', 'each sentence once', sentences)]),
    ...(isEndKnown
      ? []
      : [wrong('date_every', '1, because a sentence with a date is the last one', dateEvery)]),
    ...(first === 'VTG' ? [wrong('sentences', 'one with a time before VTG', sentences)] : []),
    ...(rateHz <= maxRateHz ? [] : [wrong('rate', `at most ${maxRateHz} at this baudrate`, rateHz)]),
    ...checkReceiver(gps, serial, headers),
  ];
}

/** A receiver that the client is not configured for. */
function checkReceiver(
  { receiver }: GpsKeys,
  serial: Overrides['serial'],
  headers: { readonly gps: string; readonly client: string },
): Finding[] {
  if (receiver === undefined || !serial) return [];
  const { serial_port: port, protocol } = serial;
  const isGpsd = typeof port === 'string' && isGpsdUrl(port);
  const isSetTo = (key: string): string => `a value that suits the receiver "${receiver}", or no ${key}`;
  const wrong = (key: string, got: unknown): Finding[] => [
    wrongValue([headers.client, 'serial', key], isSetTo(key), got),
  ];
  if (receiver === 'none')
    return [wrongValue([headers.client, 'serial'], 'no such section, without a receiver', serial)];
  if (port !== undefined && isGpsd !== (receiver === 'gpsd')) return wrong('serial_port', port);
  const isModem = receiver !== 'nmea' && receiver !== 'gpsd';
  const isFit = protocol === undefined || protocol === 'auto' || (protocol === 'sim7600') === isModem;
  return isFit ? [] : wrong('protocol', protocol);
}
