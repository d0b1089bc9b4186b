import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Position } from '../../../client/config/positions.ts';
import { ConfigError } from '../../../client/config/report.ts';
import { DEFAULT_WORLD } from './default-world.ts';
import { ClientError } from '../../../client/errors.ts';
import { QUIRKS } from '../../../simulator/firmware/named-quirks.ts';
import { FAULTS } from '../faults/table.ts';
import { GUARANTEE_IDS } from '../../guarantees/ids.ts';
import { STEP } from './schema.ts';
import { loadScenario, readScenario } from './load.ts';
import type { Scenario } from './scenario.ts';

const FOLDER = join(import.meta.dirname, '../../../scenarios');
const PATH = 'scenarios/tunnel.toml';
const HEAD = 'title = "A tunnel"\nduration = "10 min"\n';

const QUIRK_NAMES = Object.keys(QUIRKS)
  .map((name) => `"${name}"`)
  .join(', ');

const read = (text: string): Scenario => readScenario(text, PATH);
/** A scenario with one step, which starts on line 3. */
const withStep = (...lines: string[]): string => `${HEAD}[[step]]\n${lines.join('\n')}\n`;

function failure(text: string): ConfigError {
  try {
    read(text);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('The scenario was accepted.');
}

/** Positions of the errors; none in a valid scenario. */
function positionsOf(text: string): Position[] {
  try {
    read(text);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.flatMap(({ at }) => (typeof at === 'string' ? [] : [at]));
  }
}

/** The error messages without the first line, which names the file. */
const messagesOf = (text: string): string[] =>
  failure(text)
    .message.split('\n')
    .slice(1)
    .map((line) => line.trim());

describe('a valid scenario', () => {
  it('may be a title and a duration', () => {
    expect(read(HEAD)).toEqual({
      name: 'tunnel',
      title: 'A tunnel',
      seed: 1,
      durationMs: 600_000,
      radio: 'realistic',
      scooter: {
        model: 'pro2',
        paired: true,
        on: true,
        odometerM: 1_306_083,
        percent: 100,
        state: 'riding',
        locked: false,
        error: 0,
        warning: 0,
        energyRecovery: 'weak',
        cruise: false,
        tailLight: 'off',
        riderKg: 75,
        airTemperatureC: 18,
        route: 'town',
        quirks: [],
        advertisingDelayMs: 1_000,
      },
      ...DEFAULT_WORLD,
      client: {},
      steps: [],
      expect: { guarantees: GUARANTEE_IDS },
    });
  });

  it.each([
    ['model = "pro2"', true],
    ['model = "m365"', false],
    ['model = "m365"\ngeneration = "xor"', false],
    ['model = "m365"\ngeneration = "miauth"', true],
    ['model = "m365"\npaired = true', true],
    ['paired = false', false],
    ['paired = "never"', 'never'],
  ])(
    'has a scooter that is paired if its generation has a login, unless it says otherwise: %s',
    (keys, paired) => {
      expect(read(`${HEAD}[scooter]\n${keys}\n`).scooter.paired).toBe(paired);
    },
  );

  it('may have every key', () => {
    const text = `title = "Everything"
seed = 7
duration = 90
radio = "ideal"
[scooter]
model = "1s"
paired = false
on = false
odometer_m = 70000
percent = 42.5
state = "pushed"
locked = true
error = 15
warning = 12
mode = 1
energy_recovery = "strong"
cruise = true
tail_light = "on-brake"
speed_limit = 12.5
rider_kg = 90
ambient = -10
route = "generated"
latitude = -33.9
longitude = 151.2
auto_off = "10 min"
quirks = ["chatter", "lost-logins"]
return_delay = 3
[gps]
receiver = "nmea"
sentences = ["ZDA", "GGA"]
date_every = 60
modes = false
rate = 5
baudrate = 9600
angles = "degrees"
[clock]
start = "2026-12-31T23:59:00Z"
error = "-2 d"
set_after = 40
zone = "Europe/Madrid"
service = "timesyncd"
[broker]
version = "5"
retained = false
qos = 1
packet = 2000
in_flight = 3
topic_alias = 4
[air]
neighbours = 12
[client.mqtt]
send_interval = 1
[client.scooter]
supervision_timeout = 10
[[step]]
at = "5 s"
fault = "radio.loss"
for = "1 min"
every = "70 s"
share = 0.5
[[step]]
at = 0
fault = "client.kill"
how = "power"
on = "login"
nth = 4
wait = 20
[expect]
guarantees = ["S1", "L8"]
logins = 2
links = 3
starts = 4
exit = 75
samples = 10
published = ["locked = true, battery_info.current < -0.5", "warning = 9"]
recovered_by = "80 s"
`;
    expect(readScenario(text, 'x')).toEqual({
      name: 'x',
      title: 'Everything',
      seed: 7,
      durationMs: 90_000,
      radio: 'ideal',
      scooter: {
        model: '1s',
        paired: false,
        on: false,
        odometerM: 70_000,
        percent: 42.5,
        state: 'pushed',
        locked: true,
        error: 15,
        warning: 12,
        mode: 1,
        energyRecovery: 'strong',
        cruise: true,
        tailLight: 'on-brake',
        speedLimitKmh: 12.5,
        riderKg: 90,
        airTemperatureC: -10,
        route: 'generated',
        latitude: -33.9,
        longitude: 151.2,
        autoOffMs: 600_000,
        quirks: ['chatter', 'lost-logins'],
        advertisingDelayMs: 3_000,
      },
      gps: {
        receiver: 'nmea',
        sentences: ['ZDA', 'GGA'],
        dateEvery: 60,
        hasModes: false,
        rateHz: 5,
        baudRate: 9_600,
        angles: 'degrees',
      },
      clock: {
        startMs: Date.parse('2026-12-31T23:59:00Z'),
        errorMs: -172_800_000,
        setAfterMs: 40_000,
        zone: 'Europe/Madrid',
        service: 'timesyncd',
      },
      broker: {
        version: '5',
        retained: false,
        qos: 1,
        packetBytes: 2_000,
        inFlight: 3,
        login: 'address',
        topicAlias: 4,
      },
      air: { neighbours: 12 },
      client: { mqtt: { send_interval: 1 }, scooter: { supervision_timeout: 10 } },
      steps: [
        { atMs: 5_000, fault: 'radio.loss', forMs: 60_000, everyMs: 70_000, values: { share: 0.5 } },
        {
          atMs: 0,
          fault: 'client.kill',
          forMs: undefined,
          trigger: { on: 'login', nth: 4, waitMs: 20_000 },
          values: { how: 'power', takes: 15_000 },
        },
      ],
      expect: {
        guarantees: ['S1', 'L8'],
        logins: 2,
        links: 3,
        starts: 4,
        exit: 75,
        samples: 10,
        published: [
          {
            text: 'locked = true, battery_info.current < -0.5',
            comparisons: [
              { path: ['locked'], operator: '=', value: true },
              { path: ['battery_info', 'current'], operator: '<', value: -0.5 },
            ],
          },
          { text: 'warning = 9', comparisons: [{ path: ['warning'], operator: '=', value: 9 }] },
        ],
        recoveredByMs: 80_000,
      },
    });
  });

  it.each([
    ['"250 ms"', 250],
    ['"90 s"', 90_000],
    ['"90s"', 90_000],
    ['"1.5 min"', 90_000],
    ['"8 h"', 28_800_000],
    ['"2 d"', 172_800_000],
    ['0.25', 250],
    ['90', 90_000],
  ])('may have %s as duration', (text, ms) => {
    const lines = [`at = ${text}`, 'fault = "link.drop"'];
    expect(read(withStep(...lines).replace('10 min', '24 d')).steps[0]?.atMs).toBe(ms);
  });

  it('may have its steps as inline tables', () => {
    const text = `${HEAD}step = [\n  { at = 1, fault = "link.drop" },\n  { at = 2, fault = "broker.kick" },\n]\n`;
    expect(read(text).steps.map(({ fault }) => fault)).toEqual(['link.drop', 'broker.kick']);
  });

  it('may overlap a fault with itself, up to the end', () => {
    const step = '[[step]]\nat = 0\nfault = "radio.gap"\nfor = "10 min"\n';
    expect(read(HEAD + step + step).steps).toHaveLength(2);
  });
});

describe('an error in a scenario', () => {
  it.each<[what: string, text: string, ...expected: string[]]>([
    [
      'a missing title and duration',
      'seed = 1\n',
      'line 1, column 1: title: missing, expected a line of text',
      'line 1, column 1: duration: missing, expected a duration from 1 s to 24 d, such as "10 min" or 600',
    ],
    ['a misspelt key', `${HEAD}sed = 2\n`, 'line 3, column 1: sed: unknown, did you mean seed?'],
    [
      'an unknown key',
      `${HEAD}colour = 2\n`,
      'line 3, column 1: colour: unknown, expected one of title, seed, duration, radio, [scooter], [gps], ' +
        '[clock], [broker], [air], [client], [[step]], [expect]',
    ],
    [
      'a receiver that never sends a position, and one whose sentences contradict each other',
      `${HEAD}[gps]\nsentences = ["VTG", "ZDA", "ZDA"]\ndate_every = 2\nrate = 10\nbaudrate = 9600\n`,
      'line 4, column 13: gps.sentences: expected at least one of RMC, GGA, GNS and GLL, got an array',
      'line 4, column 13: gps.sentences: expected each sentence once, got an array',
      'line 4, column 13: gps.sentences: expected one with a time before VTG, got an array',
      'line 5, column 14: gps.date_every: expected 1, because a sentence with a date is the last one, got 2',
      'line 6, column 8: gps.rate: expected at most 3 at this baudrate, got 10',
    ],
    [
      'a receiver that the client is not configured for',
      `${HEAD}[gps]\nreceiver = "gpsd"\n[client.serial]\nserial_port = "/dev/ttyUSB0"\n`,
      'line 6, column 15: client.serial.serial_port: expected a value that suits the receiver "gpsd", or no serial_port, ' +
        'got "/dev/ttyUSB0"',
    ],
    [
      'a protocol that the receiver does not have',
      `${HEAD}[gps]\nreceiver = "quectel"\n[client.serial]\nprotocol = "nmea"\n`,
      'line 6, column 12: client.serial.protocol: expected a value that suits the receiver "quectel", or no protocol, ' +
        'got "nmea"',
    ],
    [
      'a serial port without a receiver',
      `${HEAD}[gps]\nreceiver = "none"\n[client.serial]\nreopen_interval = 2\n`,
      'line 5, column 9: client.serial: expected no such section, without a receiver, got a table',
    ],
    [
      'a key below the wrong header',
      `${HEAD}[scooter]\nseed = 2\nsupervision_timeout = 5\n`,
      'line 4, column 1: scooter.seed: unknown, did you mean seed above the first section?',
      'line 5, column 1: scooter.supervision_timeout: unknown, did you mean supervision_timeout in ' +
        '[client.scooter]?',
    ],
    ['a misspelt section', `${HEAD}[scoter]\n`, 'line 3, column 2: scoter: unknown, did you mean [scooter]?'],
    [
      'a section of the client',
      `${HEAD}[mqtt]\n`,
      'line 3, column 2: mqtt: unknown, did you mean [client.mqtt]?',
    ],
    [
      'values instead of sections',
      `${HEAD}scooter = 1\nclient = "x"\nexpect = [1]\n`,
      'line 3, column 11: scooter: expected a section [scooter], got 1',
      'line 4, column 10: client: expected a section [client], got "x"',
      'line 5, column 10: expect: expected a section [expect], got an array',
    ],
    [
      'a step with single brackets',
      `${HEAD}[step]\nat = 1\n`,
      'line 3, column 2: step: expected [[step]] in double brackets before each step, got a table',
    ],
    [
      'a value instead of a step',
      `${HEAD}step = [\n  { at = 1, fault = "link.drop" },\n  2,\n]\n`,
      'line 5, column 3: step: expected a table with at and fault, got 2',
    ],
    [
      'wrong values',
      `title = ""\nduration = "10 minutes"\nseed = -1\n[scooter]\nmodel = "ltie"\npaired = 1\npercent = 101\n`,
      'line 1, column 9: title: expected a line of text, got ""',
      'line 2, column 12: duration: expected a duration from 1 s to 24 d, such as "10 min" or 600, got "10 minutes"',
      'line 3, column 8: seed: expected a whole number from 0 to 2147483647, got -1',
      'line 5, column 9: scooter.model: "ltie" is unknown, did you mean "lite"?',
      'line 6, column 10: scooter.paired: expected true, false or "never", got 1',
      'line 7, column 11: scooter.percent: expected a number of percent from 0 to 100, got 101',
    ],
    [
      'limits of a broker of MQTT 3.1.1',
      `${HEAD}[broker]\nversion = "3.1.1"\nqos = 1\n`,
      'line 4, column 11: broker.version: expected "5", because of the other keys of the section, got "3.1.1"',
    ],
    [
      'a moment that is no moment',
      `${HEAD}[clock]\nstart = "2026-02-30T00:00:00Z"\n`,
      'line 4, column 9: clock.start: expected a moment in UTC, such as "2026-12-31T23:58:00Z", got "2026-02-30T00:00:00Z"',
    ],
    [
      'a fault that waits for no moment',
      withStep('at = 1', 'fault = "link.drop"', 'wait = 3'),
      'line 6, column 8: step.wait: expected no such key without on, got 3',
    ],
    [
      'a fault that waits for one moment, but repeats',
      withStep('at = 1', 'fault = "link.drop"', 'every = 3', 'on = "poll"'),
      'line 6, column 9: step.every: expected no such key, because on waits for one moment, got 3',
    ],
    [
      'a fault that may begin so late that it does not end in time',
      withStep('at = "8 min"', 'fault = "radio.gap"', 'for = 61', 'on = "poll"', 'wait = 60'),
      'line 6, column 7: step.for: expected at most 1 min, the rest of the scenario, got 61',
    ],
    [
      'a generation that the model does not have',
      `${HEAD}[scooter]\nmodel = "pro"\ngeneration = "plain"\n`,
      'line 5, column 14: scooter.generation: expected "xor" or "miauth", as the M365 Pro has, got "plain"',
    ],
    [
      'a mode that the model does not have',
      `${HEAD}[scooter]\nmodel = "m365"\nmode = 2\n`,
      'line 5, column 8: scooter.mode: expected 0 (normal) or 1 (eco), the modes of the M365, got 2',
    ],
    [
      'a mode of a step that the model does not have',
      `${HEAD}[scooter]\nmodel = "m365"\n[[step]]\nat = 1\nfault = "scooter.mode"\nfor = 1\nmode = 2\n`,
      'line 9, column 8: step.mode: expected 0 (normal) or 1 (eco), the modes of the M365, got 2',
    ],
    [
      'a pairing with a phone that the generation does not have',
      `${HEAD}[scooter]\nmodel = "m365"\n[[step]]\nat = 1\nfault = "scooter.rebind"\n`,
      'line 7, column 9: step.fault: expected a fault other than of the pairing (the generation "plain" has none), ' +
        'got "scooter.rebind"',
    ],
    [
      'a registration that the generation does not have',
      `${HEAD}[scooter]\nmodel = "m365"\n[[step]]\nat = 1\nfault = "client.register"\nfor = 1\n`,
      'line 7, column 9: step.fault: expected a fault other than of the pairing (the generation "plain" has none), ' +
        'got "client.register"',
    ],
    [
      'a quirk that the generation does not have',
      `${HEAD}[scooter]\nmodel = "m365"\nquirks = ["slow-replies", "chatter"]\n`,
      'line 5, column 27: scooter.quirks: expected a quirk that the generation "plain" can have ("chatter" requires ' +
        'miauth), got "chatter"',
    ],
    [
      'a generation that the model does not have',
      `${HEAD}[scooter]\nmodel = "pro3"\ngeneration = "xor"\n`,
      'line 5, column 14: scooter.generation: expected "miauth", as the Mi 3 has, got "xor"',
    ],
    [
      'a fault that resembles two others, one of them in its beginning',
      `${HEAD}[[step]]\nat = 1\nfault = "scooter.charging"\nfor = 1\n`,
      'line 5, column 9: step.fault: "scooter.charging" is unknown, did you mean "scooter.charge"?',
    ],
    [
      'a word in capital letters in place of true, false or a word',
      `${HEAD}[scooter]\npaired = "Never"\n`,
      'line 4, column 10: scooter.paired: "Never" is unknown, did you mean "never"?',
    ],
    [
      'a condition on a field that no sample has',
      `${HEAD}[expect]\npublished = ["locked = true, lock = true"]\n`,
      'line 4, column 14: expect.published: expected a field of a published sample (there is no field lock, did you mean locked?), ' +
        'got "locked = true, lock = true"',
    ],
    [
      'a login and a pairing that the generation does not have',
      `${HEAD}[scooter]\nmodel = "m365"\npaired = "never"\n[client.scooter]\nauthentication = "required"\n`,
      'line 5, column 10: scooter.paired: expected true or false (the generation "plain" has no pairing, so that ' +
        '"never" requires generation = "miauth"), got "never"',
      'line 7, column 18: client.scooter.authentication: expected authentication = "optional" or no such line (the ' +
        'generation "plain" has no login), got "required"',
    ],
    [
      'unknown and misspelt quirks',
      `${HEAD}[scooter]\nquirks = [\n  "chatter",\n  "slow-reply",\n  7,\n]\n`,
      'line 6, column 3: scooter.quirks: "slow-reply" is unknown, did you mean "slow-replies"?',
      `line 7, column 3: scooter.quirks: expected one of ${QUIRK_NAMES}, got 7`,
    ],
    [
      'an advertisement that the generation does not have',
      `${HEAD}[scooter]\nmodel = "m365"\nadvertisement = "fe95"\n`,
      'line 5, column 17: scooter.advertisement: expected "manufacturer", as the M365 of the generation "plain" has, got "fe95"',
    ],
    [
      'a key that is unknown to the client',
      `${HEAD}[client.mqtt]\nsend_intervall = 1\n[client]\nlog.level = "info"\nmqqt.x = 1\n`,
      'line 4, column 1: client.mqtt.send_intervall: unknown, did you mean send_interval?',
      'line 7, column 1: client.mqqt: unknown, did you mean [client.mqtt]?',
    ],
    [
      'a value that is invalid for the client',
      `${HEAD}[client.mqtt]\nkeep_alive = "20"\nreconnect_min = 31\n`,
      'line 4, column 14: client.mqtt.keep_alive: expected no quotes around the value, as in keep_alive = 20, got "20"',
      'line 5, column 17: client.mqtt.reconnect_min: expected at most reconnect_max, which is 30, got 31',
    ],
    [
      'an unknown fault',
      withStep('at = 1', 'fault = "radio.gapp"', 'for = 1'),
      'line 5, column 9: step.fault: "radio.gapp" is unknown, did you mean "radio.gap"?',
    ],
    [
      'an unknown fault, without complaints about its parameters',
      withStep('at = -1', 'fault = "earthquake"', 'magnitude = 7'),
      'line 4, column 6: step.at: expected a duration from 0 s to 24 d, such as "10 min" or 600, got -1',
      `line 5, column 9: step.fault: expected one of ${Object.keys(FAULTS)
        .map((name) => `"${name}"`)
        .join(', ')}, got "earthquake"`,
    ],
    [
      'missing keys of a second step',
      `${withStep('at = 1', 'fault = "link.drop"')}[[step]]\nfault = "radio.gap"\n`,
      'line 6, column 3: step.at: missing, expected a duration from 0 s to 24 d, such as "10 min" or 600',
      'line 6, column 3: step.for: missing, expected a duration from 1 ms to 24 d, such as "10 min" or 600',
    ],
    [
      'a "for" of an instantaneous fault',
      withStep('at = 1', 'fault = "link.drop"', 'for = "1 s"'),
      'line 6, column 7: step.for: expected no such key, because this fault is instantaneous, got "1 s"',
    ],
    [
      'a misspelt parameter, and one of another fault',
      withStep('at = 1', 'fault = "radio.loss"', 'for = 1', 'sharee = 0.1', 'how = "power"'),
      'line 7, column 1: step.sharee: unknown, did you mean share?',
      'line 8, column 1: step.how: unknown, expected one of at, fault, for, every, on, nth, wait, share',
    ],
    [
      'an invalid parameter',
      withStep('at = 1', 'fault = "client.kill"', 'how = "powr"'),
      'line 6, column 7: step.how: "powr" is unknown, did you mean "power"?',
    ],
    [
      'a step after the end',
      withStep('at = "10 min"', 'fault = "link.drop"'),
      'line 4, column 6: step.at: expected a time before the end of the scenario at 10 min, got "10 min"',
    ],
    [
      'a step that lasts beyond the end',
      withStep('at = "8 min"', 'fault = "radio.gap"', 'for = "121 s"'),
      'line 6, column 7: step.for: expected at most 2 min, the rest of the scenario, got "121 s"',
    ],
    [
      'a step that repeats before it ends',
      withStep('at = 1', 'fault = "radio.gap"', 'for = "10 s"', 'every = "10 s"'),
      'line 7, column 9: step.every: expected more than 10 s, the duration of the fault, got "10 s"',
    ],
    [
      'a recovery after the end',
      `${HEAD}[expect]\nrecovered_by = 600\n`,
      'line 4, column 16: expect.recovered_by: expected a time before the end of the scenario at 10 min, ' +
        'got 10 min',
    ],
    [
      'an unknown guarantee',
      `${HEAD}[expect]\nguarantees = [\n  "S1",\n  "Z1",\n]\nexit = 256\nlogin = 1\n`,
      `line 6, column 3: expect.guarantees: expected one of ${GUARANTEE_IDS.map((id) => `"${id}"`).join(', ')}, got "Z1"`,
      'line 8, column 8: expect.exit: expected a whole number from 0 to 255, got 256',
      'line 9, column 1: expect.login: unknown, did you mean logins?',
    ],
  ])('is reported with its position: %s', (_what, text, ...expected) => {
    expect(messagesOf(text)).toEqual(expected);
  });

  it('is reported together with all others, with exit code 78', () => {
    const error = failure(`[[steps]]\nfault = "link.dorp"\nat = "1 m"\n`);
    expect(error.exitCode).toBe(78);
    expect(error.message.split('\n').map((line) => line.replace(/, expected.*|, did.*/, ''))).toEqual([
      `${PATH} has 5 errors:`,
      '  line 1, column 1: title: missing',
      '  line 1, column 1: duration: missing',
      '  line 1, column 3: steps: unknown',
      '  line 2, column 9: steps.fault: "link.dorp" is unknown',
      expect.stringContaining('  line 3, column 6: steps.at: expected a duration'),
    ]);
  });

  it.each([
    ['title =', 'title: expected a value, as in title = "…"'],
    ['seed: 7', 'seed: expected = between key and value, as in seed = 7'],
    ['[step', 'step: expected only the name of the section in square brackets, as in [[step]]'],
    [
      '[[step]]\nfault = link.drop',
      'step.fault: expected quotes around the value, as in fault = "link.drop"',
    ],
    ['[[step]]\nat = 5 min', 'step.at: expected quotes around the value, as in at = "5 min"'],
    ['[[step]]\nat = “5 min”', 'step.at: expected straight quotes, as in at = "5 min"'],
    [
      '[scooter]\npaired = False',
      'scooter.paired: expected true or false in small letters, as in paired = false',
    ],
    [
      '[expect]\nguarantees = [S1, L2]',
      'expect.guarantees: expected quotes around each text, as in guarantees = ["S1", "L2"]',
    ],
    [
      '[client.mqtt]\nnofix = null',
      'client.mqtt.nofix: expected quotes around the value, as in nofix = "null"',
    ],
  ])('in the syntax of %j is explained together with the others', (text, explanation) => {
    expect(failure(`${text}\n`).message).toContain(explanation);
    expect(failure(`${text}\n`).message).toContain('duration: missing');
  });

  it('in its path is reported with the folder of the scenarios', () => {
    const path = join(FOLDER, 'nowhere.toml');
    expect(() => loadScenario(path)).toThrow(ClientError);
    expect(() => loadScenario(path)).toThrow(
      `Cannot read the scenario ${path}. There is no such file: existing scenarios are in scenarios/`,
    );
  });
});

describe('a corrupted scenario', () => {
  const text = readFileSync(join(FOLDER, 'hour-of-everything.toml'), 'utf8').slice(0, 1_500);
  const fragment = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.constantFrom(
      '[',
      ']]',
      '{',
      '=',
      '"',
      ',',
      '\n',
      '-',
      '0',
      '__proto__',
      'constructor',
      '\nstep = 1\n',
    ),
    fc.constantFrom(
      '\n[[expect]]\n',
      '\n[step.x]\n',
      '\n[client.mqtt]\n',
      '\n[scooter.on]\n',
      'for = "1 s"\n',
    ),
  );
  const mutation = fc.record({ at: fc.nat(text.length), length: fc.nat(30), fragment });
  const damaged = fc
    .array(mutation, { minLength: 1, maxLength: 4 })
    .map((mutations) =>
      mutations.reduce(
        (rest, { at, length, fragment }) => rest.slice(0, at) + fragment + rest.slice(at + length),
        text,
      ),
    );

  it.each(['fault [ "link.stall"', 'for ['])(
    'with the line %j is reported at a position in the file',
    (line) => {
      const text = withStep('at = 1', line, '');
      const reported = positionsOf(text);
      expect(reported).not.toEqual([]);
      for (const { line: number, column } of reported)
        expect(text.split('\n')[number - 1]?.length).toBeGreaterThanOrEqual(column - 1);
    },
  );

  it('is either valid or reported with positions in the file', () => {
    fc.assert(
      fc.property(damaged, (text) => {
        const lines = text.split('\n');
        for (const { line, column } of positionsOf(text)) {
          expect(lines[line - 1]?.length).toBeGreaterThanOrEqual(column - 1);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('the faults', () => {
  it('have no parameters with the name of a key of every step', () => {
    const reserved = Object.values(FAULTS).flatMap(({ parameters }) => Object.keys(parameters));
    expect(reserved.filter((name) => Object.keys(STEP).includes(name))).toEqual([]);
  });

  it.each(Object.entries(FAULTS))('include %s, which a scenario may use with its defaults', (name, fault) => {
    const required = Object.entries(fault.parameters)
      .filter(([, parameter]) => parameter.default === undefined)
      .map(([parameter]) => `${parameter} = 1`);
    const step = ['at = 1', `fault = "${name}"`, ...(fault.lasts ? ['for = 1'] : []), ...required];
    // A fault of the key that XORed frames have suits scooters with such frames alone.
    const scooter = name === 'link.key' ? ['[scooter]', 'model = "m365"', 'generation = "xor"'] : [];
    const text = withStep(...step, ...scooter);
    expect(Object.keys(read(text).steps[0]?.values ?? {})).toEqual(Object.keys(fault.parameters));
  });
});

describe('the scenarios of this repository', () => {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.toml'),
  );

  it.each(files)('include %s, which is valid', (file) => {
    const { title, steps } = loadScenario(join(FOLDER, file));
    expect(title).not.toBe('');
    expect(steps).toEqual(steps.toSorted((a, b) => a.atMs - b.atMs));
  });

  it('have unique titles', () => {
    const titles = files.map((file) => loadScenario(join(FOLDER, file)).title);
    expect(new Set(titles).size).toBe(titles.length);
  });
});
