import {
  parseCgnsInf,
  parseCgpsInfo,
  parseQgpsLoc,
  type Measurement,
  type PositionParser,
  type SpeedUnit,
} from './position.ts';

/** Families of modems with a GPS receiver, named by a common model. */
export type ModemName = 'sim7600' | 'a7670' | 'sim7070' | 'quectel';

/** What one family of modems does with a command. */
export interface Dialect {
  readonly name: ModemName;
  /** Models of the family, for people. */
  readonly models: string;
  /** Manuals of the maker that describe these commands and responses, with version and date. */
  readonly sources: readonly [string, ...string[]];
  readonly commands: Readonly<Record<CommandName, string>>;
  /** Response to `state`; its group is 1 if the GPS is on. */
  readonly state: RegExp;
  /** Start of the response to `position`, before its fields. */
  readonly position: RegExp;
  readonly parse: PositionParser;
  /** Error in response to `position` that means that there is no fix. */
  readonly noFixError?: RegExp;
}

/** Commands that ask for the state of the GPS, switch it on, and ask for the position. */
export type CommandName = 'state' | 'switchOn' | 'position';

/** The families that are known, in the order in which a modem is asked. */
export const DIALECTS: readonly [Dialect, ...Dialect[]] = [
  {
    name: 'sim7600',
    models: 'SIM7500, SIM7600',
    sources: ['SIMCom, SIM7500_SIM7600 Series AT Command Manual, V2.00, 2020-08-06'],
    commands: { state: 'AT+CGPS?', switchOn: 'AT+CGPS=1', position: 'AT+CGPSINFO' },
    state: /^\+CGPS: ?([01])(?:,\d)?$/,
    // Some firmwares omit the space.
    position: /^\+CGPSINFO: ?/,
    parse: parseCgpsInfo,
  },
  {
    name: 'a7670',
    models: 'A7670, A7672, SIM7670, SIM7672',
    sources: ['SIMCom, A76XX Series GNSS Application Note, V1.03, 2022-05-24'],
    commands: { state: 'AT+CGNSSPWR?', switchOn: 'AT+CGNSSPWR=1', position: 'AT+CGPSINFO' },
    state: /^\+CGNSSPWR: ?([01])(?:,.*)?$/,
    position: /^\+CGPSINFO: ?/,
    parse: parseCgpsInfo,
  },
  {
    name: 'sim7070',
    models: 'SIM7000, SIM7070, SIM7080, SIM7090, SIM868',
    sources: [
      'SIMCom, SIM7070_SIM7080_SIM7090 Series AT Command Manual, V1.05',
      'SIMCom, SIM7000 Series AT Command Manual, V1.01, 2017-09-08',
      'SIMCom, SIM800 Series GNSS Application Note, V1.00, 2015-04-10',
    ],
    commands: { state: 'AT+CGNSPWR?', switchOn: 'AT+CGNSPWR=1', position: 'AT+CGNSINF' },
    state: /^\+CGNSPWR: ?([01])$/,
    position: /^\+CGNSINF: ?/,
    parse: parseCgnsInf,
  },
  {
    name: 'quectel',
    models: 'Quectel EC25, EG25, BG95, BG96',
    sources: [
      'Quectel, EC2x&EG9x&EG2x-G&EM05 Series GNSS Application Note, V1.3, 2020-09-04',
      'Quectel, BG95&BG77&BG600L Series GNSS Application Note, V1.3, 2022-02-25',
      'Quectel, BG96 GNSS AT Commands Manual, V1.1',
    ],
    commands: { state: 'AT+QGPS?', switchOn: 'AT+QGPS=1', position: 'AT+QGPSLOC=2' },
    state: /^\+QGPS: ?([01])$/,
    position: /^\+QGPSLOC: ?/,
    parse: parseQgpsLoc,
    noFixError: /^\+CME ERROR: (?:516|Not fixed now)$/i,
  },
];

/** Asks for the model (3GPP TS 27.007, 5.2); every modem knows it. */
export const GET_MODEL = 'AT+CGMM';

/**
 * Parses a line in response to the position request of a family.
 * @returns null without a fix, undefined if the line is no such response, or damaged
 */
export function parsePosition(
  { position, parse }: Dialect,
  line: string,
  speedUnit: SpeedUnit,
): Measurement | null | undefined {
  return position.test(line) ? parse(line.replace(position, '').split(','), speedUnit) : undefined;
}
