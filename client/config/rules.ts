import { isKernelAdapter } from '../../hci/adapter.ts';
import { BASE_LEVELS } from './base-topic.ts';
import type { SectionName } from './schema.ts';

/** A demand on keys that are valid each by itself. The first of `keys` is the one that is reported. */
export interface Rule {
  readonly section: SectionName;
  readonly keys: readonly [string, string];
  /** Whether it also applies where the second key is absent. */
  readonly evenAlone?: true;
  /** What is expected of the first key, `undefined` if it is so already. */
  readonly expects: (section: Readonly<Record<string, unknown>>) => string | undefined;
}

const atMost = (section: SectionName, low: string, high: string): Rule => ({
  section,
  keys: [low, high],
  expects: (values) =>
    Number(values[low]) > Number(values[high])
      ? `at most ${high}, which is ${String(values[high])}`
      : undefined,
});

const topicOfItsOwn: Rule = {
  section: 'mqtt',
  keys: ['topic', 'base_topic'],
  expects: ({ topic, base_topic: base }) => {
    const taken = BASE_LEVELS.find((level) => `${String(base)}/${level}` === topic);
    return taken && `a topic other than ${String(base)}/${taken}, which is the client's own under base_topic`;
  },
};

const together = (section: SectionName, first: string, second: string): Rule[] =>
  [
    [first, second],
    [second, first],
  ].map(([key = '', other = '']) => ({
    section,
    keys: [key, other],
    evenAlone: true,
    expects: (values) =>
      values[key] !== undefined && values[other] === undefined ? `${other} beside it` : undefined,
  }));

const rawModeOfTheKernel: Rule = {
  section: 'scooter',
  keys: ['hci_channel', 'adapter'],
  expects: ({ hci_channel: channel, adapter }) =>
    channel === 'raw' && !isKernelAdapter(String(adapter))
      ? `"user" with the adapter ${String(adapter)}: only hci0, hci1, … have a raw mode`
      : undefined,
};

/** All demands on keys together. */
export const RULES: readonly Rule[] = [
  atMost('mqtt', 'reconnect_min', 'reconnect_max'),
  atMost('scooter', 'retry_min', 'retry_max'),
  topicOfItsOwn,
  rawModeOfTheKernel,
  ...together('mqtt', 'cert_file', 'key_file'),
];
