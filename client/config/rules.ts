import { isKernelAdapter } from '../../hci/adapter.ts';
import { isGpsdUrl } from '../gps/gpsd/address.ts';
import { BASE_LEVELS } from './base-topic.ts';
import type { Table } from './document.ts';
import { wrongValue, type Finding } from './finding.ts';
import type { Path } from './positions.ts';
import type { SectionName } from './schema.ts';

/** A constraint on two keys that are each valid on their own. The first one is reported. */
interface Rule {
  readonly section: SectionName;
  readonly keys: readonly [string, string];
  /** Whether it also applies if the second key is absent. */
  readonly appliesAlone?: true;
  /** What is expected of the first key; `undefined` if the rule is met. */
  readonly expects: (section: Table) => string | undefined;
}

const atMost = (section: SectionName, low: string, high: string): Rule => ({
  section,
  keys: [low, high],
  expects: (values) =>
    Number(values[low]) > Number(values[high])
      ? `at most ${high}, which is ${String(values[high])}`
      : undefined,
});

const separateTopic: Rule = {
  section: 'mqtt',
  keys: ['topic', 'base_topic'],
  expects: ({ topic, base_topic: base }) => {
    const used = BASE_LEVELS.find((level) => `${String(base)}/${level}` === topic);
    return (
      used && `a topic other than ${String(base)}/${used}, which the client uses itself under base_topic`
    );
  },
};

const together = (section: SectionName, first: string, second: string): Rule[] =>
  [
    [first, second],
    [second, first],
  ].map(([key = '', other = '']) => ({
    section,
    keys: [key, other],
    appliesAlone: true,
    expects: (values) =>
      values[key] !== undefined && values[other] === undefined ? `${other} as well` : undefined,
  }));

const rawChannelOfKernel: Rule = {
  section: 'scooter',
  keys: ['hci_channel', 'adapter'],
  expects: ({ hci_channel: channel, adapter }) =>
    channel === 'raw' && !isKernelAdapter(String(adapter))
      ? `"user" with the adapter ${String(adapter)}: only hci0, hci1, … have a raw channel`
      : undefined,
};

const protocolOfGpsd: Rule = {
  section: 'serial',
  keys: ['protocol', 'serial_port'],
  expects: ({ protocol, serial_port: port }) =>
    isGpsdUrl(String(port)) && protocol !== 'auto'
      ? `"auto" with ${String(port)}: gpsd has found out the protocol of its receiver`
      : undefined,
};

const RULES: readonly Rule[] = [
  atMost('mqtt', 'reconnect_min', 'reconnect_max'),
  atMost('scooter', 'retry_min', 'retry_max'),
  separateTopic,
  rawChannelOfKernel,
  protocolOfGpsd,
  ...together('mqtt', 'cert_file', 'key_file'),
];

/** Checks the constraints between keys of one section. @param valid its values that are each valid on their own */
export function brokenRules(name: string, valid: Table, path: Path): Finding[] {
  return RULES.flatMap(({ section, keys: [first, second], appliesAlone, expects }): Finding[] => {
    if (section !== name || valid[first] === undefined) return [];
    if (valid[second] === undefined && !appliesAlone) return [];
    const expected = expects(valid);
    if (expected === undefined) return [];
    const at = { path: [...path, first], related: [...path, second] };
    return [
      appliesAlone
        ? { ...at, kind: 'incomplete', expected }
        : { ...wrongValue(at.path, expected, valid[first]), ...at },
    ];
  });
}
