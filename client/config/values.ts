import { z } from 'zod';
import { isGpsdUrl, parseGpsdUrl } from '../gps/gpsd/address.ts';

/** A kind of value: how it is checked and typed, and how messages describe it. */
export interface ValueKind<Typed> {
  readonly unit?: string;
  /** Smallest and largest valid value, in `unit`. */
  readonly range?: readonly [min: number, max: number];
  /** The valid words; besides them, numbers in `range` are valid. */
  readonly choices?: readonly string[];
  /** Completes "expected …". */
  readonly expects: string;
  readonly schema: z.ZodType<Typed>;
  /** The value is a whole number. */
  readonly isWhole?: true;
  /** Completes "expected …" more precisely for an invalid value. */
  readonly explain?: (value: unknown) => string | undefined;
  /** The kind of each element, if the value is an array. */
  readonly element?: ValueKind<unknown>;
  /** The value is a path; relative ones start at the folder of the configuration file. */
  readonly isPath?: true;
}

/** Schemes of `broker`: the earlier client's, mqtt.js's own, and their TLS and WebSocket forms. */
const BROKER_SCHEMES = ['tcp', 'mqtt', 'ssl', 'mqtts', 'ws', 'wss'] as const;

const SCHEMES = BROKER_SCHEMES.map((scheme) => `${scheme}://`).join(', ');

/** A topic is a UTF-8 string behind a 16-bit length (MQTT 5, section 1.5.4). */
const MAX_TOPIC_BYTES = 65_535;

const numeric = (name: string, unit: string, min: number, max: number) => ({
  unit,
  range: [min, max] as const,
  expects: `a ${name}${unit && ` of ${unit}`} from ${min} to ${max}`,
});

const inRange = (min: number, max: number) => z.number().min(min).max(max);

/** Any number in the range, with the same value in the file and in the typed configuration; `unit` may be empty. */
export function number(unit: string, min: number, max: number): ValueKind<number> {
  return { ...numeric('number', unit, min, max), schema: inRange(min, max) };
}

/** Any whole number in the range; `unit` may be empty. */
export function integer(unit: string, min: number, max: number): ValueKind<number> {
  return { ...numeric('whole number', unit, min, max), isWhole: true, schema: z.int().min(min).max(max) };
}

/** Seconds in the file, whole milliseconds in the typed configuration. */
export function duration(minS: number, maxS: number): ValueKind<number> {
  return {
    ...numeric('number', 'seconds', minS, maxS),
    schema: inRange(minS, maxS).transform((seconds) => Math.round(seconds * 1000)),
  };
}

/** Minimum time between two events: seconds or "off" in the file, milliseconds or Infinity in the typed configuration. */
export function interval(maxS: number): ValueKind<number> {
  return {
    unit: 'seconds',
    range: [0, maxS],
    choices: ['off'],
    expects: `a number of seconds from 0 to ${maxS}, or "off"`,
    schema: z.union([
      inRange(0, maxS).transform((seconds) => Math.round(seconds * 1000)),
      z.literal('off').transform(() => Infinity),
    ]),
  };
}

/** One of a few words. */
export function oneOf<const Choice extends string>(...choices: Choice[]): ValueKind<Choice> {
  const quoted = choices.map((choice) => `"${choice}"`);
  return {
    choices,
    expects: `one of ${quoted.join(', ')}`,
    schema: z.enum(choices),
  };
}

/** Any text that is not empty. NUL is excluded: no system call accepts it in a name. */
export function text(expects: string): ValueKind<string> {
  return { expects, schema: z.string().regex(/^[^\0]+$/) };
}

/** A serial port of the operating system, or the address of gpsd. */
export function serialPort(): ValueKind<string> {
  const expects = 'a serial port such as "/dev/ttyUSB2", or gpsd at "gpsd://host" or "gpsd://host:port"';
  return {
    expects,
    schema: text(expects).schema.refine((value) => !isGpsdUrl(value) || parseGpsdUrl(value) !== undefined),
  };
}

/** A path; `loadConfig` resolves relative ones. */
export function path(): ValueKind<string> {
  return { ...text('a path that is not empty'), isPath: true };
}

/** A Bluetooth address; the typed form is in lower case with colons, whatever the spelling in the file. */
export function macAddress(): ValueKind<string> {
  return {
    expects: 'the 12 hexadecimal digits of a Bluetooth address, such as "C8:F0:9E:00:00:01"',
    schema: z
      .string()
      .regex(/^[0-9a-f]{2}([:-]?)[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}$/i)
      .transform((mac) =>
        mac
          .toLowerCase()
          .replace(/[:-]/g, '')
          .replace(/..(?=.)/g, '$&:'),
      ),
  };
}

/** A topic to publish to: wildcards are for subscriptions, a leading `$` is for the broker (MQTT 5, 4.7). */
export function topic(): ValueKind<string> {
  return {
    expects: 'a topic that is not empty, without the wildcards + and #, and without $ at its start',
    schema: z
      .string()
      .regex(/^(?!\$)[^+#\0]+$/)
      .refine((topic) => Buffer.byteLength(topic) <= MAX_TOPIC_BYTES),
  };
}

/** Address of an MQTT broker: scheme, host, and optionally a port. */
export function brokerUrl(): ValueKind<string> {
  return {
    expects: `an address such as "tcp://127.0.0.1:1883" that starts with ${SCHEMES}`,
    schema: z.string().refine(isBrokerUrl),
    explain: explainBrokerUrl,
  };
}

const MAX_PORT = 65_535;

/** Explains what is wrong with an address that is right but for its port or its scheme. */
function explainBrokerUrl(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const [, address, port] = /^([a-z]+:\/\/[^/@]+):(\d+)(?:\/.*)?$/.exec(value) ?? [];
  if (address !== undefined && !(Number(port) >= 1 && Number(port) <= MAX_PORT)) {
    return isBrokerUrl(address) ? `a port from 1 to ${MAX_PORT} after the last colon` : undefined;
  }
  const withScheme = `tcp://${value}`;
  // The part before an @ may hold a password, which is not repeated.
  return !/[/@]/.test(value) && isBrokerUrl(withScheme)
    ? `tcp:// in front, as in "${withScheme}"`
    : undefined;
}

function isBrokerUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, port } = new URL(value);
  return hostname !== '' && port !== '0' && BROKER_SCHEMES.some((scheme) => protocol === `${scheme}:`);
}
