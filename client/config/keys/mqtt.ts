import type { Section } from '../key.ts';
import { MAX_PAUSE_S, MIN_PAUSE_S } from '../limits.ts';
import { BASE_LEVELS, baseTopicOf } from '../base-topic.ts';
import { clientIdOf } from '../client-id.ts';
import { brokerUrl, duration, integer, interval, number, oneOf, path, text, topic } from '../values.ts';

/** Keys of `[mqtt]`. */
export const mqtt = {
  about: 'The MQTT broker, and what the client publishes.',
  ifMissing: 'error',
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
      derived: {
        section: 'scooter',
        key: 'mac',
        from: clientIdOf,
        rule: 'martinete and the 12 digits of mac in [scooter]',
      },
      example: 'martinetec8f09e000001',
      about: 'Client identifier. No other client of this broker may use the same one.',
    },
    topic: {
      field: 'topic',
      kind: topic(),
      example: 'vehicle/1/realtime',
      about:
        'Topic of the samples. They wait in the outbox, on disk and in memory, until the broker can be reached.',
    },
    keep_alive: {
      field: 'keepAliveS',
      kind: integer('seconds', 1, 65_535),
      default: 20,
      about: 'MQTT keep-alive. The broker drops the client after 1.5 times this without traffic.',
    },
    reconnect_min: {
      field: 'reconnectMinMs',
      kind: duration(MIN_PAUSE_S, MAX_PAUSE_S),
      default: 1,
      about: 'Pause before reconnecting to the broker, doubled after each failed attempt.',
    },
    reconnect_max: {
      field: 'reconnectMaxMs',
      kind: duration(MIN_PAUSE_S, MAX_PAUSE_S),
      default: 30,
      about: 'The longest pause before reconnecting to the broker.',
    },
    send_interval: {
      field: 'sendIntervalMs',
      kind: duration(MIN_PAUSE_S, MAX_PAUSE_S),
      default: 5,
      about: 'Time between two samples.',
    },
    live_interval: {
      field: 'liveIntervalMs',
      kind: interval(MAX_PAUSE_S),
      default: 0,
      about:
        'Minimum time between two messages on <base_topic>/live, in seconds: 0 publishes each sample, "off" none. Saves mobile data.',
    },
    base_topic: {
      field: 'baseTopic',
      kind: topic(),
      derived: { key: 'topic', from: baseTopicOf, rule: 'the topic without its last level' },
      example: 'vehicle/1',
      about: `Topic above ${BASE_LEVELS.map((level) => `/${level}`).join(', ')}, which show the newest sample and the state of the client.`,
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
      about: 'Maximum rate at which stored samples are published.',
    },
    connect_timeout: {
      field: 'connectTimeoutMs',
      kind: duration(MIN_PAUSE_S, 300),
      default: 10,
      about: 'Timeout of one attempt to connect to the broker.',
    },
    health_interval: {
      field: 'healthIntervalMs',
      kind: duration(1, MAX_PAUSE_S),
      default: 60,
      about: 'Time between two reports on <base_topic>/health.',
    },
    username: {
      field: 'username',
      kind: text('a user name that is not empty'),
      optional: true,
      example: 'scooter',
      about: 'User name for the broker. The environment variable MARTINETE_MQTT_USERNAME overrides it.',
    },
    password: {
      field: 'password',
      kind: text('a password that is not empty'),
      optional: true,
      secret: true,
      example: 'secret',
      about:
        'Password for the broker. Prefer password_file, or the environment variable MARTINETE_MQTT_PASSWORD.',
    },
    password_file: {
      field: 'passwordFile',
      kind: path(),
      optional: true,
      example: 'mqtt-password',
      about: 'File with the password for the broker in its first line.',
    },
    ca_file: {
      field: 'caFile',
      kind: path(),
      optional: true,
      example: 'ca.pem',
      about: 'Certificate of the authority that issued the certificate of the broker, if it is your own.',
    },
    cert_file: {
      field: 'certFile',
      kind: path(),
      optional: true,
      example: 'client.pem',
      about: 'Client certificate for the broker; requires key_file.',
    },
    key_file: {
      field: 'keyFile',
      kind: path(),
      optional: true,
      example: 'client.key',
      about: 'Private key of the client certificate.',
    },
  },
} as const satisfies Section;
