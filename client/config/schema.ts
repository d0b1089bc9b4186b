import { brokerUrl, duration, integer, macAddress, number, oneOf, path, text, topic } from './values.ts';
import type { ValueKind } from './values.ts';

/** One key of the file. Without `default`, `derived` and `optional` it has to be given, and `example` shows how. */
export interface Key {
  /** Its name in the typed configuration, with the unit. */
  readonly field: string;
  readonly kind: ValueKind<unknown>;
  readonly about: string;
  readonly default?: string | number;
  /** A default that follows from a key above it in the section, and how that is told. */
  readonly derived?: {
    readonly key: string;
    readonly from: (value: string) => string;
    readonly rule: string;
  };
  /** It has neither a default nor to be given: what it configures is done without. */
  readonly optional?: true;
  readonly example?: string;
  /** Its value is never repeated in a message. */
  readonly secret?: true;
}

/** One `[section]` of the file. */
export interface Section {
  readonly about: string;
  /** What it means that the section is not there: a mistake, its subject is off, or every key has its default. */
  readonly absence: 'mistake' | 'off' | 'defaults';
  readonly keys: Readonly<Record<string, Key>>;
}

/** Last levels of the client's own topics under `base_topic`. */
export const BASE_LEVELS = ['live', 'status', 'scooter', 'health'] as const;

/**
 * `base_topic` when it is not given: the topic without its last level. A topic of one level has nothing above
 * it and is its own base.
 */
