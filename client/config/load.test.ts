import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientError } from '../errors.ts';
import { loadConfig, parseConfig } from './load.ts';
import { ConfigError } from './report.ts';
import type { Problem } from './report.ts';
import { SECTIONS } from './schema.ts';
import type { Config, Overrides } from './schema.ts';
import { damages, withDamages } from './testing/damaged-example.ts';

const ROOT = join(import.meta.dirname, '../..');
const EARLIER_PATH = join(ROOT, 'fixtures/legacy/martinete.toml');
const PATH = '/etc/martinete/martinete.toml';

/** A configuration with the required keys only, and more lines in its sections. */
const minimal = ({ mqtt = '', scooter = '', more = '' } = {}) =>
  `[mqtt]\nbroker = "tcp://127.0.0.1:1883"\ntopic = "vehicle/1/realtime"\n${mqtt}\n` +
  `[scooter]\nmac = "c8f09e000001"\n${scooter}\n${more}`;

const parse = (text: string, overrides?: Overrides): Config => parseConfig(text, PATH, overrides);

function failure(text: string, overrides?: Overrides): ConfigError {
  try {
    parse(text, overrides);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('The configuration was accepted.');
}

const positions = (text: string, overrides?: Overrides) =>
  failure(text, overrides).problems.map(({ at, key }) =>
    typeof at === 'string' ? `${at} ${key}` : `${at.line}:${at.column} ${key}`,
  );

describe('a valid configuration', () => {
  it('may be the file of the earlier client, unchanged', () => {
    expect(loadConfig(EARLIER_PATH)).toEqual({
      mqtt: {
        broker: 'tcp://broker.example:1883',
        clientId: 'martinete',
        topic: 'vehicle/1/realtime',
        keepAliveS: 20,
        reconnectMinMs: 1000,
        reconnectMaxMs: 30_000,
        sendIntervalMs: 5000,
        liveIntervalMs: 0,
        baseTopic: 'vehicle/1',
        nofix: 'zero',
        drainRatePerS: 50,
        connectTimeoutMs: 10_000,
        healthIntervalMs: 60_000,
      },
      scooter: {
        mac: '00:11:aa:bb:cc:dd',
        tokenFilePath: join(ROOT, 'fixtures/legacy/.mi-token'),
        adapter: 'hci0',
        authentication: 'required',
        hciChannel: 'user',
        searchWindowMs: 600_000,
        reconnectWindowMs: 1_800_000,
        supervisionTimeoutMs: 5000,
        connectTimeoutMs: 10_000,
        requestTimeoutMs: 1500,
        retryMinMs: 1000,
        retryMaxMs: 30_000,
      },
      serial: {
        serialPort: '/dev/ttyUSB2',
        baudRate: 115_200,
        protocol: 'auto',
        speedUnit: 'knots',
        reopenIntervalMs: 5000,
      },
      outbox: {
        path: join(ROOT, 'fixtures/legacy/.martinete/outbox'),
        maxCount: 1_000_000,
        maxBytes: 1_000_000_000,
        maxAgeMs: 31_536_000_000,
        syncIntervalMs: 0,
        whenFull: 'drop-oldest',
      },
      log: { level: 'info', format: 'text' },
    });
  });

  it('works without GPS', () => {
    expect(parse(minimal())).not.toHaveProperty('serial');
  });

  it('accepts the address of gpsd in place of a serial port', () => {
    const gpsd = (more = '') =>
      parse(minimal({ more: `[serial]\nserial_port = "gpsd://localhost"\n${more}` }));
    expect(gpsd().serial?.serialPort).toBe('gpsd://localhost');
    expect(() => gpsd('protocol = "nmea"')).toThrow(
      'column 12: serial.protocol: expected "auto" with gpsd://localhost: gpsd has found out the protocol',
    );
    const wrong = minimal({ more: '[serial]\nserial_port = "gpsd://localhost/dev/ttyUSB2"' });
    expect(() => parse(wrong)).toThrow('or gpsd at "gpsd://host" or "gpsd://host:port"');
  });

  it('accepts fractions of a second', () => {
    expect(parse(minimal({ scooter: 'request_timeout = 0.25' })).scooter.requestTimeoutMs).toBe(250);
  });

  it.each(['C8:F0:9E:00:00:01', 'c8-f0-9e-00-00-01', 'C8F09E000001'])('accepts the address %s', (mac) => {
    const text = minimal().replace('c8f09e000001', mac);
    expect(parse(text).scooter.mac).toBe('c8:f0:9e:00:00:01');
  });

  it.each(['tcp://a', 'mqtt://a:1', 'ssl://a', 'mqtts://a', 'ws://a:80/mqtt', 'wss://a', 'tcp://[::1]:1883'])(
    'accepts the broker %s',
    (broker) => expect(parse(minimal(), { mqtt: { broker } }).mqtt.broker).toBe(broker),
  );

  it.each([
    ['vehicle/1/realtime', 'vehicle/1'],
    ['vehicle/1/', 'vehicle/1'],
    ['vehicle//realtime', 'vehicle'],
    ['realtime', 'realtime'],
    ['/realtime', '/realtime'],
  ])('derives from the topic %s the base topic %s', (topic, base) => {
    expect(parse(minimal(), { mqtt: { topic } }).mqtt.baseTopic).toBe(base);
  });

  it.each(['C8:F0:9E:00:00:01', 'c8-f0-9e-00-00-01', 'c8f09e000001'])(
    'derives the client identifier from the address %s, in letters and digits that every broker accepts',
    (mac) => {
      const { clientId } = parse(minimal(), { scooter: { mac } }).mqtt;
      expect(clientId).toBe('martinetec8f09e000001');
      expect(clientId.length).toBeLessThanOrEqual(23);
    },
  );

  it('may set the client identifier', () => {
    expect(parse(minimal({ mqtt: 'client = "red-scooter"' })).mqtt.clientId).toBe('red-scooter');
  });

  it.each([
    ['0', 0],
    ['60', 60_000],
    ['"off"', Infinity],
  ])('may have live_interval = %s', (written, intervalMs) => {
    expect(parse(minimal({ mqtt: `live_interval = ${written}` })).mqtt.liveIntervalMs).toBe(intervalMs);
  });

  it.each(['-1', '3601', '"on"', 'true'])('may not have live_interval = %s', (written) => {
    expect(() => parse(minimal({ mqtt: `live_interval = ${written}` }))).toThrow(
      'a number of seconds from 0 to 3600, or "off"',
    );
  });

  it('may set the base topic', () => {
    expect(parse(minimal({ mqtt: 'base_topic = "scooters/red"' })).mqtt.baseTopic).toBe('scooters/red');
  });

  it('has paths relative to its own folder, whatever the working directory', () => {
    const { scooter, outbox } = parse(
      minimal({
        scooter: 'token_file_path = "../keys/token"',
        more: '[outbox]\npath = "/var/lib/martinete"',
      }),
    );
    expect(scooter.tokenFilePath).toBe('/etc/keys/token');
    expect(outbox.path).toBe('/var/lib/martinete');
  });

  it('may come from a Windows editor, with a byte order mark and CR LF', () => {
    expect(parse(`\uFEFF${minimal().replaceAll('\n', '\r\n')}`)).toEqual(parse(minimal()));
  });
});

describe('an invalid configuration', () => {
  it('is reported with all its errors, each with its line and what is expected there', () => {
    const text = `[mqtt]
broker = "http://broker"
topic = "vehicle/#"
keep_alive = "20"
reconect_max = 60
[scooter]
mac = "C8:F0:9E:00:00"
supervision_timeout = 60
[serial]
baudrate = 9600.5
[log]
level = "loud"
`;
    const error = failure(text);
    expect(error).toBeInstanceOf(ClientError);
    expect(error.code).toBe('config');
    expect(error.message.split('\n')).toEqual([
      `${PATH} has 9 errors:`,
      '  line 2, column 10: mqtt.broker: expected an address such as "tcp://127.0.0.1:1883" that starts with ' +
        'tcp://, mqtt://, ssl://, mqtts://, ws://, wss://, got "http://broker"',
      '  line 3, column 9: mqtt.topic: expected a topic that is not empty, without the wildcards + and #, and ' +
        'without $ at its start, got "vehicle/#"',
      '  line 4, column 14: mqtt.keep_alive: expected no quotes around the value, as in keep_alive = 20, got "20"',
      '  line 5, column 1: mqtt.reconect_max: unknown, did you mean reconnect_max?',
      '  line 7, column 7: scooter.mac: expected the 12 hexadecimal digits of a Bluetooth address, ' +
        'such as "C8:F0:9E:00:00:01", got "C8:F0:9E:00:00"',
      '  line 8, column 23: scooter.supervision_timeout: expected a number of seconds from 0.1 to 32, got 60',
      '  line 9, column 2: serial.serial_port: missing, expected a serial port such as "/dev/ttyUSB2", or gpsd at ' +
        '"gpsd://host" or "gpsd://host:port"',
      '  line 10, column 12: serial.baudrate: expected a whole number of bit/s from 50 to 4000000, got 9600.5',
      '  line 12, column 9: log.level: expected one of "trace", "debug", "info", "warn", "error", got "loud"',
    ]);
  });

  it('has each error reported at its position, however the key is written', () => {
    const text = `scooter = { mac = "x", "adapter" = "" }
mqtt.broker = "tcp://a"
mqtt.topic = 'a/+'
mqtt.tls.ca = "ca.pem"
[["log"]]
`;
    expect(positions(text)).toEqual([
      '1:19 scooter.mac',
      '1:36 scooter.adapter',
      '3:14 mqtt.topic',
      '4:6 mqtt.tls',
      '5:3 log',
    ]);
  });

  it('gets a suggestion for a misspelt word', () => {
    expect(failure(minimal({ mqtt: 'nofix = "nul"' })).message).toContain(
      'line 4, column 9: mqtt.nofix: "nul" is unknown, did you mean "null"?',
    );
  });

  it('has its missing sections reported', () => {
    expect(failure('').message).toBe(
      `${PATH} has 2 errors:\n` +
        '  line 1, column 1: mqtt: missing, expected a section [mqtt] with broker and topic\n' +
        '  line 1, column 1: scooter: missing, expected a section [scooter] with mac',
    );
  });

  it('has the contents of a misspelt section checked as well', () => {
    const text = minimal({ mqtt: 'drain-rate = 0' }).replace('[mqtt]', '[mqqt]');
    const { problems } = failure(text);
    expect(problems.map(({ key, nearest, got }) => [key, nearest ?? got])).toEqual([
      ['mqqt', '[mqtt]'],
      ['mqqt.drain-rate', 'drain_rate'],
      ['mqqt.drain-rate', '0'],
    ]);
  });

  it('may not have a minimum above its maximum', () => {
    expect(failure(minimal({ mqtt: 'reconnect_min = 31' })).message).toContain(
      'line 4, column 17: mqtt.reconnect_min: expected at most reconnect_max, which is 30, got 31',
    );
    expect(positions(minimal({ scooter: 'retry_max = 0.5' }))).toEqual(['7:13 scooter.retry_min']);
    expect(() => parse(minimal({ mqtt: 'reconnect_min = 30' }))).not.toThrow();
  });

  it('may select the raw channel for kernel adapters only', () => {
    expect(parse(minimal({ scooter: 'hci_channel = "raw"' })).scooter.hciChannel).toBe('raw');
    expect(failure(minimal({ scooter: 'adapter = "tcp:pi:1"\nhci_channel = "raw"' })).message).toContain(
      'line 8, column 15: scooter.hci_channel: expected "user" with the adapter tcp:pi:1: only hci0, hci1, … have a ' +
        'raw channel, got "raw"',
    );
    expect(() => parse(minimal({ scooter: 'adapter = "tcp:pi:1"\nhci_channel = "user"' }))).not.toThrow();
  });

  it.each(['live', 'status', 'scooter', 'health'])(
    "may not publish the samples on the client's own topic %s",
    (level) => {
      const text = minimal().replace('realtime', level);
      expect(failure(text).message).toContain(`expected a topic other than vehicle/1/${level}`);
      expect(() => parse(text, { mqtt: { base_topic: 'elsewhere' } })).not.toThrow();
    },
  );

  it.each(['', '#', 'a/+/b', '$SYS/a', 'a\0b', 'x'.repeat(65_536)])(
    'may not have an invalid topic (%#)',
    (topic) => {
      expect(positions(minimal(), { mqtt: { topic } })).toEqual(['command line mqtt.topic']);
    },
  );

  it.each(['', 'broker', 'tcp:broker', 'tcp://', 'http://broker', 'tcp://broker:99999', 'tcp://my broker'])(
    'may not have the broker "%s"',
    (broker) => expect(positions(minimal(), { mqtt: { broker } })).toEqual(['command line mqtt.broker']),
  );

  it.each([
    'c8f09e00001',
    'c8f09e0000011',
    'c8f09e00000g',
    'c8:f0:9e-00:00:01',
    'c8f0:9e00:0001',
    'tcp:c8f09e000001',
  ])('may not have the address %s', (mac) =>
    expect(positions(minimal(), { scooter: { mac } })).toEqual(['command line scooter.mac']),
  );

  it.each(['nan', 'inf', '1979-05-27', '[5]', '{ s = 5 }', '"5"', 'true'])(
    'may not have %s as a duration',
    (value) => {
      expect(positions(minimal({ mqtt: `send_interval = ${value}` }))).toEqual(['4:17 mqtt.send_interval']);
    },
  );

  it('may not have a certificate without its key', () => {
    expect(failure(minimal({ mqtt: 'cert_file = "client.pem"' })).message).toContain(
      'line 4, column 1: mqtt.cert_file: requires key_file as well',
    );
    expect(positions(minimal({ mqtt: 'key_file = "client.key"' }))).toEqual(['4:1 mqtt.key_file']);
  });

  it.each(['[mqtt]\nbroker = "tcp://me:s3cret@a\n', '[mqtt]\nbroker = "tcp:/me:p@s3cret@a"\n'])(
    'does not have its password repeated (%#)',
    (text) => expect(inspect(failure(text), { depth: 9 })).not.toContain('s3cret'),
  );

  it('does not have the value of a secret key repeated', () => {
    const { client } = SECTIONS.mqtt.keys;
    Object.assign(client, { secret: true });
    try {
      const [problem] = failure(minimal({ mqtt: 'client = 1234' })).problems;
      expect(problem).toMatchObject({ key: 'mqtt.client', got: undefined });
    } finally {
      Reflect.deleteProperty(client, 'secret');
    }
  });

  it('cannot send control characters to the terminal through its report', () => {
    const { message } = failure(minimal({ mqtt: '"\\u001b[2J\\u009b" = 1\nnofix = "\\u001b[2J\\u009b"' }));
    expect(message.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  it('does not have long values printed in full', () => {
    const [problem] = failure(minimal(), { log: { level: 'x'.repeat(1000) } }).problems;
    expect(problem?.got?.length).toBeLessThan(100);
  });
});

describe('an override from the command line', () => {
  it('takes precedence over the file, and over a default', () => {
    const overrides = { scooter: { adapter: 'hci1' }, mqtt: { topic: 'a/b' } };
    const { scooter, mqtt } = parse(minimal(), overrides);
    expect([scooter.adapter, mqtt.topic, mqtt.baseTopic]).toEqual(['hci1', 'a/b', 'a']);
  });

  it('is ignored if it is undefined', () => {
    expect(parse(minimal(), { scooter: { adapter: undefined }, serial: { baudrate: undefined } })).toEqual(
      parse(minimal()),
    );
  });

  it('may add what the file lacks', () => {
    expect(parse(minimal(), { serial: { serial_port: '/dev/ttyS0' } }).serial?.serialPort).toBe('/dev/ttyS0');
  });

  it('is reported as such if it is invalid, after the errors of the file', () => {
    const overrides = { scooter: { adapter: '' }, mqtt: { reconnect_max: 0.5 }, serial: { baudrate: 9600 } };
    expect(positions(minimal({ scooter: 'retry_max = 0' }), overrides)).toEqual([
      '7:13 scooter.retry_max',
      'command line mqtt.reconnect_min',
      'command line scooter.adapter',
      'command line serial.serial_port',
    ]);
  });

  it('does not replace a section that is no table', () => {
    expect(positions(`log = 3\n${minimal()}`, { log: { level: 'info' } })).toEqual(['1:7 log']);
  });
});

describe('a configuration file', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'martinete-config-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('that is missing is reported with what to do', () => {
    const path = join(folder, 'nowhere.toml');
    expect(() => loadConfig(path)).toThrow(
      `${path}. There is no such file: copy the example martinete.toml there`,
    );
    expect(() => loadConfig(path)).toThrow(ClientError);
  });

  it('that is a folder is reported as a folder', () => {
    expect(() => loadConfig(folder)).toThrow('It is a folder');
  });

  it('that is not UTF-8 is rejected', () => {
    const path = join(folder, 'latin1.toml');
    writeFileSync(path, minimal().replace('vehicle', 'veh\u00edculo'), 'latin1');
    expect(() => loadConfig(path)).toThrow('It is not UTF-8');
  });
});

describe('the example with any damage', () => {
  function expectInside(text: string, { at }: Problem): void {
    if (typeof at === 'string') throw new Error('There are no overrides.');
    const line = text.split('\n')[at.line - 1];
    if (line === undefined) throw new Error(`There is no line ${at.line}.`);
    expect(at.column).toBeGreaterThanOrEqual(1);
    expect(at.column).toBeLessThanOrEqual(line.length + 1);
  }

  it('is either valid or has errors reported at positions in the file', () => {
    fc.assert(
      fc.property(damages, (drawn) => {
        const text = withDamages(drawn);
        try {
          parse(text);
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          expect(error.problems.length).toBeGreaterThan(0);
          for (const problem of error.problems) expectInside(text, problem);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