export function baseTopicOf(topic: string): string {
  return topic.replace(/\/*[^/]*$/, '') || topic;
}

/** Whether a key has to be given wherever its section stands. */
export function isRequired(key: Key): boolean {
  return key.default === undefined && key.derived === undefined && key.optional === undefined;
}

/** A week: longer waits are the service manager's, which restarts the client. */
const MAX_WINDOW_S = 604_800;
const MAX_PAUSE_S = 3600;
/** Ten years. */
const MAX_AGE_S = 315_360_000;
/** Anything shorter would only keep radio, broker and disk busy. */
const MIN_PAUSE_S = 0.1;

/** The only place that knows a key: the checks, the types, the example file and the documentation come from it. */
export const SECTIONS = {
  mqtt: {
    about: 'The broker, and what is published there.',
    absence: 'mistake',
    keys: {
      broker: {
        field: 'broker',
        kind: brokerUrl(),
        example: 'tcp://127.0.0.1:1883',
        about:
          'Address of the MQTT broker: tcp:// or mqtt:// in the clear, ssl:// or mqtts:// encrypted, ws:// or wss:// over HTTP.',
      },
      client: {
        field: 'clientId',
        kind: text('a client identifier that is not empty'),
        default: 'martinete',
        about: 'Client identifier. No other client of this broker may use the same one.',
      },
      topic: {
        field: 'topic',
        kind: topic(),
        example: 'vehicle/1/realtime',
        about: 'Topic of the samples: each one is stored first and arrives once the broker can be reached.',
      },
      keep_alive: {
        field: 'keepAliveS',
        kind: integer('seconds', 1, 65_535),
        default: 20,
        about: 'A broker that hears nothing for one and a half times this long takes the client for dead.',
      },
      reconnect_min: {
        field: 'reconnectMinMs',
        kind: duration(MIN_PAUSE_S, MAX_PAUSE_S),
        default: 1,
        about: 'Pause before the next attempt to reach the broker, doubled on each failed one.',
      },
      reconnect_max: {
        field: 'reconnectMaxMs',
        kind: duration(MIN_PAUSE_S, MAX_PAUSE_S),
        default: 30,
        about: 'The longest pause: the doubling stops there.',
      },
      send_interval: {
        field: 'sendIntervalMs',
        kind: duration(MIN_PAUSE_S, MAX_PAUSE_S),
        default: 5,
        about: 'Time from one sample to the next.',
      },
      base_topic: {
        field: 'baseTopic',
        kind: topic(),
        derived: { key: 'topic', from: baseTopicOf, rule: 'the topic without its last level' },
        about: `Topic above ${BASE_LEVELS.map((level) => `/${level}`).join(', ')}, where the client tells the newest sample and how it is doing.`,
      },
      nofix: {
        field: 'nofix',
        kind: oneOf('zero', 'null'),
        default: 'zero',
        about:
          'Latitude and longitude of a sample without a GPS fix: 0, as the earlier servers need it, or null.',
      },
      drain_rate: {
        field: 'drainRatePerS',
        kind: number('samples/s', 0.1, 100_000),
        default: 50,
        about: 'How fast stored samples are sent after the broker was away.',
      },
      connect_timeout: {
        field: 'connectTimeoutMs',
        kind: duration(MIN_PAUSE_S, 300),
        default: 10,
        about: 'How long one attempt to reach the broker may take.',
      },
      health_interval: {
        field: 'healthIntervalMs',
        kind: duration(1, MAX_PAUSE_S),
        default: 60,
        about: 'Time from one report on <base_topic>/health to the next.',
      },
      username: {
        field: 'username',
        kind: text('a user name that is not empty'),
        optional: true,
        example: 'scooter',
        about: 'User name for the broker. The environment variable MARTINETE_MQTT_USERNAME takes its place.',
      },
      password: {
        field: 'password',
        kind: text('a password that is not empty'),
        optional: true,
        secret: true,
        example: 'secret',
        about:
          'Password for the broker; better in password_file, or in the environment variable MARTINETE_MQTT_PASSWORD.',
      },
      password_file: {
        field: 'passwordFile',
        kind: path(),
        optional: true,
        example: 'mqtt-password',
        about: 'File that holds the password for the broker, in its first line.',
      },
      ca_file: {
        field: 'caFile',
        kind: path(),
        optional: true,
        example: 'ca.pem',
        about:
          'Certificate of the authority that the certificate of the broker comes from, where it is your own.',
      },
      cert_file: {
        field: 'certFile',
        kind: path(),
        optional: true,
        example: 'client.pem',
        about: 'Certificate that the client shows to the broker; goes with key_file.',
      },
      key_file: {
        field: 'keyFile',
        kind: path(),
        optional: true,
        example: 'client.key',
        about: 'Private key of that certificate.',
      },
    },
  },
  scooter: {
    about: 'The scooter, and the radio that reaches it.',
    absence: 'mistake',
    keys: {
      mac: {
        field: 'mac',
        kind: macAddress(),
        example: 'c8f09e000001',
        about: 'Bluetooth address of the scooter, with or without ":"; `martinete scan` shows it.',
      },
      token_file_path: {
        field: 'tokenFilePath',
        kind: path(),
        default: '.mi-token',
        about:
          'The secret that `martinete register` agreed upon with the scooter. Nobody else should read it.',
      },
      adapter: {
        field: 'adapter',
        kind: text('a Bluetooth adapter such as "hci0"'),
        default: 'hci0',
        about: 'Bluetooth adapter: hci0, hci1, …',
      },
      search_window: {
        field: 'searchWindowMs',
        kind: duration(1, MAX_WINDOW_S),
        default: 600,
        about: 'How long to search for a scooter that was not seen since the start before giving up.',
      },
      reconnect_window: {
        field: 'reconnectWindowMs',
        kind: duration(1, MAX_WINDOW_S),
        default: 1800,
        about: 'How long to try to get a lost scooter back before giving up.',
      },
      supervision_timeout: {
        // Bluetooth Core, HCI_LE_Create_Connection: 0x000A to 0x0C80 in units of 10 ms.
        field: 'supervisionTimeoutMs',
        kind: duration(0.1, 32),
        default: 5,
        about: 'A shorter silence of the radio costs nothing; after a longer one the link counts as lost.',
      },
      connect_timeout: {
        field: 'connectTimeoutMs',
        kind: duration(MIN_PAUSE_S, 300),
        default: 10,
        about: 'How long one attempt to connect to the scooter may take.',
      },
      request_timeout: {
        field: 'requestTimeoutMs',
        kind: duration(MIN_PAUSE_S, 60),
        default: 1.5,
        about: 'How long the scooter may take to answer a request before it is asked again.',
      },
      retry_min: {
        field: 'retryMinMs',
        kind: duration(MIN_PAUSE_S, MAX_PAUSE_S),
        default: 1,
        about: 'Pause between two attempts to connect to the scooter, doubled on each failed one.',
      },
      retry_max: {
        field: 'retryMaxMs',
        kind: duration(MIN_PAUSE_S, MAX_PAUSE_S),
        default: 30,
        about: 'The longest pause: the doubling stops there.',
      },
    },
  },
  serial: {
    about: 'The GPS receiver. Without this section the samples have no position.',
    absence: 'off',
    keys: {
      serial_port: {
        field: 'serialPort',
        kind: text('a serial port such as "/dev/ttyUSB2"'),
        example: '/dev/ttyUSB2',
        about: 'Serial port of the receiver.',
      },
      baudrate: {
        field: 'baudRate',
        kind: integer('bit/s', 50, 4_000_000),
        default: 115_200,
        about: 'Speed of that port.',
      },
      reopen_interval: {
        field: 'reopenIntervalMs',
        kind: duration(MIN_PAUSE_S, MAX_PAUSE_S),
        default: 5,
        about: 'Pause before a port that failed or fell silent is opened again.',
      },
    },
  },
  outbox: {
    about: 'Samples on their way: they are kept on disk until the broker has confirmed them.',
    absence: 'defaults',
    keys: {
      path: { field: 'path', kind: path(), default: '.martinete/outbox', about: 'Folder of the store.' },
      max_count: {
        field: 'maxCount',
        kind: integer('samples', 1, 100_000_000),
        default: 1_000_000,
        about: 'How many samples are kept: at one every 5 s the default lasts 57 days.',
      },
      max_bytes: {
        field: 'maxBytes',
        kind: integer('bytes', 10_000, 1_000_000_000_000),
        default: 1_000_000_000,
        about: 'How many bytes of samples are kept; the store takes somewhat more on the disk.',
      },
      max_age: {
        field: 'maxAgeMs',
        kind: duration(1, MAX_AGE_S),
        default: 31_536_000,
        about:
          'How long a sample is kept. Without a clock that is right, samples of earlier starts do not age.',
      },
      when_full: {
        field: 'whenFull',
        kind: oneOf('drop-oldest', 'drop-newest'),
        default: 'drop-oldest',
        about:
          'What gives way when there is no room. Each sample that does is announced on <base_topic>/health.',
      },
    },
  },
  log: {
    about: 'What the client tells about itself.',
    absence: 'defaults',
    keys: {
      level: {
        field: 'level',
        kind: oneOf('trace', 'debug', 'info', 'warn', 'error'),
        default: 'info',
        about: 'The least serious events that are still reported.',
      },
      format: {
        field: 'format',
        kind: oneOf('text', 'json'),
        default: 'text',
        about: 'One line per event, for people or for programs.',
      },
    },
  },
} as const satisfies Record<string, Section>;

/** Name of a section in the file and in the typed configuration. */
export type SectionName = keyof typeof SECTIONS;

type KeysOf<Name extends SectionName> = (typeof SECTIONS)[Name]['keys'];

type ValueAt<K extends Key> = K['kind'] extends ValueKind<infer Value> ? Value : never;

type IsOptional<K extends Key> = K extends { readonly optional: true } ? true : false;

type Typed<Keys extends Readonly<Record<string, Key>>> = {
  readonly [Name in keyof Keys as IsOptional<Keys[Name]> extends true ? never : Keys[Name]['field']]: ValueAt<
    Keys[Name]
  >;
} & {
  readonly [
    Name in keyof Keys as IsOptional<Keys[Name]> extends true ? Keys[Name]['field'] : never
  ]?: ValueAt<Keys[Name]>;
};

type Optional<Name extends SectionName> = (typeof SECTIONS)[Name]['absence'] extends 'off' ? Name : never;

/** The configuration as the client uses it: every default filled in, every path absolute, units in the names. */
export type Config = {
  readonly [Name in SectionName as Exclude<Name, Optional<Name>>]: Typed<KeysOf<Name>>;
} & {
  readonly [Name in SectionName as Optional<Name>]?: Typed<KeysOf<Name>>;
};

/** Values that take precedence over the file's, under the names and in the units of the file. */
export type Overrides = {
  readonly [Name in SectionName]?: { readonly [KeyName in keyof KeysOf<Name>]?: unknown } | undefined;
};
